"""Twenty people on one case at the same moment: one is faster, all others hear who, and keep their words."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from erp_connectors import clock
from erp_connectors.errors import ConflictError
from erp_connectors.exchange.models import CommandState
from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.change import StaleVersion
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.people.models import Role, User
from exceptions_app.proposals import actions as proposals
from exceptions_app.proposals.models import Proposal
from suppliers.messaging.models import SupplierMessage
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.proposals.shortage import together
from tests.exceptions_app.web.scenes import FRAGMENT, browser_of

MANY = 20
#: The state in which a verb is used, where it is not in progress.
STATES = {
    "start": CaseState.ASSIGNED,
    "resume": CaseState.MONITORING,
    "note_answer": CaseState.WAITING_SUPPLIER,
    "reopen": CaseState.RESOLVED,
}
#: A comment takes nothing from anybody: all of them are kept.
TAKES_NOTHING = {"comment"}
#: A letter, like a proposal, is written on a form of its own.
LETTER = "ask"


def crowd(world: Ground) -> list[User]:
    """Make twenty who lead procurement together."""
    team = world.teams["PRO"]
    return [
        make.MembershipFactory.create(team=team, role=Role.LEAD, user__first_name=f"Nr{number}").user
        for number in range(MANY)
    ]


def case_for(world: Ground, verb: str, number: int) -> Case:
    """Make a case on which the verb can be used."""
    line = make.order_line(world, number=f"45{number:08}")
    case: Case = make.CaseFactory.create(
        number=f"EX-{number}",
        order=line.order,
        team=world.teams["PRO"],
        state=STATES.get(verb, CaseState.IN_PROGRESS),
    )
    make.offer(line, (82, line.requested_on))
    make.CaseLineFactory.create(case=case, order_line=line)
    make.QueueEntryFactory.create(case=case)
    make.OverrideFactory.create(case=case, order_line=line, made_by=world.people["paul"])
    make.CommandFactory.create(order=line.order, case_number=case.number, state=CommandState.DEAD)
    with transaction.atomic():
        sla.start(case, TUESDAY_TEN)
    return case


def arguments(verb: actions.AllowedAction, world: Ground, case: Case, person: User) -> dict[str, Any]:
    """Return what somebody enters for a verb, with words of their own where it takes words."""
    words = f"{person.first_name} says why"
    entered: dict[str, Any] = {
        "reason": words,
        "text": words,
        "answer": words,
        "to": world.people["bea"],
        "team": world.teams["PLN"],
        "severity": 4,
        "state": "monitoring",
        "clock_kind": "resolve",
        "deed": "end",
        "line": "10",
        "fact": "received",
        "quantity": "90",
        "outcome": "done",
        "inquiry": "missing_quantity",
    }
    if verb.code == "settle_command":
        entered["command"] = actions.commands_to_settle(case).get().pk
    if verb.code == "end_override":
        entered["override"] = case.overrides.get().pk
    own_words = {"subject": words, "body": words} if verb.code == LETTER else {}
    return {name: entered[name] for name in verb.needs} | own_words


@pytest.mark.slow
@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_one_is_faster_and_all_others_hear_who_and_keep_their_words() -> None:
    clock.set_now(TUESDAY_TEN)
    world = make.ground()
    people = crowd(world)
    for number, (verb, _) in enumerate(actions.VERBS, 1):
        case = case_for(world, verb.code, number)
        winners = twenty_use(verb, world, case, people)
        if verb.code in TAKES_NOTHING:
            assert len(winners) == MANY, verb.code
            continue
        assert len(winners) == 1, verb.code
        late = next(person for person in people if person != winners[0])
        a_late_form_names_the_faster_and_gives_the_words_back(verb, world, case, late, winners[0])


def twenty_use(verb: actions.AllowedAction, world: Ground, case: Case, people: list[User]) -> list[User]:
    """Let all use the verb on what they saw, at once; return whose deed the history tells."""
    deeds = [arguments(verb, world, case, person) for person in people]

    def use(person: User, deed: dict[str, Any]) -> Case:
        call = getattr(actions, verb.code)
        return call(case, by=Actor(person, "web"), expected_version=case.version, **deed)  # type: ignore[no-any-return]

    raised = together(*(lambda p=p, d=d: use(p, d) for p, d in zip(people, deeds, strict=True)))
    wrong = [error for error in raised if not isinstance(error, StaleVersion)]
    assert not wrong, (verb.code, wrong[:2])
    told = Event.objects.filter(case=case, actor__in=people)
    winners = [event.actor for event in told if event.actor is not None]
    for error in raised:
        assert str(winners[0]) in str(error), verb.code
    if verb.code not in TAKES_NOTHING:
        assert len(raised) == MANY - 1, verb.code
    return winners


def a_late_form_names_the_faster_and_gives_the_words_back(
    verb: actions.AllowedAction, world: Ground, case: Case, late: User, winner: User
) -> None:
    """Somebody sends the form that was drawn before, from the panel beside the list."""
    if verb.code == LETTER:
        a_late_letter_is_given_back(case, late, winner)
        return
    deed = arguments(verb, world, case, late) if verb.code not in ("settle_command", "end_override") else {}
    sent = {name: getattr(value, "pk", value) for name, value in deed.items()} | {"version": "1"}
    sent |= {"reason": f"{late.first_name} says why"} if "reason" in verb.needs else {}
    answer = browser_of(late).post(f"/cases/{case.number}/do/{verb.code}/", sent, headers=FRAGMENT)
    page = answer.content.decode()

    assert answer.status_code == 409, (verb.code, answer.status_code)
    assert str(winner) in page, verb.code
    if {"reason", "answer", "text"} & set(verb.needs):
        assert f"{late.first_name} says why" in page, verb.code


def a_late_letter_is_given_back(case: Case, late: User, winner: User) -> None:
    """Somebody sends the letter that was begun before; one letter has left, and it is not theirs."""
    words = f"{late.first_name} writes with care"
    typed = {"version": "1", "inquiry": "missing_quantity", "language": "en", "subject": words, "body": words}
    typed["recipients"] = "orders-77@example.com"
    answer = browser_of(late).post(f"/cases/{case.number}/ask/", typed, headers=FRAGMENT)
    page = answer.content.decode()

    assert answer.status_code == 409
    assert str(winner) in page
    assert page.count(words) >= 2, "subject and body are still there"
    assert [letter.asked_by for letter in SupplierMessage.objects.all()] == [winner.username]


@pytest.mark.slow
@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_of_twenty_proposals_for_one_case_one_stands_and_all_others_keep_their_words(tmp_path: Path) -> None:
    clock.set_now(TUESDAY_TEN)
    world = make.ground()
    world.erp.settings = {"folder": str(tmp_path)}
    world.erp.save()
    people = crowd(world)
    case = case_for(world, "propose", 1)

    def propose(person: User) -> Proposal:
        return proposals.propose(
            case,
            resolution="split",
            inputs={"rest_on": "2026-12-09"},
            reason=f"{person.first_name} says why",
            by=Actor(person, "web"),
            expected_version=case.version,
        )

    raised = together(*(lambda p=p: propose(p) for p in people))
    assert len(raised) == MANY - 1, raised[:2]
    stands = Proposal.objects.get()
    assert {type(error) for error in raised} <= {StaleVersion, ConflictError}
    assert stands.reason == f"{stands.proposed_by.first_name} says why"

    late = next(person for person in people if person != stands.proposed_by)
    typed = {"version": "1", "rest_on": "2026-12-16", "reason": f"{late.first_name} says why"}
    answer = browser_of(late).post(f"/cases/{case.number}/propose/split/", typed, headers=FRAGMENT)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert str(stands.proposed_by) in page
    assert f"{late.first_name} says why" in page
    assert "2026-12-16" in page
