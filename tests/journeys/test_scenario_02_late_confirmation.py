"""Golden scenario 2: an answer that does not come in time, as far as we can see, and what it comes to."""

import os
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from celery import current_app

from analytics.facts import ConfirmationFact
from erp_connectors import clock
from erp_connectors.exchange.models import StreamState
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.detection.models import Watch
from tests.journeys.conftest import OpenHouse
from tests.journeys.house import House, offering, on, order
from tests.journeys.programs import Programs

pytestmark = [pytest.mark.slow, pytest.mark.proof]

NUMBER = "4500010001"
MONDAY = date(2026, 11, 23)
RELEASED = on(date(2026, 11, 19), 16)


@pytest.fixture
def weserland(open_house: OpenHouse, settled: Callable[[], None]) -> House:
    """The order is released on Thursday at 16:00, and nobody has answered yet."""
    house = open_house(at=on(date(2026, 11, 19), 15, 59))
    house.tell_orders(order(NUMBER, released_at=RELEASED), at=RELEASED)
    settled()
    assert house.knows_order(NUMBER)
    return house


def read_until(house: House) -> datetime | None:
    """Until when the mailbox of the partner was read."""
    state = StreamState.objects.filter(connection=house.edi_connection, stream="confirmations").first()
    return state.watermark if state else None


def go_to(moment: datetime, house: House, programs: Programs) -> None:
    """Let it be `moment`, and the mailbox be read then."""
    clock.set_now(moment)
    programs.wait_until(lambda: (read_until(house) or RELEASED) >= moment, f"the mailbox is read at {moment}")


def test_a_late_confirmation_opens_one_case_that_closes_by_itself(
    weserland: House, programs: Programs, settled: Callable[[], None]
) -> None:
    go_to(on(MONDAY, 15, 59), weserland, programs)
    settled()
    assert not Case.objects.exists()
    assert clock.now() < on(MONDAY, 16)

    clock.set_now(on(MONDAY, 16, 1))
    programs.wait_until(weserland.open_cases, "a case is open")
    settled()
    case = weserland.the_case()
    line = case.lines.get()
    assert (case.type_code, line.quantity, line.line_number) == ("confirmation_late", Decimal(100), "10")
    assert datetime.fromisoformat(line.actual["due"]) == on(MONDAY, 16)
    assert case.opened_at >= on(MONDAY, 16, 1)
    assert (case.team.code, case.owner) == ("PRO", weserland.people["bea"])
    assert case.number in weserland.queue("bea", "PRO")

    half_past_five = on(MONDAY, 17, 30)
    clock.set_now(half_past_five)
    weserland.drop("855.x12", offering(NUMBER, 100, control=1, at=half_past_five))
    programs.wait_until(lambda: not weserland.open_cases(), "the case is closed")
    settled()
    closed = Case.objects.get()
    assert closed.state == CaseState.CLOSED
    events = Event.objects.filter(case=closed).order_by("at", "id")
    assert [(event.kind, event.actor_name) for event in events] == [
        ("case.opened", "Rightline"),
        ("case.closed", "Rightline"),
    ]
    one_business_hour_late(weserland, programs)


def one_business_hour_late(house: House, programs: Programs) -> None:
    """The KPI: it fell due, not in time, and 16:00 to 17:30 is one hour of a day that ends at 17:00."""
    current_app.send_task("analytics.tasks.refresh_facts")
    answered = ConfirmationFact.objects.filter(answered_at__isnull=False)
    programs.wait_until(answered.exists, "the facts are fresh")
    fact = ConfirmationFact.objects.get()
    assert (fact.due_at, fact.answered_at) == (on(MONDAY, 16), on(MONDAY, 17, 30))
    assert (fact.hours_late, fact.is_late, fact.is_judged) == (Decimal(1), True, True)
    status, rate = house.call("mona", "kpis/on_time_confirmation_rate/")
    assert status == 200
    assert (rate["numerator"], rate["denominator"], rate["percent"]) == (0, 1, "0.0")


def test_no_case_opens_while_the_mailbox_is_blind_and_the_queue_says_since_when(
    weserland: House, programs: Programs, settled: Callable[[], None]
) -> None:
    go_to(on(MONDAY, 15, 30), weserland, programs)
    assert "Blind since" not in weserland.queue("bea", "PRO")

    # Whatever the mailbox stands on is gone, from just after it was read at 15:30.
    away = weserland.edi_folder.with_name("unplugged")
    weserland.edi_folder.rename(away)
    mailbox = StreamState.objects.filter(connection=weserland.edi_connection, stream="folder")
    programs.wait_until(mailbox.filter(failures__gt=0).exists, "the mailbox cannot be read")
    last_read = read_until(weserland)
    assert last_read is not None
    assert on(MONDAY, 15, 30) <= last_read < on(MONDAY, 15, 31)

    clock.set_now(on(MONDAY, 16, 1))
    blind = Watch.objects.filter(blind_since__isnull=False)
    programs.wait_until(blind.exists, "somebody looks, and sees nothing")
    settled()
    assert blind.get().blind_since == last_read
    assert not Case.objects.exists()
    page = weserland.queue("bea", "PRO")
    assert "<strong>Blind since 15:30</strong> on Weserland, EDI" in page
    assert "Nothing deviates" in page

    clock.set_now(on(MONDAY, 16, 20))
    settled()
    assert not Case.objects.exists()

    away.rename(weserland.edi_folder)
    programs.wait_until(weserland.open_cases, "a case is open")
    settled()
    case = weserland.the_case()
    assert case.type_code == "confirmation_late"
    assert case.opened_at >= on(MONDAY, 16, 20)
    page = weserland.queue("bea", "PRO")
    assert "Blind since" not in page
    assert case.number in page


def test_what_was_answered_while_the_mailbox_was_blind_never_was_late(
    weserland: House, programs: Programs, settled: Callable[[], None]
) -> None:
    go_to(on(MONDAY, 15, 30), weserland, programs)
    away = weserland.edi_folder.with_name("unplugged")
    weserland.edi_folder.rename(away)
    answer = away / "incoming" / "855.x12"
    answer.write_bytes(offering(NUMBER, 100, control=1, at=on(MONDAY, 15, 45)))
    # Written at 15:45: when we can look again at 16:01, it has been lying there for 16 minutes.
    written = time.time() - timedelta(minutes=16).total_seconds()
    os.utime(answer, (written, written))
    clock.set_now(on(MONDAY, 16, 1))
    programs.wait_until(Watch.objects.filter(blind_since__isnull=False).exists, "we are blind")
    away.rename(weserland.edi_folder)
    programs.wait_until(lambda: weserland.sent_to_partner(), "the answer is acknowledged")
    settled()
    go_to(on(MONDAY, 16, 30), weserland, programs)
    settled()
    assert not Case.objects.exists()
    assert not Watch.objects.filter(blind_since__isnull=False).exists()
