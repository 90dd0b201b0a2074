"""Alerts and tasks: whom they tell, in which words, and never twice."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, Task, TaskState
from exceptions_app.coverage import Need, Shortfall
from exceptions_app.detection import registry
from exceptions_app.notifications import alerts
from exceptions_app.notifications.models import Notification
from exceptions_app.shortfalls import ItemShortfalls
from tests.builders.factories import (
    TUESDAY_TEN,
    CaseFactory,
    Ground,
    PurchaseOrderFactory,
    TaskTemplateFactory,
    ground,
)

pytestmark = pytest.mark.django_db
SHORT = registry.exception_type("quantity_short")
LATE = registry.exception_type("confirmation_late")


@pytest.fixture
def world() -> Ground:
    return ground()


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


def test_every_told_team_of_the_company_gets_one_alert(case: Case, world: Ground) -> None:
    ground("elbland")
    alerts.alert_told_teams(case, SHORT, TUESDAY_TEN)
    told = Notification.objects.order_by("team__code")
    assert [each.team for each in told] == [world.teams["PLN"], world.teams["WHS"]]
    assert {each.title for each in told} == {"Quantity short: 18 EA short on 4500010001"}
    assert {each.body for each in told} == {
        "Order 4500010001, Nordmann Dichtungen. Procurement has it as EX-7."
    }
    assert {each.due_at for each in told} == {TUESDAY_TEN}, "a mail is to be sent"


def test_a_type_that_tells_nobody_alerts_nobody(case: Case) -> None:
    alerts.alert_told_teams(case, LATE, TUESDAY_TEN)
    assert not Notification.objects.exists()


def test_a_team_the_company_lacks_is_not_told(case: Case, world: Ground) -> None:
    world.teams["WHS"].delete()
    alerts.alert_told_teams(case, SHORT, TUESDAY_TEN)
    assert [each.team.code for each in Notification.objects.all()] == ["PLN"]


def test_an_alert_is_in_the_words_of_its_template(case: Case) -> None:
    TaskTemplateFactory.create(
        team_code="WHS",
        title="Expect less on {order} from {supplier}",
        body="{headline} ({amount}, {severity}) in {warehouse}. {unknown} {__class__}",
    )
    alerts.alert_told_teams(case, SHORT, TUESDAY_TEN)
    alert = Notification.objects.get(team__code="WHS")
    assert alert.title == "Expect less on 4500010001 from Nordmann Dichtungen"
    assert alert.body == ("18 EA short on 4500010001 (3,283.20 EUR, High) in Kassel. {unknown} {__class__}")


def test_the_template_that_holds_now_with_the_later_start_counts(case: Case) -> None:
    for title, since, until in (
        ("old", None, None),
        ("over", date(2026, 11, 1), date(2026, 11, 23)),
        ("now", date(2026, 11, 24), None),
        ("soon", date(2026, 11, 25), None),
    ):
        TaskTemplateFactory.create(team_code="WHS", title=title, valid_from=since, valid_until=until)
    TaskTemplateFactory.create(team_code="WHS", title="other type", type_code="backorder")
    alerts.alert_told_teams(case, SHORT, TUESDAY_TEN)
    assert Notification.objects.get(team__code="WHS").title == "now"


# --- tasks --------------------------------------------------------------------------------------------------


def test_an_uncovered_order_makes_a_task_for_planning_and_customer_service(case: Case) -> None:
    assert keep(case, uncovered(("SO-881", "A", 3), ("SO-882", "B", 15)))
    tasks = Task.objects.order_by("team__code")
    assert [task.team.code for task in tasks] == ["CSR", "PLN"]
    for task in tasks:
        assert task.title == "Not covered: SO-881, SO-882"
        assert task.body == (
            "SO-881 (Muster AG, class A, due 2026-12-03): 3 of 100 EA short of SEAL-KIT in KAS\n"
            "SO-882 (Muster AG, class B, due 2026-12-03): 15 of 100 EA short of SEAL-KIT in KAS"
        )
    assert Notification.objects.filter(kind="task").count() == 2
    assert Event.objects.filter(kind="task.opened", case=case).count() == 2


def test_orders_of_class_c_alone_make_no_task_but_are_named_beside_others(case: Case) -> None:
    assert not keep(case, uncovered(("SO-900", "C", 5)))
    assert not Task.objects.exists()
    keep(case, uncovered(("SO-881", "A", 3), ("SO-900", "C", 5)))
    assert {task.title for task in Task.objects.all()} == {"Not covered: SO-881, SO-900"}


def test_a_task_is_in_the_words_of_its_template_and_due_in_its_hours(case: Case) -> None:
    TaskTemplateFactory.create(
        team_code="PLN", title="Cover {orders}", body="{case}:\n{shortfalls}", due_hours=Decimal("1.5")
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
