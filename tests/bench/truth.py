"""A world of orders with planted deviations, and the truth about them: what has to be found.

Every order is in one stage of its life at the moment of judging (TUESDAY_TEN): asked, announced, received or
invoiced. About one line in twenty deviates, in one way that its stage can show. What is planted and how it
arrives are drawn by two generators of their own: noise must never change the truth.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Invoice,
    InvoiceLine,
    OfferedPart,
    OrderLine,
    PurchaseOrder,
    Receipt,
    ReceiptLine,
    ShipNotice,
    ShipNoticeLine,
)
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart

ZONE = ZoneInfo("Europe/Berlin")
UNIT, CURRENCY = "EA", "EUR"
LINES_OF_AN_ORDER = 5
DEVIATING = 0.05
DEARER = Decimal("1.10")

Document = PurchaseOrder | Confirmation | ShipNotice | Receipt | Invoice
#: What must be found: order, line, type, quantity in the line's unit.
Truth = tuple[str, str, str, Decimal]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where an order is in its life: when it was released, when its goods are wanted, what can be wrong."""

    name: str
    released_at: datetime
    confirmed_at: datetime
    wanted_on: date
    ways: tuple[str, ...]
    is_announced: bool = False
    is_received: bool = False
    is_invoiced: bool = False


STAGES = (
    Stage(
        name="asked",
        released_at=_at("2026-11-16 10:00"),
        confirmed_at=_at("2026-11-17 09:00"),
        wanted_on=date(2026, 12, 15),
        ways=("confirmation_late", "quantity_short", "price_mismatch", "date_later"),
    ),
    Stage(
        name="announced",
        released_at=_at("2026-11-09 10:00"),
        confirmed_at=_at("2026-11-10 09:00"),
        wanted_on=date(2026, 11, 25),
        ways=("ship_notice_missing",),
        is_announced=True,
    ),
    Stage(
        name="received",
        released_at=_at("2026-11-02 10:00"),
        confirmed_at=_at("2026-11-03 09:00"),
        wanted_on=date(2026, 11, 18),
        ways=("receipt_short",),
        is_announced=True,
        is_received=True,
    ),
    Stage(
        name="invoiced",
        released_at=_at("2026-11-02 10:00"),
        confirmed_at=_at("2026-11-03 09:00"),
        wanted_on=date(2026, 11, 18),
        ways=("invoice_quantity",),
        is_announced=True,
        is_received=True,
        is_invoiced=True,
    ),
)
LATE_BY_WAY = date(2026, 12, 28)
ANNOUNCED_AT = {"announced": _at("2026-11-20 12:00"), "other": _at("2026-11-16 12:00")}
RECEIVED_AT, INVOICED_AT = _at("2026-11-18 14:00"), _at("2026-11-19 08:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One order line, and what is wrong with it: `way` is the type that has to be found, empty for none."""

    number: str
    quantity: int
    price: Decimal
    way: str = ""
    by: int = 0

    @property
    def off(self) -> Decimal:
        """The quantity that has to be found."""
        return Decimal(self.by if self.way in AMOUNTS else self.quantity)


#: Ways that are about a part of the line; the others are about all of it.
AMOUNTS = frozenset({"quantity_short", "receipt_short", "invoice_quantity"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedWorld:
    """What is said, in the order it is said, and what is true of the orders of this series."""

    series: str
    documents: tuple[Document, ...]
    truth: frozenset[Truth]
    order_lines: int
    document_lines: int


@dataclass(slots=True)
class Planter:
    """Draws orders and what is wrong with them, for `supplier` and `warehouse`, of the item numbers given.

    The numbers of the orders begin with the two digits of `series`.
    """

    supplier: str
    warehouse: str
    items: Sequence[str]
    seed: int
    series: str = "47"
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def world(self, order_lines: int) -> PlantedWorld:
        """Return a world of about so many order lines (whole orders)."""
        documents: list[Document] = []
        truth: set[Truth] = set()
        orders = -(-order_lines // LINES_OF_AN_ORDER)
        for index in range(orders):
            number, stage = f"{self.series}{index:08}", STAGES[index % len(STAGES)]
            lines = [self._line(str(place * 10), stage) for place in range(1, LINES_OF_AN_ORDER + 1)]
            documents += self._documents(number, stage, lines)
            truth |= {(number, line.number, line.way, line.off) for line in lines if line.way}
        return PlantedWorld(
            series=self.series,
            documents=tuple(documents),
            truth=frozenset(truth),
            order_lines=orders * LINES_OF_AN_ORDER,
            document_lines=sum(len(document.lines) for document in documents),
        )

    def _line(self, number: str, stage: Stage) -> Line:
        quantity = self.chance.randint(100, 500)
        price = Decimal(self.chance.randint(500, 20_000)) / 100
        line = Line(number=number, quantity=quantity, price=price)
        if self.chance.random() >= DEVIATING:
            return line
        return replace(line, way=self.chance.choice(stage.ways), by=self.chance.randint(1, quantity // 2))

    def _documents(self, number: str, stage: Stage, lines: Sequence[Line]) -> Iterator[Document]:
        yield self._order(number, stage, lines)
        yield _confirmation(number, stage, lines)
        if stage.is_announced:
            yield _ship_notice(number, stage, lines)
        if stage.is_received:
            yield _receipt(number, lines)
        if stage.is_invoiced:
            yield _invoice(number, lines)

    def _order(self, number: str, stage: Stage, lines: Sequence[Line]) -> PurchaseOrder:
        return PurchaseOrder(
            number=number,
            supplier=self.supplier,
            currency=CURRENCY,
            version=DocumentVersion(stage.released_at),
            released_at=stage.released_at,
            buyer="BEA",
            lines=tuple(
                OrderLine(
                    number=line.number,
                    item=self.chance.choice(self.items),
                    quantity=_pieces(line.quantity),
                    price=_price(line.price),
                    schedule=(SchedulePart(_pieces(line.quantity), stage.wanted_on),),
                    warehouse=self.warehouse,
                )
                for line in lines
            ),
        )


def noisy(documents: Sequence[Document], *, seed: int, duplicates: float, reordered: bool) -> list[Document]:
    """Return the documents as a bad line delivers them: some twice, and in any order."""
    chance = random.Random(seed)
    delivered = list(documents)
    delivered += [document for document in documents if chance.random() < duplicates]
    if reordered:
        chance.shuffle(delivered)
    return delivered


def _confirmation(number: str, stage: Stage, lines: Sequence[Line]) -> Confirmation:
    def answered(line: Line) -> ConfirmationLine:
        offered = line.quantity - (line.by if line.way == "quantity_short" else 0)
        day = LATE_BY_WAY if line.way == "date_later" else stage.wanted_on
        price = line.price * DEARER if line.way == "price_mismatch" else line.price
        return ConfirmationLine(
            line_number=line.number, offered=(OfferedPart(_pieces(offered), day),), price=_price(price)
        )

    return Confirmation(
        order_number=number,
        version=DocumentVersion(stage.confirmed_at),
        lines=tuple(answered(line) for line in lines if line.way != "confirmation_late"),
        currency=CURRENCY,
    )


def _ship_notice(number: str, stage: Stage, lines: Sequence[Line]) -> ShipNotice:
    said_at = ANNOUNCED_AT.get(stage.name, ANNOUNCED_AT["other"])
    return ShipNotice(
        number=f"ASN-{number}",
        version=DocumentVersion(said_at),
        shipped_on=said_at.date(),
        expected_on=stage.wanted_on,
        lines=tuple(
            ShipNoticeLine(order_number=number, line_number=line.number, shipped=_pieces(line.quantity))
            for line in lines
            if line.way != "ship_notice_missing"
        ),
    )


def _receipt(number: str, lines: Sequence[Line]) -> Receipt:
    def received(line: Line) -> int:
        return line.quantity - (line.by if line.way == "receipt_short" else 0)

    return Receipt(
        number=f"GR-{number}",
        version=DocumentVersion(RECEIVED_AT),
        received_on=RECEIVED_AT.date(),
        ship_notice=f"ASN-{number}",
        lines=tuple(
            ReceiptLine(order_number=number, line_number=line.number, received=_pieces(received(line)))
            for line in lines
        ),
    )


def _invoice(number: str, lines: Sequence[Line]) -> Invoice:
    def billed(line: Line) -> int:
        return line.quantity + (line.by if line.way == "invoice_quantity" else 0)

    return Invoice(
        number=f"INV-{number}",
        version=DocumentVersion(INVOICED_AT),
        issued_on=INVOICED_AT.date(),
        currency=CURRENCY,
        lines=tuple(
            InvoiceLine(
                order_number=number,
                line_number=line.number,
                quantity=_pieces(billed(line)),
                price=_price(line.price),
            )
            for line in lines
        ),
        total=sum((line.price * billed(line) for line in lines), Decimal(0)),
    )


def _pieces(value: int) -> Quantity:
    return Quantity(Decimal(value), UNIT)


def _price(amount: Decimal) -> Price:
    return Price(amount, CURRENCY, Decimal(1))
