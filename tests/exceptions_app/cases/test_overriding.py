"""What people set by hand: who may, with which reason, what it does, and the mark that stays."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from erp_connectors import clock
from erp_connectors.canonical.codec import from_builtins, to_builtins
from erp_connectors.canonical.documents import InvoiceKind, OfferedPart
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents.models import OrderLine
from erp_connectors.documents.position import InvoiceFact, LinePosition, ReceiptFact
from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.change import StaleVersion
from exceptions_app.cases.models import Case, CaseState, Clock, ClockKind, Severity
from exceptions_app.detection.load import load
from exceptions_app.intake import evaluate
from exceptions_app.notifications.models import Notification
from exceptions_app.overrides import marks
from exceptions_app.overrides.models import Override, OverrideKind
from exceptions_app.overrides.stated import BY_HAND, StatedFact
from exceptions_app.overrides.sweep import sweep
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.sla.auditor import Desk, problems
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.web.scenes import Scene, set_scene

pytestmark = pytest.mark.django_db
SCENE = set_scene
WHY = "The carrier called: it stands in Kassel."


@pytest.fixture
def case(scene: Scene) -> Case:
    """A shortage with its clocks as Rightline starts them."""
    clock.set_now(TUESDAY_TEN)
    found = scene.shortage(state=CaseState.IN_PROGRESS)
    found.clocks.all().delete()
    sla.start(found, TUESDAY_TEN)
    found.save()
    return found


def by(scene: Scene, name: str = "paul") -> Actor:
    return Actor(scene.world.people[name], "web")


def the_mark() -> Override:
    return Override.objects.get()


# --- each with a reason, a permission and a mark ------------------------------------------------------------


def test_the_status_is_set_by_hand_and_the_mark_stays(scene: Scene, case: Case) -> None:
    after = actions.override_state(case, state="monitoring", reason=WHY, by=by(scene))

    assert after.state == CaseState.MONITORING
    mark = the_mark()
    assert (mark.kind, mark.words) == (OverrideKind.STATE, "Status: In progress → Monitoring")
    assert (mark.reason, mark.made_by_name, mark.is_in_force) == (WHY, "Paul Example", True)
    event = Event.objects.get(case=case, kind="case.overridden")
    assert (event.before["state"], event.after["state"]) == ("in_progress", "monitoring")
    assert event.reason == WHY


def test_a_case_is_not_ended_by_hand(scene: Scene, case: Case) -> None:
    with pytest.raises(NotAllowed, match="not made closed by hand"):
        actions.override_state(case, state="closed", reason=WHY, by=by(scene))


def test_the_owner_is_set_by_hand_and_both_hear_of_it(scene: Scene, case: Case) -> None:
    bea = scene.world.people["bea"]
    Case.objects.filter(pk=case.pk).update(owner=bea)
    mona = scene.world.people["mona"]
    actions.override_owner(case, to=mona, reason=WHY, by=by(scene))

    assert Case.objects.get().owner == mona
    assert the_mark().words == "Owner: Bea Example → Mona Example"
    assert {news.person for news in Notification.objects.filter(case=case)} == {bea, mona}


def test_a_severity_set_by_hand_leaves_a_mark_that_can_be_taken_back(scene: Scene, case: Case) -> None:
    actions.override_severity(case, severity=Severity.CRITICAL, reason=WHY, by=by(scene))
    mark = the_mark()
    assert mark.words == "Severity: High → Critical"
    actions.end_override(case, override=mark.pk, reason="It was found.", by=by(scene))

    mark.refresh_from_db()
    assert mark.end_reason == "Taken back by Paul Example"
    assert Case.objects.get().severity_override_reason == ""


VERBS = {
    "override_state": {"state": "monitoring"},
    "override_severity": {"severity": Severity.HIGH},
    "override_clock": {"clock_kind": "resolve", "deed": "end"},
    "override_position": {"line": "10", "fact": "received", "quantity": Decimal(90)},
}


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_set_by_hand_without_a_reason_or_by_a_member(verb: str, scene: Scene, case: Case) -> None:
    with pytest.raises(NotAllowed, match="Give a reason"):
        getattr(actions, verb)(case, reason="  ", by=by(scene), **VERBS[verb])
    with pytest.raises(NotAllowed, match="may not do this"):
        getattr(actions, verb)(case, reason=WHY, by=by(scene, "bea"), **VERBS[verb])
    assert not Override.objects.exists()


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_set_by_hand_on_what_has_changed_meanwhile(verb: str, scene: Scene, case: Case) -> None:
    with pytest.raises(StaleVersion):
        getattr(actions, verb)(case, reason=WHY, by=by(scene), expected_version=0, **VERBS[verb])
    assert not Override.objects.exists()


# --- clocks -------------------------------------------------------------------------------------------------


def resolution(case: Case) -> Clock:
    return Clock.objects.get(case=case, kind=ClockKind.RESOLVE)


def is_at(moment: datetime | None, wanted: datetime) -> bool:
    """Say whether something is at a moment, but for the time the test itself takes."""
    return moment is not None and abs(moment - wanted) < timedelta(minutes=1)


def nothing_is_wrong_with(clock_row: Clock) -> bool:
    return problems(clock_row, Desk(clock.now(), None)) == []


def test_a_due_time_set_by_hand_is_moved_by_neither_severity_nor_team(scene: Scene, case: Case) -> None:
    due = TUESDAY_TEN + timedelta(days=1, hours=3)
    actions.override_clock(case, clock_kind="resolve", deed="move", due=due, reason=WHY, by=by(scene))
    assert is_at(resolution(case).due_at, due)
    assert Case.objects.get().due_at is not None
    actions.override_severity(case, severity=Severity.CRITICAL, reason=WHY, by=by(scene))

    assert is_at(resolution(case).due_at, due)
    assert nothing_is_wrong_with(resolution(case))


def test_a_due_time_set_by_hand_stays_when_the_case_waited_meanwhile(scene: Scene, case: Case) -> None:
    due = TUESDAY_TEN + timedelta(days=1, hours=3)
    actions.override_clock(case, clock_kind="resolve", deed="move", due=due, reason=WHY, by=by(scene))
    actions.wait_for_supplier(case, by=by(scene))
    assert resolution(case).due_at is None
    clock.set_now(TUESDAY_TEN + timedelta(hours=4))
    actions.resume(case, by=by(scene))

    assert is_at(resolution(case).due_at, due)
    assert nothing_is_wrong_with(resolution(case))


def test_a_clock_held_by_hand_stands_still_until_its_time_has_come(scene: Scene, case: Case) -> None:
    until = TUESDAY_TEN + timedelta(hours=2)
    actions.override_clock(case, clock_kind="resolve", deed="hold", due=until, reason=WHY, by=by(scene))
    held = resolution(case)
    assert (held.running_since, held.due_at) == (None, None)
    assert nothing_is_wrong_with(held)
    assert sweep() == 0
    clock.set_now(until)

    assert sweep() == 1
    assert is_at(resolution(case).running_since, until)
    assert the_mark().end_reason == "It has run out"


def test_a_clock_ended_by_hand_tells_nobody_any_more(scene: Scene, case: Case) -> None:
    actions.override_clock(case, clock_kind="resolve", deed="end", reason=WHY, by=by(scene))

    assert is_at(resolution(case).stopped_at, TUESDAY_TEN)


def test_what_was_set_on_a_clock_is_taken_back(scene: Scene, case: Case) -> None:
    actions.override_clock(case, clock_kind="resolve", deed="hold", reason=WHY, by=by(scene))
    actions.end_override(case, override=the_mark().pk, reason="Found it.", by=by(scene))

    assert is_at(resolution(case).running_since, TUESDAY_TEN)
    assert not the_mark().is_in_force


# --- what is true of a line ---------------------------------------------------------------------------------


def receive(line: OrderLine, count: int) -> None:
    """Let the mirror know of another receipt of so many of the line."""
    line.refresh_from_db()
    position = from_builtins(line.position, LinePosition)
    fact = ReceiptFact(
        number=f"GR-{count}",
        version=DocumentVersion(clock.now()),
        received_on=date(2026, 11, 24),
        received=Quantity(Decimal(count), "EA"),
    )
    line.position = to_builtins(replace(position, receipts=(*position.receipts, fact)))
    line.save()


def received(case: Case) -> list[tuple[str, Decimal]]:
    """Return what detection sees as received of the line."""
    assert case.order_id is not None
    (line,) = load([case.order_id], clock.now()).orders[case.order_id].snapshot.lines
    return [(fact.number, fact.received.value) for fact in line.position.receipts if fact.received]


def state_90(scene: Scene, case: Case, **values: object) -> Override:
    """Let Paul state that 90 came."""
    actions.override_position(
        case, line="10", fact="received", quantity=Decimal(90), reason=WHY, by=by(scene), **values
    )  # type: ignore[arg-type]
    return Override.objects.filter(kind=OverrideKind.POSITION).latest("pk")


def test_a_stated_quantity_counts_beside_the_mirror_which_stays_as_it_is(scene: Scene, case: Case) -> None:
    line = case.lines.get().order_line
    assert line is not None
    receive(line, 80)
    line.refresh_from_db()
    before = line.position
    mark = state_90(scene, case)

    assert mark.words == "Line 10: 90 EA received, not 80 EA"
    assert received(case) == [(BY_HAND, Decimal(90))]
    line.refresh_from_db()
    assert line.position == before


def test_a_later_document_that_says_otherwise_counts_and_is_told(scene: Scene, case: Case) -> None:
    line = case.lines.get().order_line
    assert line is not None
    receive(line, 80)
    mark = state_90(scene, case)
    receive(line, 5)

    assert [value for _, value in received(case)] == [80, 5]
    assert sweep() == 1
    mark.refresh_from_db()
    assert (mark.is_contradicted, mark.end_reason) == (True, "A later document says 85 EA, stated was 90 EA")
    assert Notification.objects.filter(person=scene.world.people["paul"], title__startswith="Contradicted")


def test_a_later_document_that_says_the_same_confirms_it(scene: Scene, case: Case) -> None:
    line = case.lines.get().order_line
    assert line is not None
    receive(line, 80)
    mark = state_90(scene, case)
    receive(line, 10)

    assert sweep() == 1
    mark.refresh_from_db()
    assert (mark.is_contradicted, mark.end_reason) == (False, "The documents say the same now: 90 EA")


def test_a_statement_counts_until_its_time_is_over(scene: Scene, case: Case) -> None:
    until = TUESDAY_TEN + timedelta(hours=1)
    state_90(scene, case, until=until, on=date(2026, 11, 23))
    assert received(case) == [(BY_HAND, Decimal(90))]
    clock.set_now(until)

    assert received(case) == []
    assert sweep() == 1
    assert the_mark().end_reason == "It has run out"


def position(case: Case) -> LinePosition:
    """Return the position of the line as detection sees it."""
    assert case.order_id is not None
    (line,) = load([case.order_id], clock.now()).orders[case.order_id].snapshot.lines
    return line.position


def say(line: OrderLine, **facts: object) -> None:
    """Let the mirror know something else of the line."""
    line.refresh_from_db()
    line.position = to_builtins(replace(from_builtins(line.position, LinePosition), **facts))  # type: ignore[arg-type]
    line.save()


def invoice(count: int, kind: InvoiceKind = InvoiceKind.INVOICE) -> InvoiceFact:
    return InvoiceFact(
        number=f"INV-{count}",
        kind=kind,
        version=DocumentVersion(TUESDAY_TEN),
        issued_on=date(2026, 11, 24),
        quantity=Quantity(Decimal(count), "EA"),
        price=None,
    )


def state(scene: Scene, case: Case, fact: str, quantity: int, **values: object) -> Override:
    actions.override_position(
        case, line="10", fact=fact, quantity=Decimal(quantity), reason=WHY, by=by(scene), **values
    )  # type: ignore[arg-type]
    return Override.objects.filter(kind=OverrideKind.POSITION).latest("pk")


def test_what_was_confirmed_is_stated_and_the_shortage_follows(scene: Scene, case: Case) -> None:
    day = date(2026, 12, 2)
    mark = state(scene, case, "confirmed", 100, on=day)
    assert mark.words == "Line 10: 100 EA on 2026-12-02 confirmed, not 82 EA on 2026-12-02"
    stated = position(case).answer
    assert stated is not None
    assert stated.offered == (OfferedPart(Quantity(Decimal(100), "EA"), day),)
    evaluate([case.order_id], clock.now())  # type: ignore[list-item]

    assert case.lines.get().cleared_at is not None


def test_nothing_confirmed_is_a_rejection(scene: Scene, case: Case) -> None:
    assert state(scene, case, "confirmed", 0).words == "Line 10: 0 confirmed, not 82 EA on 2026-12-02"
    evaluate([case.order_id], clock.now())  # type: ignore[list-item]

    assert Case.objects.filter(order=case.order_id, type_code="line_rejected").exists()


def test_another_answer_undoes_what_was_stated_of_the_former(scene: Scene, case: Case) -> None:
    mark = state(scene, case, "confirmed", 100, on=date(2026, 12, 2))
    line = case.lines.get().order_line
    assert line is not None
    make.offer(line, (82, date(2026, 12, 9)))

    assert sweep() == 1
    mark.refresh_from_db()
    assert mark.end_reason == ("A later document says 82 EA on 2026-12-09, stated was 100 EA on 2026-12-02")


def test_what_was_invoiced_is_stated_until_an_invoice_says_otherwise(scene: Scene, case: Case) -> None:
    line = case.lines.get().order_line
    assert line is not None
    say(line, invoices=(invoice(60),))
    mark = state(scene, case, "invoiced", 100)
    assert mark.words == "Line 10: 100 EA invoiced, not 60 EA"
    assert [(each.number, each.quantity) for each in position(case).invoices] == [
        (BY_HAND, Quantity(Decimal(100), "EA"))
    ]
    say(line, invoices=(invoice(60), invoice(25)))

    assert sweep() == 1
    mark.refresh_from_db()
    assert mark.end_reason == "A later document says 85 EA, stated was 100 EA"


def test_what_was_shipped_is_stated(scene: Scene, case: Case) -> None:
    assert state(scene, case, "shipped", 40).words == "Line 10: 40 EA shipped, not 0"
    assert [each.shipped for each in position(case).shipments] == [Quantity(Decimal(40), "EA")]


def test_a_bare_quantity_does_not_hide_a_credit_note(scene: Scene, case: Case) -> None:
    line = case.lines.get().order_line
    assert line is not None
    say(line, invoices=(invoice(60), invoice(10, InvoiceKind.CREDIT)))

    with pytest.raises(NotAllowed, match="put the invoice right"):
        state(scene, case, "invoiced", 100)


def test_every_fact_of_a_position_is_offered_on_the_page(scene: Scene, case: Case) -> None:
    for fact in StatedFact:
        sent = {"version": str(Case.objects.get(pk=case.pk).version), "line": "10", "fact": fact.value}
        sent |= {"quantity": "7", "reason": WHY, "on": "2026-12-02"}
        answer = scene.browser("paul").post(f"/cases/{case.number}/do/override_position/", sent)
        assert answer.status_code == 302, fact
    assert [each.after["fact"] for each in Override.objects.order_by("pk")] == list(StatedFact)


def test_a_line_that_is_not_of_the_order_cannot_be_stated(scene: Scene, case: Case) -> None:
    with pytest.raises(NotAllowed, match="no order line 99"):
        actions.override_position(
            case, line="99", fact="received", quantity=Decimal(1), reason=WHY, by=by(scene)
        )


# --- where it is seen ---------------------------------------------------------------------------------------


def test_the_mark_is_on_the_page_found_in_the_queue_and_told_by_the_api(scene: Scene, case: Case) -> None:
    scene.shortage("EX-2")
    mark = state_90(scene, case)
    page = scene.browser("bea").get(f"/cases/{case.number}/").content.decode()
    assert mark.words in page
    assert f"because: {WHY}" in page

    def found(query: str) -> list[str]:
        queue = scene.browser("bea").get(f"/queues/weserland/PRO/{query}").content.decode()
        return [number for number in ("EX-1", "EX-2") if f">{number}<" in queue]

    assert found("?overridden=in_force") == ["EX-1"]
    assert found("?overridden=contradicted") == []
    api = scene.browser("bea").get("/api/v1/cases/?overridden=true").json()["results"]
    assert [each["number"] for each in api] == ["EX-1"]
    (told,) = scene.browser("bea").get(f"/api/v1/cases/{case.number}/").json()["overrides"]
    assert (told["kind"], told["reason"], told["made_by"]) == ("position", WHY, "Paul Example")


def test_the_order_shows_what_is_stated_beside_what_its_documents_say(scene: Scene, case: Case) -> None:
    mark = state_90(scene, case)
    assert mark.words in scene.browser("bea").get(f"/orders/{case.order_id}/").content.decode()
    (line,) = scene.browser("bea").get(f"/api/v1/orders/{case.order_id}/").json()["lines"]
    assert Decimal(line["quantities"]["received"]) == 90
    assert line["position"]["receipts"] == []
    assert line["by_hand"] == [f"{mark.words}: {WHY}"]


def test_a_lead_sets_a_clock_by_hand_in_the_browser(scene: Scene, case: Case) -> None:
    sent = {"version": "1", "clock_kind": "resolve", "deed": "move", "due": "2026-11-25T13:00", "reason": WHY}
    paul = scene.browser("paul")
    assert paul.post(f"/cases/{case.number}/do/override_clock/", sent | {"due": ""}).status_code == 422
    assert paul.post(f"/cases/{case.number}/do/override_clock/", sent).status_code == 302

    # Thirteen o'clock in Berlin, where Paul is.
    assert is_at(resolution(case).due_at, datetime(2026, 11, 25, 12, tzinfo=UTC))


def test_a_status_set_by_hand_is_contradicted_by_a_newer_word(scene: Scene, case: Case) -> None:
    actions.override_state(case, state="monitoring", reason=WHY, by=by(scene))
    marks.contradict(case, OverrideKind.STATE, why="Line 10 deviates again", at=clock.now())

    assert the_mark().is_contradicted
    assert Event.objects.filter(case=case, kind="case.override_contradicted").exists()
