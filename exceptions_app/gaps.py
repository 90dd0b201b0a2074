"""From a deviation to the gap it leaves in one warehouse: how much, from when to when, and the usual demand.

No queries: what is known of the item and the warehouse is given. What nobody told is taken from the figures
of the policies, and says so.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.models import Item
from exceptions_app.allocation import Gap
from exceptions_app.coverage import Coming, Inbound, Need, arrives_on, without
from exceptions_app.detection.buckets import Piece
from exceptions_app.detection.offers import Day
from exceptions_app.detection.stakes import DATED, Stake
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView
from exceptions_app.deviation import Deviation
from exceptions_app.expected_loss import NOTHING, Input, Source
from exceptions_app.policies.values import Figure, Figures

HUNDRED = Decimal(100)
DAYS = "days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the mirror says of an item in a warehouse, in its base unit; None where it says nothing.

    `needs` None: customers wait for it in a unit nobody can convert.
    """

    on_hand: Decimal | None = None
    per_day: Decimal | None = None
    spread_per_day: Decimal | None = None
    as_of: datetime | None = None
    needs: tuple[Need, ...] | None = ()


def from_policy(code: str, figure: Figure, value: Decimal, *, unit: str = "", stands_in: bool) -> Input:
    """Return an input that only a policy gives.

    It is estimated where it stands in for what a source could have told, or where nobody has set it.
    """
    return Input(
        code=code,
        value=value,
        unit=unit,
        source=Source.POLICY,
        detail=str(figure.release or ""),
        as_of=figure.set_at,
        is_estimated=stands_in or figure.is_standard,
    )


def gap_of(
    key: str,
    kind: ExceptionType,
    deviation: Deviation,
    line: LineView,
    *,
    goods: tuple[Inbound, ...],
    item: Item | None,
    known: Known,
    figures: Figures,
    today: date,
) -> Gap:
    """Return the gap a deviation leaves, `goods` being those of it that still stand in what is to come."""
    pieces = pieces_of(kind, line)
    wanted_on = _wanted_on(line, pieces) or today
    back_on, days = _back_on(line, pieces, max(wanted_on, today), item, figures)
    per_day = _per_day(line, item, known, figures)
    return Gap(
        key=key,
        quantity=missing(deviation, line),
        wanted_on=wanted_on,
        back_on=back_on,
        per_day=per_day,
        spread_per_day=_spread_per_day(line, item, known, per_day, figures),
        days=replace(days, value=Decimal(max(0, (back_on - today).days))),
        goods=goods,
        is_doubtful=Stake.DOUBT in kind.at_stake(),
        tells=bool(kind.told_plus),
    )


def missing(deviation: Deviation, line: LineView) -> Decimal:
    """Return how much a deviation is about, in the base unit; nothing where that cannot be counted."""
    unit = deviation.unit or ""
    if deviation.quantity is None or not line.counter.knows(unit):
        return NOTHING
    return line.counter.count(Quantity(deviation.quantity, unit))


def pieces_of(kind: ExceptionType, line: LineView) -> list[Piece]:
    """Return the pieces of an order line that a type is about; none for one that owns no bucket."""
    return line.buckets.inside(kind.bucket) if isinstance(kind, BucketType) else []


def goods_of(
    kind: ExceptionType, deviation: Deviation, line: LineView, coming: tuple[Coming, ...]
) -> tuple[tuple[Inbound, ...], tuple[Coming, ...]]:
    """Return what a deviation is about of what is to come on its line, and the rest."""
    if isinstance(kind, BucketType):
        own = tuple(each for each in coming if each.bucket is kind.bucket)
        rest = tuple(each for each in coming if each.bucket is not kind.bucket)
    else:
        own, rest = without(coming, missing(deviation, line))
    return tuple(each.inbound for each in own), rest


# --- from when to when --------------------------------------------------------------------------------------


def _wanted_on(line: LineView, pieces: list[Piece]) -> date | None:
    """Return the day on which the goods were to be here: as wanted, else as promised or ordered."""
    days = [piece.wanted or piece.due for piece in pieces]
    known = [line.deadlines.delivery_on(day) for day in days if day is not None]
    if not known:
        known = [
            line.deadlines.delivery_on(Day(part.date, part.date_kind)) for part in line.position.line.schedule
        ]
    return min(known, default=None)


def _back_on(
    line: LineView, pieces: list[Piece], earliest: date, item: Item | None, figures: Figures
) -> tuple[date, Input]:
    """Return when the goods are here after all: as stated, else a lead time after they were wanted."""
    stated = [arrives_on(line, piece) for piece in pieces if piece.bucket in DATED]
    days = [day for day in stated if day is not None]
    if days:
        return max(days), Input(code=DAYS, value=None, unit=DAYS, source=Source.SUPPLIER)
    if item is not None and item.lead_days is not None:
        told = Input(code=DAYS, value=None, unit=DAYS, source=Source.ITEM, as_of=item.as_of)
        return earliest + timedelta(days=item.lead_days), told
    figure = figures["recovery_days"]
    guessed = from_policy(DAYS, figure, figure.value, unit=DAYS, stands_in=True)
    return earliest + timedelta(days=int(figure.value)), guessed


# --- the usual demand ---------------------------------------------------------------------------------------


def _per_day(line: LineView, item: Item | None, known: Known, figures: Figures) -> Input:
    unit = line.counter.unit
    if known.per_day is not None:
        return _told("per_day", known.per_day, Source.STOCK, known.as_of, unit)
    if item is not None and item.demand_per_day is not None:
        return _told("per_day", item.demand_per_day, Source.ITEM, item.as_of, unit)
    figure = figures["cover_days"]
    usual = line.buckets.ordered / figure.value if figure.value else NOTHING
    return from_policy("per_day", figure, usual, unit=unit, stands_in=True)


def _spread_per_day(
    line: LineView, item: Item | None, known: Known, per_day: Input, figures: Figures
) -> Input:
    unit = line.counter.unit
    if known.spread_per_day is not None:
        return _told("spread_per_day", known.spread_per_day, Source.STOCK, known.as_of, unit)
    if item is not None and item.demand_sd is not None:
        return _told("spread_per_day", item.demand_sd, Source.ITEM, item.as_of, unit)
    figure = figures["demand_sd_percent"]
    usual = per_day.number * figure.value / HUNDRED
    return from_policy("spread_per_day", figure, usual, unit=unit, stands_in=True)


def _told(code: str, value: Decimal, source: Source, as_of: datetime | None, unit: str) -> Input:
    return Input(code=code, value=max(value, NOTHING), unit=unit, source=source, as_of=as_of)
