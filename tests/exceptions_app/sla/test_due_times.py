"""Due times against a table of answers worked out apart from Rightline, and the table against a porter."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from exceptions_app import sla
from exceptions_app.cases.models import Case, ClockKind, Severity
from exceptions_app.policies.models import Calendar
from suppliers.profiles import SupplierProfile
from tests.builders.factories import CalendarFactory, ServiceLevelRowFactory, SupplierTimeRowFactory
from tests.exceptions_app.sla.clockwork import clock, watched_case
from tests.exceptions_app.sla.due_times import OURS, PLACES, THEIRS, Row

Move = tuple[datetime, str]
SCALE = {"critical": Decimal("0.5"), "high": Decimal(1), "medium": Decimal(2), "low": Decimal(4)}


def moment(text: str, place: str) -> datetime:
    """Read a time of the table: with its offset, or of a place."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(PLACES[place].zone))).astimezone(UTC)


def moves_of(text: str, place: str) -> list[Move]:
    """Read what happens, in order."""
    parts = [part.rsplit(" ", 1) for part in text.split("; ") if part]
    return [(moment(when, place), what) for when, what in parts]


def calendar_of(code: str) -> Calendar:
    place = PLACES[code]
    days = [] if place.country else place.closed.split()
    calendar: Calendar = CalendarFactory.create(
        code=code,
        zone=place.zone,
        hours=place.hours,
        country=place.country,
        subdivision=place.part,
        closed_on=days,
    )
    return calendar


def test_the_table_has_more_than_two_hundred_answers_no_two_alike() -> None:
    assert len(set(OURS)) == len(OURS) > 240
    assert len(set(THEIRS)) == len(THEIRS) > 20


# --- Rightline ----------------------------------------------------------------------------------------------

SCENE = watched_case


@pytest.fixture
def case(scene: Case) -> Case:
    return scene


#: One row in so many is tried with every change; all of them are proofs.
ONE_IN = 5


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, marks=[] if place % ONE_IN == 0 else pytest.mark.proof, id=" ".join(row[:4]))
        for place, row in enumerate(OURS)
    ],
)
def test_our_clock_is_due_when_the_table_says(case: Case, row: Row) -> None:
    place, hours, severity, opened, moves, expected = row
    ServiceLevelRowFactory.create(respond_hours=Decimal(hours), resolve_hours=Decimal(9000))
    case.team.calendar, case.severity = calendar_of(place), Severity[severity.upper()]
    sla.start(case, moment(opened, place))
    for at, what in moves_of(moves, place):
        if what == "wait":
            sla.wait(case, at)
        elif what == "resume":
            sla.resume(case, at, is_answered=True)
        elif what in SCALE:
            case.severity = Severity[what.upper()]
            sla.rescale(case, at)
        else:
            case.team.calendar = calendar_of(what)
            sla.rescale(case, at)
    due_at = clock(case).due_at
    assert due_at == (None if expected == "-" else datetime.fromisoformat(expected))
    if due_at is not None:
        assert case.due_at == due_at


@pytest.mark.parametrize("row", THEIRS, ids=lambda row: " ".join(row[:3]))
def test_the_suppliers_clock_is_due_when_the_table_says(case: Case, row: tuple[str, str, str, str]) -> None:
    place, hours, moves, expected = row
    SupplierTimeRowFactory.create(answer_hours=Decimal(hours))
    SupplierProfile.objects.update(calendar_code=calendar_of(place).code)
    sla.start(case, moment("2026-01-01 12:00", "kassel"))
    for at, what in moves_of(moves, "kassel"):
        if what == "wait":
            sla.wait(case, at)
        else:
            sla.resume(case, at, is_answered=what == "answered")
    due_at = clock(case, ClockKind.SUPPLIER).due_at
    assert due_at == (None if expected == "-" else datetime.fromisoformat(expected))


# --- the porter ---------------------------------------------------------------------------------------------

STEP = timedelta(minutes=5)
MIDNIGHT = time(0)
#: A porter comes in so long before anything happens, and sees the door stand open or closed.
EARLIER = 600


class Porter:
    """Opens when the clock on the wall first shows the hour, and closes when it first shows the other."""

    def __init__(self, place: str) -> None:
        self.zone = ZoneInfo(PLACES[place].zone)
        self.closed = {date.fromisoformat(day) for day in PLACES[place].closed.split()}
        self.hours = {
            int(day): [(time.fromisoformat(a), time.fromisoformat(b)) for a, b in spans]
            for day, spans in PLACES[place].hours.items()
        }
        self.opened: set[tuple[date, int]] = set()
        self.over: set[tuple[date, int]] = set()

    def is_open(self, now: datetime) -> bool:
        """Look at the clock on the wall; to be asked at every step."""
        local = now.astimezone(self.zone)
        today, on_the_wall = local.date(), local.time()
        if today in self.closed:
            return False
        is_open = False
        for place, (opens, closes) in enumerate(self.hours.get(today.weekday(), ())):
            door = (today, place)
            if closes != MIDNIGHT and on_the_wall >= closes:
                self.over.add(door)
            if on_the_wall >= opens:
                self.opened.add(door)
            is_open = is_open or (door in self.opened and door not in self.over)
        return is_open


def counted(
    opened: datetime, allowed: Decimal, moves: list[Move], *, place: str, base: Decimal
) -> datetime | None:
    """Return when a clock of ours is due, counting step by step; `base` are its minutes at severity high."""
    porters = _arriving({place, *(what for _, what in moves if what in PLACES)}, opened)
    now, used, at_work, is_running, broken = opened, Decimal(0), place, True, None
    while moves or (broken is None and is_running):
        if is_running and broken is None and used >= allowed:
            broken = now
        while moves and moves[0][0] <= now:
            _, what = moves.pop(0)
            if what in ("wait", "resume"):
                is_running = what == "resume"
            elif what in SCALE:
                allowed = base * SCALE[what]
                broken = None if used < allowed else broken
            else:
                at_work = what
        if is_running and broken is None and used >= allowed:
            broken = now
        is_open = {name: porter.is_open(now) for name, porter in porters.items()}[at_work]
        used += 5 if is_running and is_open else 0
        now += STEP
    return broken if is_running else None


def counted_of_supplier(allowed: Decimal, moves: list[Move], *, place: str) -> datetime | None:
    """Return when a supplier's clock is due, counting step by step."""
    now = moves[0][0]
    porter = _arriving({place}, now)[place]
    used, is_running, has_ended, broken = Decimal(0), False, True, None
    while moves or (broken is None and is_running):
        if is_running and broken is None and used >= allowed:
            broken = now
        while moves and moves[0][0] <= now:
            _, what = moves.pop(0)
            if what == "wait" and has_ended:
                used, broken, has_ended = Decimal(0), None, False
            is_running, has_ended = what == "wait", has_ended or what == "answered"
        used += 5 if porter.is_open(now) and is_running and broken is None else 0
        now += STEP
    return broken if is_running else None


def _arriving(places: Iterable[str], at: datetime) -> dict[str, Porter]:
    porters = {place: Porter(place) for place in places}
    for back in range(EARLIER, 0, -1):
        for porter in porters.values():
            porter.is_open(at - back * STEP)
    return porters


def test_a_porter_who_counts_every_step_comes_to_the_same_table() -> None:
    for place, hours, severity, opened, moves, expected in OURS:
        base = Decimal(hours) * 60
        due_at = counted(
            moment(opened, place), base * SCALE[severity], moves_of(moves, place), place=place, base=base
        )
        assert due_at == (None if expected == "-" else datetime.fromisoformat(expected)), (place, opened)
    for place, hours, moves, expected in THEIRS:
        due_at = counted_of_supplier(Decimal(hours) * 60, moves_of(moves, "kassel"), place=place)
        assert due_at == (None if expected == "-" else datetime.fromisoformat(expected)), (place, moves)
