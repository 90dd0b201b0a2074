"""A document counts in a unit that cannot be converted for the item."""

from collections.abc import Iterable, Iterator

from erp_connectors.canonical.values import Price, Quantity
from exceptions_app.detection import examples as world
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView
from exceptions_app.deviation import Deviation


class UnitUnknown(LineType):
    """A unit without a factor for the item: in the order, the newest answer, a notice, receipt or invoice."""

    code = "unit_unknown"
    label = "Unit unknown"
    family = Family.DATA
    owner = TeamCode.INTEGRATION
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(4, 16)
    resolutions = ("add_conversion",)
    is_live = True
    heals_by = (Healing.CONVERTED, Healing.ANSWERED)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield the units nobody can convert."""
        units = sorted({unit for unit in _units(line) if not line.counter.knows(unit)})
        if units and not line.is_unwanted:
            answer = line.position.answer
            yield self.deviation(
                line, actual={"units": units}, since=answer.version.document_time if answer else None
            )

    def headline(self, deviation: Deviation) -> str:
        """Return for example: No conversion for BX into CS."""
        return f"No conversion for {', '.join(deviation.actual['units'])} into {deviation.unit}"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return the units of scenario 7, and a ship notice in an unknown unit."""
        ordered, now = world.order((20, "2026-12-02"), unit="CS"), world.at("2026-11-24 10:01")
        pack = {"CS": 12}
        by_weight = world.order((20, "2026-12-02"), unit="CS", cost=world.price("3.20", "EUR", unit="KGM"))
        each = world.answer((240, "2026-12-02"), unit="EA")
        boxes = world.answer((20, "2026-12-02"), unit="BX")
        announced = world.ship_notice(20, said="2026-11-24 09:00", unit="BX")
        return [
            Example("20 cases are 240 each", world.snapshot(ordered, each, packs=pack), now, ()),
            Example("boxes without a factor", world.snapshot(ordered, boxes, packs=pack), now, ({},)),
            Example("with a factor", world.snapshot(ordered, boxes, packs={**pack, "BX": 12}), now, ()),
            Example("in the price of the order", world.snapshot(by_weight, packs=pack), now, ({},)),
            Example("on a ship notice", world.snapshot(ordered, announced, packs=pack), now, ({},)),
        ]


def _units(line: LineView) -> Iterator[str]:
    position = line.position
    stated: list[Quantity | None] = []
    prices: list[Price | None] = [position.line.price, *(fact.price for fact in position.invoices)]
    if position.answer is not None:
        stated += [part.quantity for part in position.answer.offered or ()]
        stated.append(position.answer.rejected)
        prices.append(position.answer.price)
    for shipment in position.shipments:
        stated += [shipment.shipped, shipment.shipped_to_date]
    for receipt in position.receipts:
        stated += [receipt.received, receipt.damaged, receipt.rejected]
    stated += [fact.quantity for fact in position.invoices]
    yield from (quantity.unit for quantity in stated if quantity is not None)
    yield from (price.per_unit for price in prices if price is not None and price.per_unit is not None)
