"""Alerts and tasks: whom they tell, in which words, and never twice."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.exchange.models import StreamState
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, Task, TaskState
from exceptions_app.coverage import Need, Shortfall
from exceptions_app.detection import registry
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.notifications import alerts, words
from exceptions_app.notifications.models import Notification
from exceptions_app.notifications.tellings import TELLINGS
from exceptions_app.policies.models import TellingKind
from exceptions_app.shortfalls import ItemShortfalls
from tests.builders.factories import (
    TUESDAY_TEN,
    CaseFactory,
    DocumentHeadFactory,
    Ground,
    InterchangeFactory,
    MembershipFactory,
    PurchaseOrderFactory,
    TaskTemplateFactory,
    ground,
)

pytestmark = pytest.mark.django_db
SCENE = ground
SHORT = registry.exception_type("quantity_short")
LATE = registry.exception_type("confirmation_late")
BILLED_TOO_MUCH = registry.exception_type("invoice_quantity")


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def case(world: Ground) -> Case:
    order = PurchaseOrderFactory.create(supplier=world.supplier, number="4500010001")
    made: Case = CaseFactory.create(
        number="EX-7", order=order, team=world.teams["PRO"], warehouse=world.warehouse
    )
    return made


def uncovered(*orders: tuple[str, str, int]) -> tuple[ItemShortfalls, ...]:
    """Return customer orders (number, class, short) that cannot be covered."""
    shortfalls = tuple(
        Shortfall(
            Need(
                order_number=number,
                customer_class=customer_class,
                quantity=Decimal(100),
                due_on=date(2026, 12, 3),
                customer="Muster AG",
                line_number="1",
            ),
            Decimal(short),
        )
        for number, customer_class, short in orders
    )
    return (
        ItemShortfalls(
            item="SEAL-KIT", description="Seal kit", warehouse="KAS", unit="EA", shortfalls=shortfalls
        ),
    )


def keep(case: Case, short: Any, minutes: int = 0) -> bool:
    return alerts.keep_tasks(case, SHORT, short, TUESDAY_TEN + timedelta(minutes=minutes))


# --- alerts -------------------------------------------------------------------------------------------------


def tell(case: Case, kind: ExceptionType = SHORT, short: Any = ()) -> None:
    alerts.tell_teams(case, kind, short, TUESDAY_TEN)


def told() -> list[tuple[str, str, str]]:
    """Return whom notifications are for, of what kind they are and what they say."""
    rows = Notification.objects.order_by("team__code")
    return [(row.team.code if row.team else "", row.kind, row.title) for row in rows]


def test_every_told_team_of_the_company_gets_one_alert_in_words_of_its_own(case: Case) -> None:
    ground("elbland")
    tell(case)
    assert told() == [
        ("PLN", "alert", "Less will come: 18 EA short on 4500010001"),
        ("WHS", "alert", "Expect less on order 4500010001: 18 EA short on 4500010001"),
    ]
    planning = Notification.objects.get(team__code="PLN")
    assert planning.body == (
        "Plan with what is offered. Procurement decides about the rest.\n"
        "Order 4500010001, Nordmann Dichtungen. Procurement has it as EX-7."
    )
    assert planning.due_at == TUESDAY_TEN, "a mail is to be sent"


def test_a_type_that_tells_nobody_alerts_nobody(case: Case) -> None:
    tell(case, LATE)
    assert not Notification.objects.exists()


def test_a_team_the_company_lacks_is_not_told(case: Case, world: Ground) -> None:
    world.teams["WHS"].delete()
    tell(case)
    assert [team for team, *_ in told()] == ["PLN"]


def test_a_team_with_a_task_is_not_alerted_besides(case: Case) -> None:
    tell(case, short=uncovered(("SO-881", "A", 3)))
    assert [(team, kind) for team, kind, _ in told()] == [("CSR", "task"), ("PLN", "task"), ("WHS", "alert")]


def test_whoever_is_in_several_told_teams_is_told_once(case: Case, world: Ground) -> None:
    pia, wade = world.people["pia"], world.people["wade"]
    for team in ("PLN", "WHS", "CSR"):
        MembershipFactory.create(user=pia, team=world.teams[team])
    tell(case, short=uncovered(("SO-881", "A", 3)))
    spared = {row.team.code: set(row.not_for.all()) for row in Notification.objects.all() if row.team}
    assert spared == {"PLN": set(), "CSR": {pia}, "WHS": {pia}}
    assert wade not in spared["WHS"]


def test_a_type_without_words_of_its_own_is_told_in_general_words(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(TELLINGS, "quantity_short")
    tell(case)
    assert {title for *_, title in told()} == {"Quantity short: 18 EA short on 4500010001"}
    assert {row.body for row in Notification.objects.all()} == {
        "Order 4500010001, Nordmann Dichtungen. Procurement has it as EX-7."
    }


def test_a_case_without_order_and_supplier_is_told_by_what_it_has(case: Case) -> None:
    case.order = case.supplier = None
    tell(case)
    assert ("WHS", "alert", "Expect less on EX-7: 18 EA short on 4500010001") in told()
    assert Notification.objects.get(team__code="WHS").body.endswith("EX-7. Procurement has it as EX-7.")


def test_words_name_whatever_a_case_is_about(case: Case, world: Ground) -> None:
    order, supplier = case.order, case.supplier
    message = InterchangeFactory.create(connection=world.edi, file_name="855.x12")
    nameless = InterchangeFactory.create(connection=world.edi)
    for about, expected in (
        ({"order": order}, "order 4500010001"),
        ({"document": DocumentHeadFactory.create(number="INV-77")}, "invoice INV-77"),
        ({"document": DocumentHeadFactory.create(number="GR-5", kind="receipt")}, "document GR-5"),
        ({"interchange": message}, "message 855.x12"),
        ({"interchange": nameless}, f"message {nameless.pk}"),
        (
            {"stream": StreamState.objects.get(connection=world.erp, stream="receipts")},
            f"receipts from {world.erp.name}",
        ),
        ({}, "Nordmann Dichtungen"),
    ):
        case.supplier = supplier
        case.order = case.document = case.interchange = case.stream = None
        for name, value in about.items():
            setattr(case, name, value)
        assert words.about(case) == expected
    told = words.where(words.facts_in_words(case))
    assert told == "Nordmann Dichtungen. Procurement has it as EX-7."


# --- templates ----------------------------------------------------------------------------------------------


def test_an_alert_is_in_the_words_of_its_template(case: Case) -> None:
    TaskTemplateFactory.create(
        team_code="WHS",
        title="Expect less on {order} from {supplier}",
        body="{headline} ({amount}, {severity}) in {warehouse}. {unknown} {__class__}",
    )
    tell(case)
    alert = Notification.objects.get(team__code="WHS")
    assert alert.title == "Expect less on 4500010001 from Nordmann Dichtungen"
    assert alert.body.startswith(
        "18 EA short on 4500010001 (3,283.20 EUR, High) in Kassel. {unknown} {__class__}\n"
    )


def test_the_template_that_holds_now_with_the_later_start_counts(case: Case) -> None:
    for title, since, until in (
        ("old", None, None),
        ("over", date(2026, 11, 1), date(2026, 11, 23)),
        ("now", date(2026, 11, 24), None),
        ("soon", date(2026, 11, 25), None),
    ):
        TaskTemplateFactory.create(team_code="WHS", title=title, valid_from=since, valid_until=until)
    TaskTemplateFactory.create(team_code="WHS", title="other type", type_code="backorder")
    tell(case)
    assert Notification.objects.get(team__code="WHS").title == "now"


def test_the_template_of_the_company_wins_over_the_shared_one(case: Case, world: Ground) -> None:
    TaskTemplateFactory.create(team_code="WHS", title="ours", company=world.company)
    TaskTemplateFactory.create(team_code="WHS", title="shared", valid_from=date(2026, 11, 1))
    TaskTemplateFactory.create(team_code="WHS", title="theirs", company=ground("elbland").company)
    tell(case)
    assert Notification.objects.get(team__code="WHS").title == "ours"


def test_a_template_makes_a_task_of_what_would_be_an_alert(case: Case) -> None:
    TaskTemplateFactory.create(
        team_code="WHS", kind=TellingKind.TASK, title="Make room: {headline}", due_hours=Decimal(2)
    )
    tell(case)
    task = Task.objects.get()
    assert (task.team.code, task.title) == ("WHS", "Make room: 18 EA short on 4500010001")
    assert task.due_at == TUESDAY_TEN + timedelta(hours=2)
    assert ("WHS", "task", task.title) in told()
    assert len(told()) == 2


def test_a_template_makes_an_alert_of_what_would_be_a_task(billed: Case) -> None:
    TaskTemplateFactory.create(type_code="invoice_quantity", team_code="WHS", title="Only for information")
    tell(billed, BILLED_TOO_MUCH)
    assert told() == [("WHS", "alert", "Only for information")]
    assert not Task.objects.exists()


# --- tasks of told teams ------------------------------------------------------------------------------------


@pytest.fixture
def billed(world: Ground) -> Case:
    order = PurchaseOrderFactory.create(supplier=world.supplier, number="4500010001")
    made: Case = CaseFactory.create(
        number="EX-8", order=order, type_code="invoice_quantity", team=world.teams["FIN"]
    )
    return made


def keep_billed(case: Case, minutes: int = 5) -> bool:
    return alerts.keep_tasks(case, BILLED_TOO_MUCH, (), TUESDAY_TEN + timedelta(minutes=minutes))


def test_a_told_team_gets_a_task_where_the_type_asks_something_of_it(billed: Case) -> None:
    tell(billed, BILLED_TOO_MUCH)
    task = Task.objects.get()
    assert (task.team.code, task.facts) == ("WHS", {})
    assert task.title == "Count again for order 4500010001: 18 EA short on 4500010001"
    assert told() == [("WHS", "task", task.title)]


def test_it_follows_the_case_while_it_is_open(billed: Case) -> None:
    tell(billed, BILLED_TOO_MUCH)
    assert not keep_billed(billed)
    billed.headline = "30 EA billed too much"
    assert keep_billed(billed)
    assert Task.objects.get().title.endswith("30 EA billed too much")
    assert len(told()) == 1


def test_once_done_it_comes_back_only_when_the_case_does(billed: Case) -> None:
    tell(billed, BILLED_TOO_MUCH)
    Task.objects.update(state=TaskState.DONE)
    billed.headline = "30 EA billed too much"
    assert not keep_billed(billed)
    tell(billed, BILLED_TOO_MUCH)
    assert Task.objects.filter(state=TaskState.OPEN).count() == 1


def test_a_task_of_a_told_team_that_is_told_plus_too_names_the_orders_while_any_is_uncovered(
    case: Case,
) -> None:
    TaskTemplateFactory.create(team_code="PLN", kind=TellingKind.TASK, title="Plan anew")
    tell(case, short=uncovered(("SO-881", "A", 3)))
    planning = Task.objects.filter(team__code="PLN")
    assert planning.get().title == "Find cover for SO-881"
    assert keep(case, (), minutes=5)
    assert (planning.get().title, planning.get().state) == ("Plan anew", TaskState.OPEN)
    assert keep(case, uncovered(("SO-882", "B", 1)), minutes=6)
    assert planning.get().title == "Find cover for SO-882"
    assert not keep(case, None, minutes=7), "nobody can tell, so it stays"
    assert planning.get().title == "Find cover for SO-882"


# --- tasks of teams with uncovered orders -------------------------------------------------------------------


def test_an_uncovered_order_makes_a_task_for_planning_and_customer_service(case: Case) -> None:
    assert keep(case, uncovered(("SO-881", "A", 3), ("SO-882", "B", 15)))
    tasks = {task.team.code: task for task in Task.objects.all()}
    assert {code: task.title for code, task in tasks.items()} == {
        "PLN": "Find cover for SO-881, SO-882",
        "CSR": "Tell the customers of SO-881, SO-882",
    }
    for task in tasks.values():
        assert task.body == (
            "18 EA short on 4500010001\n"
            "SO-881 (Muster AG, class A, due 2026-12-03): 3 of 100 EA short of SEAL-KIT in KAS\n"
            "SO-882 (Muster AG, class B, due 2026-12-03): 15 of 100 EA short of SEAL-KIT in KAS"
        )
    assert Notification.objects.filter(kind="task").count() == 2
    assert Event.objects.filter(kind="task.opened", case=case).count() == 2


def test_orders_of_class_c_alone_make_no_task_but_are_named_beside_others(case: Case) -> None:
    assert not keep(case, uncovered(("SO-900", "C", 5)))
    assert not Task.objects.exists()
    keep(case, uncovered(("SO-881", "A", 3), ("SO-900", "C", 5)))
    assert {task.title.partition("SO-")[2] for task in Task.objects.all()} == {"881, SO-900"}


def test_a_task_is_in_the_words_of_its_template_and_due_in_its_hours(case: Case) -> None:
    TaskTemplateFactory.create(
        team_code="PLN",
        kind=TellingKind.COVER,
        title="Cover {orders}",
        body="{case}:\n{shortfalls}",
        due_hours=Decimal("1.5"),
    )
    keep(case, uncovered(("SO-881", "A", 3)))
    task = Task.objects.get(team__code="PLN")
    assert task.title == "Cover SO-881"
    assert task.body.startswith("EX-7:\nSO-881 (Muster AG")
    assert task.due_at == TUESDAY_TEN + timedelta(minutes=90)


def test_the_same_figures_again_change_nothing(case: Case) -> None:
    keep(case, uncovered(("SO-881", "A", 3)))
    assert not keep(case, uncovered(("SO-881", "A", 3)), minutes=5)
    assert (Task.objects.count(), Notification.objects.count(), Event.objects.count()) == (2, 2, 2)


def test_other_figures_update_the_task_and_its_history_only(case: Case) -> None:
    keep(case, uncovered(("SO-881", "A", 3)))
    assert keep(case, uncovered(("SO-881", "A", 13)), minutes=5)
    assert Task.objects.count() == 2
    assert "13 of 100 EA short" in Task.objects.filter(team__code="PLN").get().body
    assert Notification.objects.count() == 2
    event = Event.objects.filter(kind="task.updated")[0]
    assert event.before["items"][0]["orders"][0]["short"] == "3"
    assert event.after["items"][0]["orders"][0]["short"] == "13"


def test_a_task_is_void_when_everything_is_covered_and_comes_back_after(case: Case) -> None:
    keep(case, uncovered(("SO-881", "A", 3)))
    assert keep(case, (), minutes=5)
    assert {task.state for task in Task.objects.all()} == {TaskState.VOID}
    assert {task.outcome for task in Task.objects.all()} == {"Every customer order is covered"}
    assert not keep(case, (), minutes=6)
    assert keep(case, uncovered(("SO-881", "A", 3)), minutes=10)
    assert Task.objects.filter(state=TaskState.OPEN).count() == 2
    assert Notification.objects.filter(kind="task").count() == 4


def test_what_nobody_can_tell_leaves_the_tasks_as_they_are(case: Case) -> None:
    keep(case, uncovered(("SO-881", "A", 3)))
    assert not keep(case, None, minutes=5)
    assert {task.state for task in Task.objects.all()} == {TaskState.OPEN}


def test_a_type_without_told_plus_teams_makes_no_tasks(case: Case) -> None:
    assert not alerts.keep_tasks(case, LATE, uncovered(("SO-881", "A", 3)), TUESDAY_TEN)


def test_the_end_of_the_case_ends_its_tasks(case: Case, world: Ground) -> None:
    keep(case, uncovered(("SO-881", "A", 3)))
    done = Task.objects.get(team=world.teams["PLN"])
    Task.objects.filter(pk=done.pk).update(state=TaskState.DONE)
    alerts.end_tasks(case, TUESDAY_TEN + timedelta(hours=1), reason="answered")
    assert Task.objects.get(pk=done.pk).state == TaskState.DONE
    ended = Task.objects.get(team=world.teams["CSR"])
    assert (ended.state, ended.outcome) == (TaskState.VOID, "answered")
    assert Event.objects.filter(kind="task.voided").count() == 1
