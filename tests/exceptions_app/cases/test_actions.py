"""What people do with a case: who may, in which state, what changes, what the history and the clocks say."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from django_fsm import TransitionNotAllowed

from erp_connectors import clock
from erp_connectors.errors import ConflictError
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions, lifecycle
from exceptions_app.cases.models import Case, CaseState, Clock, ClockKind, QueueEntry, TaskState
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.overrides.models import Override
from exceptions_app.people.models import User
from tests.builders.factories import (
    TUESDAY_TEN,
    CaseFactory,
    CaseLineFactory,
    CommandFactory,
    Ground,
    OrderLineFactory,
    OverrideFactory,
    PurchaseOrderFactory,
    TaskFactory,
    ground,
)

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    clock.set_now(TUESDAY_TEN)
    return scene


@pytest.fixture
def case(world: Ground) -> Case:
    return open_case(world)


def open_case(world: Ground, state: CaseState = CaseState.NEW, **fields: Any) -> Case:
    order = fields.pop("order", None) or PurchaseOrderFactory.create(supplier=world.supplier)
    made: Case = CaseFactory.create(order=order, team=world.teams["PRO"], state=state, **fields)
    line = order.lines.filter(number="10").first() or OrderLineFactory.create(order=order, number="10")
    CaseLineFactory.create(case=made, order_line=line)
    OverrideFactory.create(case=made, order_line=line)
    CommandFactory.create(order=order, case_number=made.number, state=CommandState.DEAD)
    sla.start(made, TUESDAY_TEN)
    actions.queue.sync(made)
    return made


def as_is(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def by(person: User) -> Actor:
    return Actor(person, "web")


def newest_event(case: Case) -> Event:
    return Event.objects.filter(case=case).order_by("-at", "-id")[0]


def clock_of(case: Case, kind: ClockKind) -> Clock:
    return Clock.objects.get(case=case, kind=kind)


# --- every verb ---------------------------------------------------------------------------------------------

UNDER_WORK = {"new", "assigned", "in_progress"}
WAITING = {"waiting_supplier", "monitoring"}
OPEN = UNDER_WORK | WAITING | {"resolved"}
ENDED = {"closed", "dismissed"}


BY_HAND = "resolved"


def newest_key(model: type[Model]) -> Any:
    """Return the key of what was made for the newest case."""
    return model._default_manager.order_by("-pk").values_list("pk", flat=True).first()


def arguments(world: Ground) -> dict[str, dict[str, Any]]:
    return {
        "take": {},
        "start": {},
        "assign": {"to": world.people["bea"]},
        "ask": {"inquiry": "missing_quantity"},
        "wait_for_supplier": {},
        "note_answer": {"answer": "They come on Friday."},
        "resume": {},
        "comment": {"text": "Called them."},
        "escalate": {"reason": "The customer waits."},
        "override_severity": {"severity": 4, "reason": "A ship is waiting."},
        "override_state": {"state": BY_HAND, "reason": "The carrier called."},
        "override_owner": {"to": world.people["bea"], "reason": "She knows them."},
        "override_clock": {"clock_kind": "resolve", "deed": "end", "reason": "It is agreed."},
        "override_position": {"line": "10", "fact": "received", "quantity": 90, "reason": "I counted."},
        "settle_command": {"command": newest_key(Command), "outcome": "done", "reason": "I did it."},
        "end_override": {"override": newest_key(Override), "reason": "Found it."},
        "hand_over": {"team": world.teams["PLN"], "reason": "Stock transfer"},
        "dismiss": {"reason": "Ordered by mistake"},
        "reopen": {"reason": "Not settled at all"},
    }


#: verb -> state before -> state after; a state that is missing refuses the verb.
MOVES: dict[str, dict[str, str]] = {
    "take": dict.fromkeys(UNDER_WORK, "assigned") | {state: state for state in WAITING},
    "start": dict.fromkeys({"new", "assigned"}, "in_progress"),
    "assign": dict.fromkeys(UNDER_WORK, "assigned") | {state: state for state in WAITING},
    "ask": dict.fromkeys(UNDER_WORK | {"waiting_supplier"}, "waiting_supplier"),
    "wait_for_supplier": dict.fromkeys(UNDER_WORK, "waiting_supplier"),
    "note_answer": {"waiting_supplier": "in_progress"},
    "resume": dict.fromkeys(WAITING, "in_progress"),
    "comment": {state: state for state in OPEN | ENDED},
    "escalate": {state: state for state in OPEN},
    "override_severity": {state: state for state in OPEN},
    "override_state": dict.fromkeys(UNDER_WORK | WAITING, BY_HAND),
    "override_owner": {state: state for state in OPEN},
    "override_clock": {state: state for state in UNDER_WORK | WAITING},
    "override_position": {state: state for state in OPEN},
    "settle_command": {state: state for state in OPEN},
    "end_override": {state: state for state in OPEN},
    "hand_over": dict.fromkeys(UNDER_WORK | WAITING, "new"),
    "dismiss": dict.fromkeys(OPEN, "dismissed"),
    "reopen": dict.fromkeys({"resolved", *ENDED}, "new"),
}


@pytest.mark.parametrize("state", list(CaseState))
@pytest.mark.parametrize("verb", list(MOVES))
def test_a_verb_works_in_its_states_and_is_refused_in_all_others(
    verb: str, state: CaseState, world: Ground
) -> None:
    case = open_case(world, state)
    paul = world.people["paul"]
    call: Callable[..., Case] = getattr(actions, verb)
    offered = verb in {each.code for each in actions.allowed(case, paul)}
    assert offered is (state in MOVES[verb])
    if state not in MOVES[verb]:
        with pytest.raises(actions.NotAllowed, match=case.get_state_display().lower()):
            call(case, by=by(paul), **arguments(world)[verb])
        assert not Event.objects.filter(case=case).exists()
        return
    changed = call(case, by=by(paul), **arguments(world)[verb])
    assert changed.state == as_is(case).state == MOVES[verb][state]
    event = newest_event(case)
    assert (event.actor, event.source, event.release) == (paul, "web", case.release)
    assert event.reason == arguments(world)[verb].get("reason", "")
    assert as_is(case).version == case.version + (verb != "comment")
    assert event.after["version"] == as_is(case).version


def test_every_verb_offered_is_tested_here(world: Ground) -> None:
    assert {verb.code for verb, _ in actions.VERBS} == set(MOVES)
    for verb, _ in actions.VERBS:
        assert set(verb.needs) == set(arguments(world)[verb.code])


@pytest.mark.parametrize("verb", list(MOVES))
def test_a_verb_is_refused_to_whom_the_table_does_not_grant_it(verb: str, world: Ground) -> None:
    state = sorted(MOVES[verb])[0]
    case = open_case(world, CaseState(state))
    wade, bea = world.people["wade"], world.people["bea"]
    assert QueueEntry.objects.filter(case=case, team=world.teams["WHS"]).exists(), "the warehouse is told"
    assert {each.code for each in actions.allowed(case, wade)} == {"comment"}
    refused = [wade] if verb != "comment" else []
    by_leaders = {"assign", "hand_over", "dismiss", "reopen", "settle_command", "end_override"}
    if verb in by_leaders or verb.startswith("override_"):
        refused.append(bea)
    for person in refused:
        with pytest.raises(actions.NotAllowed, match=f"{person} may not"):
            getattr(actions, verb)(case, by=by(person), **arguments(world)[verb])
    assert as_is(case).version == case.version
    assert not Event.objects.exists()


@pytest.mark.parametrize("verb", list(MOVES))
def test_an_integration_without_a_person_uses_no_verb(verb: str, world: Ground) -> None:
    case = open_case(world, CaseState(sorted(MOVES[verb])[0]))
    integration = Actor(None, "api", "Warehouse system")
    if verb in ("assign", "resume", "hand_over", "reopen"):
        return  # Rightline's own moves; the API asks for a person before it calls them
    with pytest.raises(actions.NotAllowed, match="Warehouse system may not"):
        getattr(actions, verb)(case, by=integration, **arguments(world)[verb])


@pytest.mark.parametrize("verb", [verb for verb in MOVES if verb != "comment"])
def test_a_stale_form_is_told_who_changed_what(verb: str, world: Ground) -> None:
    case = open_case(world, CaseState(sorted(MOVES[verb])[0]), version=5)
    bea, paul = by(world.people["bea"]), by(world.people["paul"])
    actions.comment(case, text="On it.", by=bea)
    newer = as_is(case)
    clock.set_now(TUESDAY_TEN + timedelta(minutes=3))
    if newer.state in OPEN:
        actions.escalate(newer, reason="The customer waits.", by=bea)
        told = "Bea Example: Escalated (09:03 UTC)"
    else:
        actions.reopen(newer, reason="Look again", by=paul)
        told = "Paul Example: Reopened by Paul Example (09:03 UTC)"
    with pytest.raises(actions.StaleVersion) as refused:
        getattr(actions, verb)(case, by=paul, expected_version=5, **arguments(world)[verb])
    assert isinstance(refused.value, ConflictError)
    assert told in str(refused.value)
    assert [event.summary for event in refused.value.changes] == [told.split(": ")[1].split(" (")[0]]
    assert refused.value.case.version == 6
    assert as_is(case).version == 6


def test_the_expected_version_lets_the_first_of_two_forms_through(case: Case, world: Ground) -> None:
    bea = by(world.people["bea"])
    actions.take(case, by=bea, expected_version=case.version)
    with pytest.raises(actions.StaleVersion):
        actions.start(case, by=bea, expected_version=case.version)


def test_a_comment_collides_with_nothing(case: Case, world: Ground) -> None:
    actions.take(case, by=by(world.people["bea"]))
    actions.comment(case, text="I ask the depot.", by=by(world.people["wade"]), expected_version=case.version)
    event = newest_event(case)
    assert (event.kind, event.after["text"]) == ("case.commented", "I ask the depot.")


# --- what each verb does besides ----------------------------------------------------------------------------


def test_taking_makes_the_case_ones_own_and_is_offered_once(case: Case, world: Ground) -> None:
    bea = world.people["bea"]
    taken = actions.take(case, by=by(bea))
    assert (taken.owner, taken.state) == (bea, CaseState.ASSIGNED)
    assert "take" not in {each.code for each in actions.allowed(taken, bea)}
    assert "take" in {each.code for each in actions.allowed(taken, world.people["paul"])}


def test_whoever_starts_on_a_case_nobody_had_owns_it(case: Case, world: Ground) -> None:
    assert actions.start(case, by=by(world.people["bea"])).owner == world.people["bea"]


def test_starting_on_somebody_elses_case_leaves_it_theirs(case: Case, world: Ground) -> None:
    actions.take(case, by=by(world.people["bea"]))
    assert actions.start(case, by=by(world.people["paul"])).owner == world.people["bea"]


def test_beginning_work_starts_a_new_case_and_leaves_others_alone(case: Case, world: Ground) -> None:
    bea = by(world.people["bea"])
    assert actions.begin_work(case, by=bea).state == CaseState.IN_PROGRESS
    waiting = open_case(world, CaseState.WAITING_SUPPLIER)
    assert actions.begin_work(waiting, by=bea).state == CaseState.WAITING_SUPPLIER
    assert not Event.objects.filter(case=waiting).exists()


def test_assigning_tells_the_person_but_not_oneself(case: Case, world: Ground) -> None:
    paul, bea = world.people["paul"], world.people["bea"]
    actions.assign(case, to=bea, by=by(paul))
    told = Notification.objects.get()
    assert (told.person, told.case, told.kind) == (bea, case, NotificationKind.NEWS)
    assert told.due_at is not None
    actions.assign(case, to=paul, by=by(paul))
    assert Notification.objects.count() == 1


@pytest.mark.parametrize("outsider", ["pia", "wade"])
def test_a_case_is_not_assigned_outside_its_team(outsider: str, case: Case, world: Ground) -> None:
    with pytest.raises(actions.NotAllowed, match="does not work in Procurement"):
        actions.assign(case, to=world.people[outsider], by=by(world.people["paul"]))


def test_handing_over_moves_the_case_into_the_other_queue_and_out_of_ours(case: Case, world: Ground) -> None:
    actions.take(case, by=by(world.people["bea"]))
    handed = actions.hand_over(
        case, team=world.teams["FIN"], reason="It is about the invoice", by=by(world.people["paul"])
    )
    assert (handed.team, handed.owner, handed.state) == (world.teams["FIN"], None, CaseState.NEW)
    roles = dict(QueueEntry.objects.filter(case=case).values_list("team__code", "role"))
    assert roles == {"FIN": "owner", "PLN": "told", "WHS": "told"}
    told = Notification.objects.get()
    assert (told.team, told.body) == (world.teams["FIN"], "It is about the invoice")


def test_handing_over_needs_another_team_of_the_same_company(case: Case, world: Ground) -> None:
    paul = by(world.people["paul"])
    other = ground("elbland")
    with pytest.raises(actions.NotAllowed, match="not a team of"):
        actions.hand_over(case, team=other.teams["PRO"], reason="Theirs", by=paul)
    with pytest.raises(actions.NotAllowed, match="already"):
        actions.hand_over(case, team=case.team, reason="Ours", by=paul)


@pytest.mark.parametrize("verb", ["dismiss", "escalate", "override_severity", "hand_over", "reopen"])
def test_an_override_without_a_reason_is_refused(verb: str, world: Ground) -> None:
    case = open_case(world, CaseState(sorted(MOVES[verb])[0]))
    given = arguments(world)[verb] | {"reason": "  "}
    with pytest.raises(actions.NotAllowed, match="reason"):
        getattr(actions, verb)(case, by=by(world.people["paul"]), **given)


def test_an_empty_comment_is_refused(case: Case, world: Ground) -> None:
    with pytest.raises(actions.NotAllowed, match="empty"):
        actions.comment(case, text=" ", by=by(world.people["bea"]))


def test_escalating_tells_whom_the_ladder_names_for_the_level(case: Case, world: Ground) -> None:
    escalated = actions.escalate(case, reason="The customer waits.", by=by(world.people["bea"]))
    assert escalated.escalation_level == 1
    told = Notification.objects.get()
    assert (told.person, told.kind) == (world.people["paul"], NotificationKind.ESCALATION)


def test_escalating_above_the_ladder_tells_all_leaders(case: Case, world: Ground) -> None:
    Case.objects.filter(pk=case.pk).update(escalation_level=1)
    actions.escalate(case, reason="Still nothing", by=by(world.people["bea"]))
    assert {told.person for told in Notification.objects.all()} == {
        world.people["paul"],
        world.people["mona"],
    }


def test_a_severity_set_by_hand_keeps_its_reason_and_scales_the_clocks(case: Case, world: Ground) -> None:
    before = clock_of(case, ClockKind.RESOLVE).allowed_minutes
    changed = actions.override_severity(
        case, severity=4, reason="A ship is waiting.", by=by(world.people["paul"])
    )
    assert (changed.severity, changed.severity_override_reason) == (4, "A ship is waiting.")
    assert clock_of(case, ClockKind.RESOLVE).allowed_minutes == before / 2
    assert newest_event(case).before["severity"] == 3


def test_a_dismissed_case_says_why_and_stops_its_clocks(case: Case, world: Ground) -> None:
    dismissed = actions.dismiss(case, reason="Ordered by mistake", by=by(world.people["paul"]))
    assert dismissed.close_reason == "Ordered by mistake"
    assert dismissed.closed_at is not None
    assert not dismissed.is_open
    assert not Clock.objects.filter(case=case, stopped_at=None).exists()
    assert not QueueEntry.objects.filter(case=case, is_open=True).exists()


def test_a_reopened_case_has_new_clocks_and_goes_back_to_its_owner(case: Case, world: Ground) -> None:
    actions.take(case, by=by(world.people["bea"]))
    actions.dismiss(case, reason="Ordered by mistake", by=by(world.people["paul"]))
    reopened = actions.reopen(case, reason="It was not", by=by(world.people["paul"]))
    assert (reopened.state, reopened.reopened_count) == (CaseState.ASSIGNED, 1)
    assert (reopened.closed_at, reopened.close_reason) == (None, "")
    assert Clock.objects.filter(case=case, running_since__isnull=False, stopped_at=None).count() == 2
    assert QueueEntry.objects.filter(case=case, is_open=True).exists()


def test_a_case_is_not_reopened_beside_a_newer_one_of_its_group(case: Case, world: Ground) -> None:
    paul = world.people["paul"]
    actions.dismiss(case, reason="Ordered by mistake", by=by(paul))
    open_case(world, order=case.order)
    assert "reopen" not in {each.code for each in actions.allowed(as_is(case), paul)}
    with pytest.raises(actions.NotAllowed):
        actions.reopen(case, reason="It was not", by=by(paul))


# --- clocks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["take", "start", "wait_for_supplier", "comment", "escalate"])
def test_the_first_action_of_the_team_stops_the_respond_clock(verb: str, case: Case, world: Ground) -> None:
    clock.set_now(TUESDAY_TEN + timedelta(minutes=30))
    changed = getattr(actions, verb)(case, by=by(world.people["bea"]), **arguments(world)[verb])
    respond = clock_of(case, ClockKind.RESPOND)
    assert respond.stopped_at == changed.first_action_at
    assert 29 < respond.used_minutes < 31
    assert clock_of(case, ClockKind.RESOLVE).stopped_at is None


def test_a_word_of_a_told_team_is_no_response(case: Case, world: Ground) -> None:
    commented = actions.comment(case, text="We have some.", by=by(world.people["wade"]))
    assert commented.first_action_at is None
    assert clock_of(case, ClockKind.RESPOND).stopped_at is None


def test_our_clock_stands_still_while_the_supplier_owes_an_answer(case: Case, world: Ground) -> None:
    bea = by(world.people["bea"])
    waiting = actions.wait_for_supplier(case, by=bea)
    resolve = clock_of(case, ClockKind.RESOLVE)
    assert (resolve.running_since, waiting.due_at) == (None, None)
    clock.set_now(TUESDAY_TEN + timedelta(hours=3))
    resumed = actions.resume(case, by=bea)
    assert clock_of(case, ClockKind.RESOLVE).running_since is not None
    assert resumed.due_at is not None


# --- all or nothing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["record", "_keep_clocks", "queue.sync"])
def test_a_failure_at_any_point_leaves_nothing(
    point: str, case: Case, world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(f"exceptions_app.cases.change.{point}", fail)
    before = Case.objects.filter(pk=case.pk).values().get()
    with pytest.raises(RuntimeError, match="killed"), transaction.atomic():
        actions.assign(case, to=world.people["bea"], by=by(world.people["paul"]))
    assert Case.objects.filter(pk=case.pk).values().get() == before
    assert not Event.objects.exists()
    assert not Notification.objects.exists()
    assert clock_of(case, ClockKind.RESPOND).stopped_at is None


# --- tasks --------------------------------------------------------------------------------------------------


def test_a_task_is_done_by_its_team_with_an_outcome(case: Case, world: Ground) -> None:
    task = TaskFactory.create(case=case, team=world.teams["PLN"])
    actions.queue.sync(case)
    assert QueueEntry.objects.get(case=case, team=world.teams["PLN"]).role == "task"
    done = actions.complete_task(task, by=by(world.people["pia"]), outcome="18 from Bremen")
    assert (done.state, done.done_by, done.outcome) == (TaskState.DONE, world.people["pia"], "18 from Bremen")
    event = newest_event(case)
    assert (event.kind, event.actor) == ("task.completed", world.people["pia"])
    assert QueueEntry.objects.get(case=case, team=world.teams["PLN"]).role == "told"
    assert as_is(case).version == case.version


@pytest.mark.parametrize("person", ["bea", "wade", "mona"])
def test_a_task_is_not_done_by_another_team(person: str, case: Case, world: Ground) -> None:
    task = TaskFactory.create(case=case, team=world.teams["PLN"])
    with pytest.raises(actions.NotAllowed, match="Planning"):
        actions.complete_task(task, by=by(world.people[person]))


def test_a_task_is_done_once(case: Case, world: Ground) -> None:
    task = TaskFactory.create(case=case, team=world.teams["PLN"])
    actions.complete_task(task, by=by(world.people["pia"]))
    with pytest.raises(actions.NotAllowed, match="done already"):
        actions.complete_task(task, by=by(world.people["pia"]))


# --- the machine --------------------------------------------------------------------------------------------


def test_every_transition_names_its_permission() -> None:
    transitions = [
        each
        for function in vars(lifecycle).values()
        if hasattr(function, "_django_fsm")
        for each in function._django_fsm.transitions.values()
    ]
    assert len(transitions) > 20
    assert all(callable(each.permission) for each in transitions)


def test_a_case_is_not_closed_while_a_line_is_open(case: Case) -> None:
    with pytest.raises(TransitionNotAllowed):
        lifecycle.close(case, at=TUESDAY_TEN, reason="answered")
    case.lines.update(cleared_at=TUESDAY_TEN)
    lifecycle.close(case, at=TUESDAY_TEN, reason="answered")
    assert case.state == CaseState.CLOSED


def test_a_case_is_not_resolved_while_a_line_is_undecided(case: Case) -> None:
    CaseLineFactory.create(case=case, cleared_at=TUESDAY_TEN)
    with pytest.raises(TransitionNotAllowed):
        lifecycle.resolve(case, at=TUESDAY_TEN)
    case.lines.update(settled_at=TUESDAY_TEN)
    lifecycle.resolve(case, at=TUESDAY_TEN)
    assert case.state == CaseState.RESOLVED
