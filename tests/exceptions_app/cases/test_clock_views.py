"""How a clock stands, and which clock of a case a list shows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from exceptions_app.cases.clock_views import clock_view
from exceptions_app.cases.counts import open_entries
from exceptions_app.cases.listing import queue_page
from exceptions_app.cases.models import Clock, ClockKind
from exceptions_app.policies.calendar_rows import business_calendar
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground, ground

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def clock_of(**values: Any) -> Clock:
    clock: Clock = make.ClockFactory.build(
        case=None, calendar=make.CalendarFactory.create(), release=None, **values
    )
    return clock


def stands(clock: Clock, *, after_minutes: int = 0) -> tuple[str, Decimal, int]:
    now = TUESDAY_TEN + timedelta(minutes=after_minutes)
    view = clock_view(clock, business_calendar(clock.calendar), now=now)
    return view.state, view.left, view.used_percent


def test_a_running_clock_counts_working_time() -> None:
    assert stands(clock_of(), after_minutes=60) == ("running", Decimal(180), 25)


def test_the_night_between_costs_nothing() -> None:
    # Ten o'clock to closing time are 420 minutes; at nine next morning one hour more is used.
    clock = clock_of(allowed_minutes=Decimal(960))

    assert stands(clock, after_minutes=23 * 60) == ("running", Decimal(480), 50)


def test_a_clock_that_used_all_its_time_is_breached_and_says_by_how_much() -> None:
    assert stands(clock_of(used_minutes=Decimal(200)), after_minutes=82) == ("breached", Decimal(-42), 100)


def test_a_halted_clock_keeps_what_is_left() -> None:
    clock = clock_of(running_since=None, used_minutes=Decimal(60))

    assert stands(clock, after_minutes=600) == ("paused", Decimal(180), 25)


def test_a_clock_whose_promise_is_kept_is_stopped() -> None:
    clock = clock_of(running_since=None, used_minutes=Decimal(60), stopped_at=TUESDAY_TEN)

    assert stands(clock)[0] == "stopped"


def test_the_clock_of_a_row_is_the_one_that_matters_most(world: Ground) -> None:
    case = make.CaseFactory.create(order=make.order_line(world).order)
    make.QueueEntryFactory.create(case=case)
    make.ClockFactory.create(case=case, kind=ClockKind.RESPOND, allowed_minutes=Decimal(60))
    make.ClockFactory.create(case=case, kind=ClockKind.RESOLVE, allowed_minutes=Decimal(960))
    page = queue_page(open_entries(case.team), now=TUESDAY_TEN)

    assert page.rows[0].clock is not None
    assert page.rows[0].clock.kind == ClockKind.RESPOND
