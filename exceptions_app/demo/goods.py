"""The master data of one company: its suppliers, and what it trades in at which price. Pure."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from erp_connectors.canonical.master import ItemRecord, Pack, SupplierItem, SupplierRecord
from erp_connectors.canonical.values import DocumentVersion
from exceptions_app.demo.catalogue import RANGES, DemoCompany, DemoSupplier, Range

CENT = Decimal("0.01")
SHARE_UNCOSTED = 0.1
TOUR_PRICE = Decimal("182.40")


@dataclass(slots=True)
class Goods:
    """Makes the master data. What things cost is drawn apart: it must not change what happens."""

    company: DemoCompany
    version: DocumentVersion
    random: Random
    costs: Random
    prices: dict[str, Decimal] = field(default_factory=dict)

    def suppliers(self) -> tuple[SupplierRecord, ...]:
        """Return every supplier as the ERP knows it."""
        return tuple(self._supplier(supplier) for supplier in self.company.suppliers)

    def items(self) -> tuple[ItemRecord, ...]:
        """Return every item; what each is bought at is in `prices` then."""
        names = [(family, name, size) for family in RANGES for name in family.names for size in family.sizes]
        self.random.shuffle(names)
        items = []
        for index in range(self.company.items):
            family, name, size = names[index % len(names)]
            series = index // len(names)
            items.append(self._item(family, name, size, index, series))
        return tuple(items)

    def _supplier(self, supplier: DemoSupplier) -> SupplierRecord:
        return SupplierRecord(
            number=supplier.number,
            name=supplier.name,
            version=self.version,
            tier=supplier.tier,
            country=supplier.country,
            currency=self.company.currency,
            email=supplier.email,
            buyer=supplier.buyer,
        )

    def _item(self, family: Range, name: str, size: str, index: int, series: int) -> ItemRecord:
        number = f"{family.code}-{10000 + index}"
        steps = self.random.random() ** 3
        price = family.cheapest + (family.dearest - family.cheapest) * Decimal(str(round(steps, 4)))
        description = f"{name} {size}" + (f", series {series + 1}" if series else "")
        is_on_tour = description == self.company.tour_item
        self.prices[number] = TOUR_PRICE if is_on_tour else price.quantize(CENT, ROUND_HALF_UP)
        margin = self._margin(self.prices[number])
        abc_class = self.random.choices("ABC", (2, 3, 5))[0]
        makers = [supplier for supplier in self.company.suppliers if family.category in supplier.categories]
        return ItemRecord(
            number=number,
            description=description,
            base_unit=family.unit,
            version=self.version,
            packs=(Pack("CS", Decimal(family.case_of)),),
            category=family.category,
            abc_class=abc_class,
            supplier_items=tuple(
                SupplierItem(maker.number, f"{family.code[0]}{maker.number[-2:]}-{index:05d}")
                for maker in makers
            ),
            unit_margin=margin,
            sales_price=None if margin is None else self.prices[number] + margin,
            lead_days=self.costs.choice((5, 7, 10, 14, 21)),
            criticality=Decimal("1.2") if abc_class == "A" else Decimal(1),
        )

    def _margin(self, price: Decimal) -> Decimal | None:
        """Return what is earned on one; of some items the ERP does not know it."""
        if self.costs.random() < SHARE_UNCOSTED:
            return None
        share = Decimal(self.costs.randint(18, 42)) / 100
        return max(CENT, (price * share).quantize(CENT, ROUND_HALF_UP))
