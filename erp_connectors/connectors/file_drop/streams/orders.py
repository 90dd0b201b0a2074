"""Purchase orders: one row per schedule line; what belongs to the order or the line is repeated in each."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from erp_connectors.canonical.documents import OrderLine, OrderState, PriceBreak, PurchaseOrder
from erp_connectors.canonical.values import Price, Quantity, SchedulePart
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.file_drop import values
from erp_connectors.connectors.file_drop.columns import (
    CHARGE_COLUMNS,
    TERM_COLUMNS,
    VERSION_COLUMNS,
    Column,
    Extract,
    Layout,
    RowFault,
    SheetRow,
    charges,
    natural,
    pairs,
    payment_terms,
    same_in_all,
)

ORDER_COLUMNS = (
    Column("order", values.text(64), required=True),
    Column("order_state", values.order_state),
    Column("supplier", values.text(64), required=True),
    Column("currency", values.currency),
    Column("buyer", values.text(64)),
    Column("released_at", values.moment),
    Column("cancelled_at", values.moment),
    *CHARGE_COLUMNS,
    *TERM_COLUMNS,
    *VERSION_COLUMNS,
)
LINE_COLUMNS = (
    Column("line", values.text(32), required=True),
    Column("item", values.text(64), required=True),
    Column("supplier_item", values.text(64)),
    Column("gtin", values.text(14)),
    Column("description", values.words(300)),
    Column("quantity", values.not_negative),
    Column("unit", values.unit, required=True),
    Column("price", values.not_negative),
    Column("price_per", values.positive),
    Column("price_unit", values.unit),
    Column("warehouse", values.text(32)),
    Column("cancelled", values.yes_or_no("cancelled")),
    Column("break_quantity", values.positive, repeats=True),
    Column("break_price", values.not_negative, repeats=True),
)
SCHEDULE_COLUMNS = (
    Column("schedule_quantity", values.not_negative),
    Column("schedule_date", values.day, required=True),
)


def build(rows: Sequence[SheetRow], extract: Extract) -> PurchaseOrder:
    """Return the order of these rows. Raises RowFault where they contradict each other."""
    row = same_in_all(rows, [column.name for column in ORDER_COLUMNS])
    currency = row["currency"] or extract.settings.currency
    if not currency:
        raise RowFault(row, "currency", "Neither the row nor the connection names a currency.")
    by_line = sorted(rows, key=lambda each: natural(each["line"]))
    return PurchaseOrder(
        number=row["order"],
        supplier=row["supplier"],
        currency=currency,
        version=extract.version(row),
        lines=tuple(_line(list(parts), currency) for _, parts in groupby(by_line, lambda each: each["line"])),
        state=row["order_state"] or OrderState.RELEASED,
        released_at=row["released_at"],
        cancelled_at=row["cancelled_at"],
        buyer=row["buyer"],
        version_token=row["version"] or "",
        payment_terms=payment_terms(row),
        charges=charges(row),
        tax_percent=row["tax_percent"],
    )


def _line(rows: Sequence[SheetRow], currency: str) -> OrderLine:
    row = same_in_all(rows, [column.name for column in LINE_COLUMNS])
    parts = _schedule(rows)
    total = sum((part.quantity.value for part in parts), Decimal(0))
    return OrderLine(
        number=row["line"],
        item=row["item"],
        quantity=Quantity(values.shortest_form(total), row["unit"]),
        price=_price(row, currency),
        schedule=parts,
        supplier_item=row["supplier_item"],
        gtin=row["gtin"],
        description=row["description"] or "",
        warehouse=row["warehouse"],
        cancelled=bool(row["cancelled"]),
        price_breaks=_price_breaks(row, currency),
    )


def _schedule(rows: Sequence[SheetRow]) -> tuple[SchedulePart, ...]:
    """The parts by date. One row may leave out the schedule's quantity, or the line's; they must add up."""
    ordered: Decimal | None = rows[0]["quantity"]
    wanted = [row["schedule_quantity"] for row in rows]
    if wanted == [None]:
        wanted = [ordered]
    for row, each in zip(rows, wanted, strict=True):
        if each is None:
            raise RowFault(row, "schedule_quantity", "A quantity is missing.")
    total = sum(wanted, Decimal(0))
    if ordered is not None and total != ordered:
        raise RowFault(
            rows[0], "quantity", f"The schedule lines add up to {total:f}, the line says {ordered:f}."
        )
    parts = [
        SchedulePart(Quantity(each, row["unit"]), row["schedule_date"])
        for row, each in zip(rows, wanted, strict=True)
    ]
    return tuple(sorted(parts, key=lambda part: (part.date, part.quantity.value)))


def _price(row: SheetRow, currency: str) -> Price | None:
    if row["price"] is None:
        return None
    return Price(row["price"], currency, row["price_per"] or Decimal(1), row["price_unit"] or row["unit"])


def _price_breaks(row: SheetRow, currency: str) -> tuple[PriceBreak, ...]:
    """Return the breaks, each on the basis of the line's price, the smallest quantity first."""
    per, unit = row["price_per"] or Decimal(1), row["price_unit"] or row["unit"]
    return tuple(
        PriceBreak(Quantity(quantity, row["unit"]), Price(price, currency, per, unit))
        for quantity, price in sorted(pairs(row, "break_quantity", "break_price"))
    )


LAYOUT = Layout(
    stream=Stream.ORDERS,
    columns=ORDER_COLUMNS + LINE_COLUMNS + SCHEDULE_COLUMNS,
    key=("order",),
    build=build,
)
