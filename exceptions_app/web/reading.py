"""How a canonical document reads: a few facts about it, and a table of its lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from erp_connectors.canonical.codec import CanonicalError, from_builtins
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    DocumentKind,
    LineAnswer,
    PurchaseOrder,
    Receipt,
    ShipNotice,
)
from erp_connectors.canonical.values import ItemIds, Price, Quantity
from erp_connectors.documents.models import Document
from exceptions_app.web import formats
from exceptions_app.web.labels import Text

ANSWERS: dict[LineAnswer, Text] = {
    LineAnswer.ACCEPTED: _("accepted"),
    LineAnswer.CHANGED: _("changed"),
    LineAnswer.BACKORDERED: _("backordered"),
    LineAnswer.REJECTED: _("rejected"),
    LineAnswer.SUBSTITUTED: _("substituted"),
    LineAnswer.HELD: _("on hold"),
    LineAnswer.DATE_PENDING: _("date pending"),
    LineAnswer.PRICE_PENDING: _("price pending"),
    LineAnswer.UNKNOWN: _("unknown"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a document says: facts about it as a whole, then its lines; notes are free text, as sent."""

    facts: list[tuple[Text, str]]
    columns: list[Text]
    rows: list[list[str]]
    notes: Sequence[str] = ()


def reading_of(document: Document) -> Reading:
    """Return the reading of a recorded document; a kind without a table of its own shows its fields."""
    reader = READERS.get(document.kind)
    if reader is None:
        return _fields(document.content)
    shape, read = reader
    try:
        return read(from_builtins(document.content, shape))
    except CanonicalError:
        return _fields(document.content)


def _order(order: PurchaseOrder) -> Reading:
    return Reading(
        facts=[
            (_("Order"), order.number),
            (_("Supplier"), order.supplier),
            (_("Status"), order.state.value),
            (_("Released"), formats.moment(order.released_at)),
        ],
        columns=[_("Line"), _("Item"), _("Quantity"), _("Schedule"), _("Price")],
        rows=[
            [
                line.number,
                line.item,
                _quantity(line.quantity),
                "; ".join(f"{_quantity(part.quantity)} {formats.day(part.date)}" for part in line.schedule),
                _price(line.price, order.currency),
            ]
            for line in order.lines
        ],
    )


def _confirmation(answer: Confirmation) -> Reading:
    return Reading(
        facts=[
            (_("Order"), answer.order_number),
            (_("Number"), answer.number or formats.NOTHING),
            (_("Said"), formats.moment(answer.version.document_time)),
            (_("Lines not mentioned are"), answer.unmentioned.value),
        ],
        columns=[_("Line"), _("Item"), _("Answer"), _("Offered"), _("Rejected"), _("Price"), _("Rule")],
        rows=[
            [
                line.line_number or formats.NOTHING,
                _item(line.ids),
                ", ".join(str(ANSWERS[word]) for word in line.answers) or formats.NOTHING,
                _offered(line),
                _quantity(line.rejected),
                _price(line.price, answer.currency or ""),
                line.rule,
            ]
            for line in answer.lines
        ],
        notes=answer.notes,
    )


def _offered(line: ConfirmationLine) -> str:
    if line.offered is None:
        return gettext("unreadable")
    return "; ".join(f"{_quantity(part.quantity)} {_day(part.date)}" for part in line.offered) or gettext(
        "nothing"
    )


def _ship_notice(notice: ShipNotice) -> Reading:
    return Reading(
        facts=[
            (_("Ship notice"), notice.number),
            (_("Shipped"), formats.day(notice.shipped_on)),
            (_("Expected"), formats.day(notice.expected_on)),
            (_("Carrier"), notice.carrier or formats.NOTHING),
        ],
        columns=[_("Order"), _("Line"), _("Item"), _("Shipped"), _("In all"), _("Final")],
        rows=[
            [
                line.order_number or formats.NOTHING,
                line.line_number or formats.NOTHING,
                _item(line.ids),
                _quantity(line.shipped),
                _quantity(line.shipped_to_date),
                gettext("yes") if line.final else "",
            ]
            for line in notice.lines
        ],
        notes=notice.notes,
    )


def _receipt(receipt: Receipt) -> Reading:
    return Reading(
        facts=[(_("Receipt"), receipt.number), (_("Received"), formats.day(receipt.received_on))],
        columns=[_("Order"), _("Line"), _("Received"), _("Damaged")],
        rows=[
            [
                line.order_number or formats.NOTHING,
                line.line_number or formats.NOTHING,
                _quantity(line.received),
                _quantity(line.damaged),
            ]
            for line in receipt.lines
        ],
    )


READERS: dict[str, tuple[type[Any], Callable[[Any], Reading]]] = {
    DocumentKind.PURCHASE_ORDER: (PurchaseOrder, _order),
    DocumentKind.CONFIRMATION: (Confirmation, _confirmation),
    DocumentKind.SHIP_NOTICE: (ShipNotice, _ship_notice),
    DocumentKind.RECEIPT: (Receipt, _receipt),
}


def _fields(content: dict[str, Any]) -> Reading:
    facts: list[tuple[Text, str]] = [
        (name.replace("_", " ").capitalize(), str(value))
        for name, value in content.items()
        if isinstance(value, str | int | float | bool)
    ]
    return Reading(facts=facts, columns=[], rows=[])


def _quantity(quantity: Quantity | None) -> str:
    return formats.NOTHING if quantity is None else formats.quantity(quantity.value, quantity.unit)


def _day(day: date | None) -> str:
    return gettext("as requested") if day is None else formats.day(day)


def _price(price: Price | None, currency: str) -> str:
    if price is None:
        return formats.NOTHING
    return formats.price(price.amount, price.currency or currency, price.per, price.per_unit or "")


def _item(ids: ItemIds) -> str:
    return ids.buyer or ids.supplier or ids.gtin or ids.manufacturer or formats.NOTHING
