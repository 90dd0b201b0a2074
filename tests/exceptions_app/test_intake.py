"""From recorded documents to cases, and back to closed: opening, updating, healing, reopening, damping."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp_connectors import clock
from erp_connectors.canonical.codec import to_builtins
from erp_connectors.canonical.documents import DocumentKind, InvoiceKind
from erp_connectors.canonical.values import DocumentVersion, ItemIds
from erp_connectors.documents.matching import NoMatch
from erp_connectors.documents.models import OrderLine, PurchaseOrder, StockLevel
from erp_connectors.documents.position import InvoiceFact, ReceiptFact, ShipmentFact
from erp_connectors.documents.positions import UnmatchedLine
from exceptions_app import intake
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case, CaseLine, CaseState, Clock, QueueEntry, Task, TaskState
from exceptions_app.detection import watch
from exceptions_app.detection.agreements import fingerprint
from exceptions_app.detection.deadlines import JUST_AFTER
from exceptions_app.detection.models import Watch
from exceptions_app.detection.types.quantity_short import QuantityShort
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.playbook.load import line_snapshot
from tests.builders.factories import (
    TUESDAY_TEN,
    AgreementRowFactory,
    Ground,
    TypeSettingFactory,
    awaited_line,
    berlin,
    change_line,
    ground,
    offer,
    order_line,
    see_until,
)

pytestmark = pytest.mark.django_db
SCENE = ground
DAY = date(2026, 12, 2)
LATER = date(2026, 12, 16)
LATER_WORD = DocumentVersion(TUESDAY_TEN + timedelta(hours=1))
WHEN_THE_NOTICE_IS_MISSING = berlin(date(2026, 11, 30), 17) + JUST_AFTER


@pytest.fixture(autouse=True)
def tuesday_ten(db: None) -> Iterator[None]:
    clock.set_now(TUESDAY_TEN)
    yield
    clock.reset()


@pytest.fixture
def shortage(scene: Ground) -> tuple[Ground, OrderLine]:
    """Scenario 1 before the look: 100 ordered, 82 confirmed."""
    line = awaited_line(scene)
    offer(line, (82, DAY))
    return scene, line


def look(line: OrderLine, at: datetime = TUESDAY_TEN) -> intake.Evaluation:
    """Mark the order and look at it, as a recorded document does."""
    watch.mark("order", [line.order_id])
    evaluation = intake.evaluate([line.order_id], at)
    assert evaluation.failures == {}
    return evaluation


def the_case() -> Case:
    return Case.objects.get()


def the_line() -> CaseLine:
    return CaseLine.objects.get(cleared_at=None)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


# --- opening ------------------------------------------------------------------------------------------------


def test_a_shortage_opens_one_case_with_its_line(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    evaluation = look(line)
    case, case_line = the_case(), the_line()
    assert evaluation.opened == [case.number] == [f"EX-{case.pk}"]
    assert (case.type_code, case.company, case.order) == ("quantity_short", world.company, line.order)
    assert case.group_key == "weserland-erp/4500010001"
    assert case.headline == "18 EA short (18.0 %): 82 of 100 offered"
    assert (case.amount, case.severity, case.warehouse) == (Decimal("3283.20"), 3, world.warehouse)
    assert (case.opened_at, case.release.number) == (TUESDAY_TEN, 1)
    assert (case_line.quantity, case_line.unit, case_line.order_line) == (18, "EA", line)
    assert (case_line.amount, case_line.currency) == (Decimal("3283.20"), "EUR")


def test_it_goes_to_the_suppliers_buyer_in_the_team_that_owns_the_type(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    look(line)
    case = the_case()
    assert (case.team, case.owner, case.state) == (
        world.teams["PRO"],
        world.people["bea"],
        CaseState.ASSIGNED,
    )
    assert case.routed_by == "No rule holds: the owner of this type."


def test_its_clocks_run_from_the_look_on(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    clocks = {each.kind: each for each in Clock.objects.filter(case=the_case())}
    assert {kind: each.allowed_minutes for kind, each in clocks.items()} == {"respond": 240, "resolve": 960}
    assert the_case().due_at == berlin(date(2026, 11, 24), 14)


def test_the_history_begins_with_the_opening(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    event = Event.objects.filter(kind="case.opened").get()
    assert (event.at, event.actor_name, event.case) == (TUESDAY_TEN, "Rightline", the_case())
    assert event.summary == the_case().headline
    assert event.after["lines"][0]["quantity"] == "18"
    assert event.after["team"] == "PRO"


def test_told_teams_get_an_alert_and_told_plus_teams_a_task_naming_the_orders(
    shortage: tuple[Ground, OrderLine],
) -> None:
    _, line = shortage
    look(line)
    alert = Notification.objects.get(kind=NotificationKind.ALERT)
    assert alert.team.code == "WHS", "planning learns of it by its task"
    tasks = {task.team.code: task for task in Task.objects.all()}
    assert set(tasks) == {"PLN", "CSR"}
    assert tasks["PLN"].title == "Find cover for SO-881, SO-882"
    assert tasks["CSR"].title == "Tell the customers of SO-881, SO-882"
    for task in tasks.values():
        orders = task.facts["items"][0]["orders"]
        assert [(each["order"], each["short"]) for each in orders] == [("SO-881", "3"), ("SO-882", "15")]
        assert task.due_at == berlin(date(2026, 11, 25), 9), "eight business hours later"
    assert Notification.objects.filter(kind=NotificationKind.TASK).count() == 2
    roles = dict(QueueEntry.objects.values_list("team__code", "role"))
    assert roles == {"PRO": "owner", "PLN": "task", "CSR": "task", "WHS": "told"}


def test_two_short_lines_of_an_order_are_one_case(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    offer(order_line(world, line="20", item=line.item), (90, DAY))
    look(line)
    case = the_case()
    assert case.lines.count() == 2
    assert case.headline == "18 EA short (18.0 %): 82 of 100 offered, and 1 more line"
    assert case.amount == Decimal("5107.20")
    assert case.severity == 1, "together the lines bring what the customers wait for"


def test_the_same_number_in_two_companies_is_two_cases(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    elbland = ground("elbland")
    other = order_line(elbland)
    offer(other, (100, DAY))
    assert len(look(line).opened) == 1
    assert look(other).opened == []
    offer(other, (90, DAY))
    assert len(look(other).opened) == 1
    assert set(Case.objects.values_list("company__code", "order__number")) == {
        ("weserland", "4500010001"),
        ("elbland", "4500010001"),
    }


def test_nothing_opens_for_what_is_confirmed_in_full(scene: Ground) -> None:
    line = order_line(scene)
    offer(line, (100, DAY))
    assert look(line).touched == []
    assert not Case.objects.exists()
    assert not Event.objects.exists()


def test_a_type_that_is_switched_off_for_the_supplier_opens_nothing(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    TypeSettingFactory.create(supplier=world.supplier)
    assert look(line).touched == []


def test_a_type_that_is_off_by_default_opens_only_where_it_is_switched_on(
    shortage: tuple[Ground, OrderLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, line = shortage
    monkeypatch.setattr(QuantityShort, "is_on_by_default", False)
    assert look(line).touched == []
    TypeSettingFactory.create(supplier=world.supplier, mode="on")
    assert len(look(line).opened) == 1


def test_a_case_heals_although_its_type_was_switched_off_meanwhile(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    look(line)
    TypeSettingFactory.create(supplier=world.supplier)
    assert look(line).touched == []
    offer(line, (100, DAY))
    look(line)
    assert the_case().state == CaseState.CLOSED


def test_an_order_from_before_the_cut_over_opens_nothing(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    world.erp.cut_over = date(2026, 11, 17)
    world.erp.save()
    assert look(line).touched == []
    world.erp.cut_over = date(2026, 11, 16)
    world.erp.save()
    assert len(look(line).opened) == 1


# --- twice --------------------------------------------------------------------------------------------------

WRITES = ("INSERT", "UPDATE", "DELETE")


def test_looking_again_writes_nothing_and_tells_nobody(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    before = (the_case().version, Event.objects.count(), Notification.objects.count())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        evaluation = look(line, TUESDAY_TEN + hours(1))
    written = [query["sql"] for query in queries if query["sql"].startswith(WRITES)]
    assert all("exceptions_app_watch" in statement for statement in written)
    assert evaluation.touched == []
    assert (the_case().version, Event.objects.count(), Notification.objects.count()) == before


def test_the_same_answer_in_another_document_changes_nothing(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    offer(line, (82, DAY), at=TUESDAY_TEN + hours(1))
    assert look(line, TUESDAY_TEN + hours(1)).touched == []


# --- updating -----------------------------------------------------------------------------------------------


def test_a_new_answer_updates_the_case(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    offer(line, (70, DAY), at=TUESDAY_TEN + hours(1))
    evaluation = look(line, TUESDAY_TEN + hours(1))
    case = the_case()
    assert evaluation.touched == [case.number]
    assert case.headline == "30 EA short (30.0 %): 70 of 100 offered"
    assert (case.amount, case.expected_loss) == (Decimal("5472.00"), Decimal("485.40"))
    assert the_line().quantity == 30
    event = Event.objects.get(kind="case.updated")
    assert event.summary == "Line 10: 30 EA, was 18 EA"
    assert (event.before["amount"], event.after["amount"]) == ("3283.20", "5472.00")
    assert (event.before["expected_loss"], event.after["expected_loss"]) == ("321.14", "485.40")


def test_tasks_follow_the_figures_without_telling_twice(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    offer(line, (70, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    assert Task.objects.count() == 2
    for task in Task.objects.all():
        orders = task.facts["items"][0]["orders"]
        assert [(each["order"], each["short"]) for each in orders] == [("SO-881", "15"), ("SO-882", "15")]
    assert Notification.objects.filter(kind=NotificationKind.TASK).count() == 2
    assert Event.objects.filter(kind="task.updated").count() == 2


def test_tasks_are_void_when_stock_covers_the_orders(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    StockLevel.objects.update(on_hand=30)
    evaluation = look(line, TUESDAY_TEN + hours(1))
    assert {task.state for task in Task.objects.all()} == {TaskState.VOID}
    assert Event.objects.filter(kind="task.voided").count() == 2
    assert QueueEntry.objects.get(team__code="CSR").role == "told"
    event = Event.objects.get(kind="case.updated")
    assert evaluation.touched == [event.case.number]
    assert (event.before["severity"], event.after["severity"]) == (3, 1), "no customer waits for it now"


def test_a_task_that_was_done_comes_back_only_with_other_figures(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    look(line)
    task = Task.objects.get(team__code="PLN")
    actions.complete_task(task, by=Actor(world.people["pia"]), outcome="From Bremen")
    look(line, TUESDAY_TEN + hours(1))
    assert Task.objects.filter(team__code="PLN").count() == 1
    StockLevel.objects.update(on_hand=5)
    look(line, TUESDAY_TEN + hours(2))
    assert Task.objects.filter(team__code="PLN", state=TaskState.OPEN).count() == 1


def test_an_uncovered_order_of_class_a_makes_it_at_least_high(scene: Ground) -> None:
    line = awaited_line(scene)
    offer(line, (99, DAY))
    StockLevel.objects.update(on_hand=Decimal(0))
    look(line)
    assert (the_case().amount, the_case().severity) == (Decimal("182.40"), 1)
    line.item.demand.update(customer_class="A")
    look(line, TUESDAY_TEN + hours(1))
    assert the_case().severity == 3


def test_a_severity_set_by_hand_stays(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    actions.override_severity(
        the_case(), severity=1, reason="Nobody needs them", by=Actor(world.people["paul"])
    )
    offer(line, (10, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    assert (the_case().amount, the_case().severity) == (Decimal("16416.00"), 1)
    assert look(line, TUESDAY_TEN + hours(2)).touched == []


def test_a_new_line_joins_the_open_case(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    second = order_line(world, line="20", item=line.item)
    offer(second, (60, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    case = the_case()
    assert set(case.lines.values_list("line_number", flat=True)) == {"10", "20"}
    assert case.headline == "40 EA short (40.0 %): 60 of 100 offered, and 1 more line"
    assert Event.objects.get(kind="case.updated").summary == "Line 20: 40 EA"


def test_an_answer_resumes_a_case_that_waits_for_the_supplier(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    actions.wait_for_supplier(the_case(), by=Actor(world.people["bea"]))
    StockLevel.objects.update(on_hand=5)
    look(line, TUESDAY_TEN + hours(1))
    assert the_case().state == CaseState.WAITING_SUPPLIER, "stock is no answer"
    offer(line, (90, DAY), at=TUESDAY_TEN + hours(2))
    look(line, TUESDAY_TEN + hours(2))
    assert the_case().state == CaseState.IN_PROGRESS
    assert Clock.objects.get(case=the_case(), kind="resolve").running_since is not None


def wait_for(world: Ground) -> None:
    actions.wait_for_supplier(the_case(), by=Actor(world.people["bea"]))


def test_the_same_word_said_again_is_an_answer_too(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    wait_for(world)
    offer(line, (82, DAY), at=TUESDAY_TEN + hours(2))
    assert look(line, TUESDAY_TEN + hours(2)).touched == [the_case().number]
    assert the_case().state == CaseState.IN_PROGRESS
    event = Event.objects.get(kind="case.answered")
    assert event.summary == "The supplier answered, and it still deviates as before"
    assert look(line, TUESDAY_TEN + hours(3)).touched == []


def test_what_was_said_before_we_asked_is_no_answer(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    offer(line, (82, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    wait_for(world)
    look(line, TUESDAY_TEN + hours(2))
    assert the_case().state == CaseState.WAITING_SUPPLIER


def test_a_change_of_our_own_order_is_no_answer(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    wait_for(world)
    change_line(line, (95, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    assert the_line().quantity == 13
    assert the_case().state == CaseState.WAITING_SUPPLIER


@pytest.mark.parametrize(
    ("facts", "answers"),
    [
        ({"shipments": (ShipmentFact(notice="A1", version=LATER_WORD),)}, True),
        (
            {
                "invoices": (
                    InvoiceFact(
                        number="R1",
                        kind=InvoiceKind.INVOICE,
                        version=LATER_WORD,
                        issued_on=DAY,
                        quantity=None,
                        price=None,
                    ),
                )
            },
            True,
        ),
        (
            {"receipts": (ReceiptFact(number="W1", version=LATER_WORD, received_on=DAY, received=None),)},
            False,
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_whatever_the_supplier_says_of_the_line_is_an_answer_and_what_we_book_is_none(
    shortage: tuple[Ground, OrderLine], facts: dict[str, Any], answers: bool
) -> None:
    world, line = shortage
    look(line)
    wait_for(world)
    line.position |= to_builtins(facts)
    line.save()
    look(line, TUESDAY_TEN + hours(1))
    assert (the_case().state == CaseState.IN_PROGRESS) is answers


def test_an_answer_on_another_line_of_the_order_is_none_for_this_one(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    second = order_line(world, line="20", item=line.item)
    offer(second, (100, DAY))
    look(line)
    wait_for(world)
    offer(second, (100, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    assert the_case().state == CaseState.WAITING_SUPPLIER
    offer(second, (90, DAY), at=TUESDAY_TEN + hours(2))
    look(line, TUESDAY_TEN + hours(2))
    assert the_case().state == CaseState.IN_PROGRESS, "a new line came into the case with the answer"


def test_an_answer_that_settles_one_of_two_lines_gives_the_case_back(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    offer(order_line(world, line="20", item=line.item), (90, DAY))
    look(line)
    wait_for(world)
    offer(line, (100, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    assert the_case().state == CaseState.IN_PROGRESS
    assert Event.objects.get(kind="case.answered").summary == "Line 10: answered"


# --- healing ------------------------------------------------------------------------------------------------


def test_a_full_answer_closes_the_case_by_itself(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    offer(line, (100, DAY), at=TUESDAY_TEN + hours(1))
    evaluation = look(line, TUESDAY_TEN + hours(1))
    case = the_case()
    assert evaluation.touched == [case.number]
    assert (case.state, case.close_reason) == (CaseState.CLOSED, "answered")
    assert case.closed_at == case.resolved_at == TUESDAY_TEN + hours(1)
    assert CaseLine.objects.get().cleared_reason == "answered"
    assert not Clock.objects.filter(case=case, stopped_at=None).exists()
    assert {task.state for task in case.tasks.all()} == {TaskState.VOID}
    assert not QueueEntry.objects.filter(is_open=True).exists()
    assert Event.objects.get(kind="case.closed").after["lines"][0]["reason"] == "answered"


def test_a_case_stays_open_while_one_of_its_lines_deviates(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    second = order_line(world, line="20", item=line.item)
    offer(second, (60, DAY))
    look(line)
    offer(line, (100, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    case = the_case()
    assert case.is_open
    assert [each.line_number for each in case.lines.filter(cleared_at=None)] == ["20"]
    assert case.headline == "40 EA short (40.0 %): 60 of 100 offered"


def test_a_smaller_order_closes_the_case_as_the_erps_change(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    change_line(line, (82, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    assert the_case().close_reason == "ERP matches"


# --- agreements ---------------------------------------------------------------------------------------------


def agree(line: OrderLine, *after: tuple[int, date], state: str = "active", **fields: Any) -> Any:
    """Leave the agreement of a decision that splits the line into `after`."""
    from_line = AgreementRowFactory.build(order_line=line)
    changed = OrderLine.objects.get(pk=line.pk)
    schedule = [
        {"quantity": {"value": str(value), "unit": "EA"}, "date": day.isoformat(), "date_kind": "delivery"}
        for value, day in after
    ]
    return AgreementRowFactory.create(
        order_line=line,
        case_line=the_line(),
        key=the_line().key,
        state=state,
        answer=fingerprint(line_snapshot(changed)),
        after=from_line.after | ({"schedule": schedule} if after else {}),
        **fields,
    )


def test_a_pending_agreement_changes_nothing(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    agree(line, (82, DAY), (18, LATER), state="pending")
    assert look(line, TUESDAY_TEN + hours(1)).touched == []
    assert the_line().settled_at is None


def test_a_case_is_resolved_until_the_mirror_shows_the_decision_and_closed_then(
    shortage: tuple[Ground, OrderLine],
) -> None:
    _, line = shortage
    look(line)
    agree(line, (82, DAY), (18, LATER))
    look(line, TUESDAY_TEN + hours(1))
    assert the_case().state == CaseState.RESOLVED
    assert the_line().settled_at == TUESDAY_TEN + hours(1)
    assert look(line, TUESDAY_TEN + hours(2)).touched == []
    change_line(line, (82, DAY), (18, LATER), at=TUESDAY_TEN + hours(3))
    look(line, TUESDAY_TEN + hours(3))
    assert (the_case().state, the_case().close_reason) == (CaseState.CLOSED, "agreed")
    offer(line, (82, DAY), at=TUESDAY_TEN + hours(4))
    assert look(line, TUESDAY_TEN + hours(4)).touched == [], "the same word again"


def test_another_word_of_the_supplier_reopens_what_was_agreed(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    agree(line, (82, DAY), (18, LATER))
    change_line(line, (82, DAY), (18, LATER), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    assert the_case().state == CaseState.CLOSED
    offer(line, (70, DAY), at=TUESDAY_TEN + hours(2))
    evaluation = look(line, TUESDAY_TEN + hours(2))
    case = the_case()
    assert evaluation.touched == [case.number]
    assert (case.state, case.owner, case.reopened_count) == (
        CaseState.ASSIGNED,
        world.people["bea"],
        1,
    )
    assert the_line().quantity == 30
    assert Event.objects.get(kind="case.reopened").summary == "Line 10: 30 EA, not as agreed"
    assert Clock.objects.filter(case=case, running_since__isnull=False).count() == 2
    assert Notification.objects.filter(kind=NotificationKind.ALERT, team__code="WHS").count() == 2


def test_a_wait_is_resolved_while_it_lasts_and_back_in_work_after(
    shortage: tuple[Ground, OrderLine],
) -> None:
    _, line = shortage
    look(line)
    agree(line, kind="wait_until", until=date(2026, 11, 26))
    look(line, TUESDAY_TEN + hours(1))
    assert the_case().state == CaseState.RESOLVED
    ends = berlin(date(2026, 11, 26), 17)
    assert Watch.objects.get().due_at == ends + timedelta(microseconds=1)
    assert look(line, ends).touched == []
    look(line, ends + timedelta(minutes=1))
    assert the_case().state == CaseState.IN_PROGRESS
    assert the_line().settled_at is None
    assert Event.objects.get(kind="case.back_to_work").summary == "Line 10 deviates again: 18 EA"
    assert Clock.objects.filter(case=the_case(), running_since__isnull=False).count() == 2


def test_a_line_settled_by_a_document_of_ours_is_given_ten_minutes(
    shortage: tuple[Ground, OrderLine],
) -> None:
    """A confirmation on the supplier's behalf goes through the inbox; a look may come before it."""
    _, line = shortage
    look(line)
    CaseLine.objects.update(settled_at=TUESDAY_TEN)
    Case.objects.filter(pk=the_case().pk).update(state=CaseState.RESOLVED)
    assert look(line, TUESDAY_TEN + timedelta(seconds=1)).touched == []
    by_then = TUESDAY_TEN + timedelta(minutes=10)
    assert Watch.objects.get().due_at == by_then
    intake.evaluate([line.order_id], by_then)
    assert the_case().state == CaseState.IN_PROGRESS
    assert the_line().settled_at is None
    assert Watch.objects.get().due_at == WHEN_THE_NOTICE_IS_MISSING


# --- again --------------------------------------------------------------------------------------------------


def test_the_same_deviation_within_14_days_reopens_the_old_case(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    offer(line, (100, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    again = TUESDAY_TEN + hours(1) + timedelta(days=14, seconds=-1)
    offer(line, (82, DAY), at=again)
    look(line, again)
    case = the_case()
    assert (case.is_open, case.reopened_count, case.lines.count()) == (True, 1, 2)


def test_the_same_deviation_after_14_days_is_a_new_case(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    offer(line, (100, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    again = TUESDAY_TEN + hours(1) + timedelta(days=14)
    offer(line, (82, DAY), at=again)
    assert len(look(line, again).opened) == 1
    assert Case.objects.count() == 2


def test_another_line_of_a_closed_order_is_a_new_case(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    offer(line, (100, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    offer(order_line(world, line="20", item=line.item), (60, DAY), at=TUESDAY_TEN + hours(2))
    assert len(look(line, TUESDAY_TEN + hours(2)).opened) == 1


def test_a_dismissed_case_stays_so_until_its_values_change(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    actions.dismiss(the_case(), reason="We have enough", by=Actor(world.people["paul"]))
    assert look(line, TUESDAY_TEN + hours(1)).touched == []
    month = TUESDAY_TEN + timedelta(days=30)
    offer(line, (82, DAY), at=month)
    assert look(line, month).touched == [], "not even after 14 days"
    offer(line, (70, DAY), at=month + hours(1))
    look(line, month + hours(1))
    assert the_case().is_open
    assert the_line().quantity == 30


def test_a_dismissed_case_whose_deviation_went_stays_dismissed(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    actions.dismiss(the_case(), reason="We have enough", by=Actor(world.people["paul"]))
    offer(line, (100, DAY), at=TUESDAY_TEN + hours(1))
    look(line, TUESDAY_TEN + hours(1))
    assert the_case().state == CaseState.DISMISSED
    assert Event.objects.filter(kind="case.line_cleared").count() == 1


def test_what_was_dismissed_joins_a_newer_open_case_when_it_changes(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    look(line)
    dismissed = the_case()
    actions.dismiss(dismissed, reason="We have enough", by=Actor(world.people["paul"]))
    offer(order_line(world, line="20", item=line.item), (60, DAY), at=TUESDAY_TEN + hours(1))
    (newer,) = look(line, TUESDAY_TEN + hours(1)).opened
    offer(line, (70, DAY), at=TUESDAY_TEN + hours(2))
    look(line, TUESDAY_TEN + hours(2))
    old, new = Case.objects.get(pk=dismissed.pk), Case.objects.get(number=newer)
    assert old.state == CaseState.DISMISSED
    assert old.lines.get().cleared_reason == f"taken up in {newer}"
    assert new.lines.filter(cleared_at=None).count() == 2


# --- damping ------------------------------------------------------------------------------------------------


@pytest.fixture
def flapping(shortage: tuple[Ground, OrderLine]) -> OrderLine:
    """A shortage that opened and closed twice, four hours before."""
    _, line = shortage
    look(line)
    for start in (1, 3):
        offer(line, (100, DAY), at=TUESDAY_TEN + hours(start))
        look(line, TUESDAY_TEN + hours(start))
        offer(line, (82, DAY), at=TUESDAY_TEN + hours(start + 1))
        if start == 1:
            look(line, TUESDAY_TEN + hours(start + 1))
    assert (the_case().state, the_case().lines.count()) == (CaseState.CLOSED, 2)
    return line


def test_what_opened_and_closed_twice_in_a_day_changes_only_after_two_readings(flapping: OrderLine) -> None:
    assert look(flapping, TUESDAY_TEN + hours(4)).touched == []
    assert the_case().state == CaseState.CLOSED, "the first reading is not enough"
    look(flapping, TUESDAY_TEN + hours(5))
    assert the_case().is_open
    offer(flapping, (100, DAY), at=TUESDAY_TEN + hours(6))
    assert look(flapping, TUESDAY_TEN + hours(6)).touched == []
    assert the_case().is_open
    look(flapping, TUESDAY_TEN + hours(7))
    assert the_case().state == CaseState.CLOSED


def test_without_news_the_second_reading_comes_ten_minutes_later(flapping: OrderLine) -> None:
    at = TUESDAY_TEN + hours(4)
    look(flapping, at)
    second = at + timedelta(minutes=10)
    assert Watch.objects.get().due_at == second
    intake.evaluate([flapping.order_id], second - timedelta(seconds=1))
    assert the_case().state == CaseState.CLOSED
    intake.evaluate([flapping.order_id], second)
    assert the_case().is_open
    assert Watch.objects.get().due_at == WHEN_THE_NOTICE_IS_MISSING


def test_a_reading_that_agrees_with_the_state_ends_the_doubt(flapping: OrderLine) -> None:
    look(flapping, TUESDAY_TEN + hours(4))
    assert CaseLine.objects.filter(evidence__has_key="doubt").count() == 1
    offer(flapping, (100, DAY), at=TUESDAY_TEN + hours(5))
    look(flapping, TUESDAY_TEN + hours(5))
    assert not CaseLine.objects.filter(evidence__has_key="doubt").exists()
    offer(flapping, (82, DAY), at=TUESDAY_TEN + hours(6))
    look(flapping, TUESDAY_TEN + hours(6))
    assert the_case().state == CaseState.CLOSED, "two readings in a row, not two in all"


def test_a_day_later_a_change_counts_at_once_again(flapping: OrderLine) -> None:
    next_day = TUESDAY_TEN + hours(27)
    look(flapping, next_day)
    assert the_case().is_open


# --- silence, and how far we can see ------------------------------------------------------------------------

DUE = berlin(date(2026, 11, 23), 16)
RELEASED = berlin(date(2026, 11, 19), 16)


@pytest.fixture
def silence(scene: Ground) -> tuple[Ground, OrderLine]:
    """Scenario 2: released on Thursday at 16:00, due on Monday at 16:00."""
    line = order_line(scene)
    line.order.released_at = RELEASED
    line.order.save()
    released = {"released_at": line.position["order_version"]["document_time"]}
    line.position |= released | {"released_at": RELEASED.isoformat()}
    line.save()
    return scene, line


def test_an_unanswered_order_opens_a_case_right_after_its_due_time(
    silence: tuple[Ground, OrderLine],
) -> None:
    world, line = silence
    see_until(world, DUE + hours(3))
    before = DUE - timedelta(minutes=1)
    assert look(line, before).touched == []
    assert Watch.objects.get().due_at == DUE + timedelta(microseconds=1)
    (number,) = look(line, DUE + timedelta(minutes=1)).opened
    assert Case.objects.get(number=number).type_code == "confirmation_late"
    offer(line, (100, DAY), at=DUE + hours(1.5))
    look(line, DUE + hours(1.5))
    assert (the_case().state, the_case().close_reason) == (CaseState.CLOSED, "answered")


def test_nothing_opens_while_the_stream_is_blind_and_the_watch_says_since_when(
    silence: tuple[Ground, OrderLine],
) -> None:
    world, line = silence
    blind_since = DUE - timedelta(minutes=30)
    see_until(world, blind_since)
    assert look(line, DUE + timedelta(minutes=1)).touched == []
    row = Watch.objects.get()
    assert (row.blind_since, row.due_at) == (blind_since, DUE + timedelta(minutes=2))


def test_a_blind_order_is_looked_at_as_soon_as_a_stream_was_read_further(
    silence: tuple[Ground, OrderLine],
) -> None:
    world, line = silence
    see_until(world, DUE - timedelta(minutes=30))
    at = DUE + timedelta(minutes=1)
    clock.set_now(at)
    look(line, at)
    assert intake.evaluate_due(10) == 0
    see_until(world, at + timedelta(seconds=5))
    clock.set_now(at + timedelta(seconds=10))
    assert intake.evaluate_due(10) == 1
    assert the_case().type_code == "confirmation_late"
    assert Watch.objects.get().blind_since is None


# --- many, and failing --------------------------------------------------------------------------------------


def test_due_orders_are_claimed_and_evaluated_up_to_the_limit(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    others = [offer(order_line(world, number=f"45000200{n:02}"), (100, DAY)) for n in range(3)]
    watch.mark("order", [each.order_id for each in (line, *others)])
    assert intake.evaluate_due(3) == 3
    assert intake.evaluate_due(3) == 1
    assert intake.evaluate_due(3) == 0
    assert Case.objects.count() == 1


def test_an_order_that_fails_is_tried_again_and_harms_no_other(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    broken = order_line(world, number="4500099999")
    broken.position = {"line": "unreadable"}
    broken.save()
    watch.mark("order", [broken.order_id, line.order_id])
    evaluation = intake.evaluate([broken.order_id, line.order_id], TUESDAY_TEN)
    assert set(evaluation.failures) == {broken.order_id}
    assert Case.objects.count() == 1
    row = Watch.objects.get(subject_id=broken.order_id)
    assert "CanonicalError" in row.last_error
    assert row.due_at is not None


@pytest.mark.parametrize(
    "point",
    [
        "exceptions_app.cases.upkeep.record",
        "exceptions_app.cases.upkeep.sla.add",
        "exceptions_app.desk.casework.alerts.tell_teams",
        "exceptions_app.cases.upkeep.queue.enter",
        "exceptions_app.intake.watch.finish",
    ],
)
def test_a_failure_at_any_point_leaves_nothing_and_the_order_due(
    point: str, shortage: tuple[Ground, OrderLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, line = shortage

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    watch.mark("order", [line.order_id])
    with monkeypatch.context() as broken:
        broken.setattr(point, fail)
        evaluation = intake.evaluate([line.order_id], TUESDAY_TEN)
    assert evaluation.failures == {line.order_id: "killed"}
    for model in (Case, CaseLine, Clock, Task, Event, Notification, QueueEntry):
        assert not model.objects.exists(), model.__name__
    row = Watch.objects.get()
    assert (row.seen, row.last_error) == (0, "RuntimeError: killed")
    assert len(look(line).opened) == 1


def test_an_order_that_is_gone_is_no_longer_watched(scene: Ground) -> None:
    watch.mark("order", [123456])
    assert intake.evaluate([123456], TUESDAY_TEN).failures == {}
    assert Watch.objects.get().due_at is None


# --- what is about no order line ----------------------------------------------------------------------------


def test_a_document_line_that_fits_no_line_opens_a_case_of_the_order_and_closes_when_it_fits(
    shortage: tuple[Ground, OrderLine],
) -> None:
    _, line = shortage
    offer(line, (100, DAY))
    see_until(shortage[0], TUESDAY_TEN + timedelta(days=9))
    unmatched = UnmatchedLine(
        kind=DocumentKind.INVOICE,
        key="INV-1",
        version=DocumentVersion(TUESDAY_TEN),
        index=0,
        line_number=None,
        ids=ItemIds(buyer="GASKET"),
        reason=NoMatch.NO_SUCH_LINE,
        first_said_at=TUESDAY_TEN,
    )
    PurchaseOrder.objects.update(unmatched=to_builtins([unmatched]))
    assert look(line).touched == []
    next_day = TUESDAY_TEN + timedelta(days=1, seconds=1)
    assert Watch.objects.get().due_at == TUESDAY_TEN + timedelta(days=1, microseconds=1)
    assert len(look(line, next_day).opened) == 1
    case = the_case()
    assert (case.type_code, case.order, case.team.code) == ("unordered_line", line.order, "PRO")
    assert case.headline == "Invoice INV-1: line 1 (GASKET) fits no line of the order"
    PurchaseOrder.objects.update(unmatched=[])
    look(line, next_day)
    assert (the_case().state, the_case().close_reason) == (CaseState.CLOSED, "matched")
