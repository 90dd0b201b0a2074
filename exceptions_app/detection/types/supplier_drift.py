"""A supplier is off again and again, each time by less than the tolerance: it adds up."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from exceptions_app.detection import examples as world
from exceptions_app.detection.charts import signal
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.performance import PriceObservation, SupplierSnapshot, SupplierView
from exceptions_app.detection.prices import CENT
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, SubjectKind, TeamCode
from exceptions_app.detection.types.subject import SubjectType
from exceptions_app.detection.words import plain
from exceptions_app.deviation import Deviation

PRICE = "price"
#: The least sigma of the price chart, in percent (TAXONOMY, supplier performance).
PRICE_FLOOR = Decimal("0.25")
#: Of a long drift the first orders and the last ones say enough.
MOST_ORDERS = 20


class SupplierDrift(SubjectType):
    """Confirmed prices drift away from the ordered ones in one direction.

    Judged by a chart over orders (`charts`): one odd price is no drift, and thirty in control end it.
    """

    code = "supplier_drift"
    label = "Supplier drifting"
    family = Family.PERFORMANCE
    group_label = "supplier and metric"
    subject = SubjectKind.SUPPLIER
    owner = TeamCode.SUPPLIER_MANAGEMENT
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(16, 80)
    resolutions = ("improvement_plan", "review_agreement")
    is_live = True
    stakes = frozenset({Stake.PRICE})
    heals_by = (Healing.PASSED_ON,)

    def judge(self, view: SupplierView) -> Iterable[Deviation]:
        """Yield a drift of prices, with the orders it shows in and what it comes to in a year."""
        snapshot: SupplierSnapshot = view.snapshot
        found = signal([each.percent for each in snapshot.prices], PRICE_FLOOR)
        if found is None:
            return
        drifting = snapshot.prices[found.since :]
        mean = _mean_percent(drifting)
        yield Deviation(
            type_code=self.code,
            key=self.key(PRICE),
            group=f"{snapshot.number}|{PRICE}",
            line_number=None,
            amount=abs(snapshot.yearly * mean / 100).quantize(CENT, rounding=ROUND_HALF_UP),
            currency=snapshot.currency,
            since=drifting[0].said_at,
            expected={"metric": PRICE},
            actual={
                "metric": PRICE,
                "percent": plain(mean.quantize(CENT, rounding=ROUND_HALF_UP)),
                "since": drifting[0].order,
                "is_dearer": found.is_up,
            },
            evidence={
                "orders": [_shown(each) for each in _ends(drifting)],
                "observed": len(snapshot.prices),
                "so_far": plain(sum((each.difference for each in drifting), Decimal(0)).quantize(CENT)),
            },
        )

    def overcharge(self, deviation: Deviation) -> Decimal | None:
        """Return what the drift costs in a year; one to lower prices costs nothing."""
        return deviation.amount if deviation.actual["is_dearer"] else Decimal(0)

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Prices drift by 0.8 % since order 4500020031: 41,600.00 EUR a year."""
        actual = deviation.actual
        yearly = f"{deviation.amount:,.2f} {deviation.currency}" if deviation.amount is not None else ""
        return f"Prices drift by {actual['percent']} % since order {actual['since']}: {yearly} a year"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return the creeping price of scenario 12, one odd price, too few orders, and control regained."""
        steady = (Decimal(0),) * 30
        creeping = (Decimal("0.8"),) * 10
        snapshot = world.supplier_prices
        return [
            Example(
                "ten orders at +0.8 %",
                snapshot(*steady, *creeping),
                world.at("2026-11-24 10:00"),
                ({"key": "supplier_drift:price", "line_number": None},),
            ),
            Example("one order at +9 %", snapshot(*steady, Decimal(9)), world.at("2026-11-24 10:00"), ()),
            Example("too few orders to tell", snapshot(*creeping), world.at("2026-11-24 10:00"), ()),
            Example(
                "up and down alike",
                snapshot(*steady, *(Decimal("0.8"), Decimal("-0.8")) * 20),
                world.at("2026-11-24 10:00"),
                (),
            ),
            Example(
                "in control again",
                snapshot(*steady, *creeping, *(Decimal(0),) * 50),
                world.at("2026-11-24 10:00"),
                (),
            ),
        ]


def _mean_percent(observations: Sequence[PriceObservation]) -> Decimal:
    ordered = sum((each.ordered for each in observations), Decimal(0))
    return sum((each.difference for each in observations), Decimal(0)) * 100 / ordered


def _ends(observations: Sequence[PriceObservation]) -> Sequence[PriceObservation]:
    if len(observations) <= MOST_ORDERS:
        return observations
    half = MOST_ORDERS // 2
    return [*observations[:half], *observations[-half:]]


def _shown(each: PriceObservation) -> dict[str, str]:
    return {
        "order": each.order,
        "said_at": each.said_at.isoformat(),
        "percent": plain(each.percent.quantize(CENT, rounding=ROUND_HALF_UP)),
        "difference": plain(each.difference.quantize(CENT, rounding=ROUND_HALF_UP)),
    }
