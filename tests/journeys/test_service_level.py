"""The clock of a case, by the real metronome: a warning, the end of its time and a step of the ladder."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from erp_connectors import clock
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Clock, ClockKind, Severity
from exceptions_app.notifications.models import Notification, NotificationKind
from tests.journeys.conftest import OpenHouse
from tests.journeys.house import offering, on, order
from tests.journeys.programs import Programs

pytestmark = [pytest.mark.slow, pytest.mark.proof]

TUESDAY = date(2026, 11, 24)
A_MOMENT = timedelta(seconds=1)


def test_time_is_up_once_and_the_lead_hears_of_it_once(
    open_house: OpenHouse, programs: Programs, settled: Callable[[], None]
) -> None:
    house = open_house(at=on(TUESDAY, 9))
    house.tell_demand(("SO-881", "A", 95), due_on=date(2026, 12, 3))
    house.tell_stock(0)
    house.tell_orders(order(released_at=on(date(2026, 11, 23), 9)), at=on(date(2026, 11, 23), 9))
    settled()
    clock.set_now(on(TUESDAY, 10))
    house.post(offering("4500010001", 82, control=1, at=on(TUESDAY, 10)))
    programs.wait_until(house.open_cases, "a case is open")
    case = house.the_case()
    assert case.severity == Severity.HIGH
    due_at = Clock.objects.get(case=case, kind=ClockKind.RESPOND).due_at
    assert due_at == case.opened_at + timedelta(hours=4)

    clock.set_now(due_at - timedelta(seconds=20))
    settled()
    assert happened(case.pk) == ["clock.warned"]
    assert told(NotificationKind.WARNING) == ["bea"]

    clock.set_now(due_at + A_MOMENT)
    programs.wait_until(lambda: len(happened(case.pk)) == 2, "time is up")
    settled()
    assert happened(case.pk) == ["clock.warned", "clock.breached"]
    assert told(NotificationKind.BREACH) == ["bea"]
    assert told(NotificationKind.ESCALATION) == []

    # One more business hour, and nobody has done anything.
    clock.set_now(due_at + timedelta(hours=1) + A_MOMENT)
    programs.wait_until(lambda: len(happened(case.pk)) == 3, "the lead is told")
    clock.set_now(due_at + timedelta(hours=1, minutes=30))
    settled()
    assert happened(case.pk) == ["clock.warned", "clock.breached", "clock.escalated"]
    assert told(NotificationKind.BREACH) == ["bea"]
    assert told(NotificationKind.ESCALATION) == ["paul"]
    case = house.the_case()
    assert case.escalation_level == 1
    assert case.number in house.as_("paul").get("/notifications/").content.decode()


def happened(case_id: int) -> list[str]:
    """What the clocks of the case have come to, oldest first."""
    events = Event.objects.filter(case=case_id, kind__startswith="clock.").order_by("at", "id")
    return list(events.values_list("kind", flat=True))


def told(kind: NotificationKind) -> list[str]:
    """Who was told so."""
    return list(Notification.objects.filter(kind=kind).values_list("person__username", flat=True))
