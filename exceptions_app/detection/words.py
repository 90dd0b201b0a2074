"""Figures of an order line as plain JSON, and of a deviation in words, for people and the API. Pure.

Decimals are strings without trailing zeros, dates are in ISO form, quantities in the unit of the order line.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.documents import ShipmentEvent
from erp_connectors.canonical.values import ItemIds, Price, Quantity
from erp_connectors.documents.position import LinePosition
from exceptions_app.detection.buckets import Piece
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.offers import Firmness
from exceptions_app.detection.view import LineView
from exceptions_app.deviation import Deviation

#: Names in the evidence what the supplier said last.
HEARD = "heard"


def plain(value: Decimal) -> str:
    """Return a decimal without trailing zeros and without an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ordered_parts(line: LineView) -> list[dict[str, str]]:
    """Return the schedule of the order line: so much on that day."""
    return [
        _part(line, line.counter.count(part.quantity), part.date)
        for part in sorted(line.position.line.schedule, key=lambda part: part.date)
    ]


def offered_parts(line: LineView) -> dict[str, Any]:
    """Return the quantity the supplier offers and its parts; None when it has said nothing readable."""
    offer = line.buckets.offer
    if offer is None or offer.is_on_hold:
        return {"quantity": None, "parts": []}
    return {
        "quantity": plain(line.counter.in_order_unit(offer.quantity)),
        "parts": [
            _part(line, supply.quantity, supply.day.on if supply.day else None)
            for supply in offer.supplies
            if supply.firmness is not Firmness.UNDER_WAY
        ],
    }


def price_words(price: Price | None, currency: str, unit: str) -> dict[str, Any]:
    """Return a price as it was stated: so much of a currency for so many units."""
    return {
        "price": plain(price.amount) if price else None,
        "per": plain(price.per) if price and price.per is not None else None,
        "unit": (price.per_unit if price else None) or unit,
        "currency": (price.currency if price else None) or currency,
    }


def quantity_words(quantity: Quantity | None) -> str:
    """Return a quantity as it was said, with its unit; empty where none was."""
    return f"{plain(quantity.value)} {quantity.unit}" if quantity is not None else ""


def item_words(ids: ItemIds) -> str:
    """Return the first name an item is known by; empty where none was said."""
    return ids.buyer or ids.supplier or ids.gtin or ids.manufacturer or ""


def goods(line: LineView) -> dict[str, str]:
    """Return what is shipped and what is received."""
    found = line.buckets.goods
    return {
        "shipped": plain(line.counter.in_order_unit(found.shipped)),
        "received": plain(line.counter.in_order_unit(found.received)),
    }


def moved_parts(line: LineView, pieces: Iterable[Piece]) -> list[dict[str, str]]:
    """Return the parts that come on another day than the one that is wanted."""
    parts = [
        {
            **_part(line, piece.quantity, piece.due.on if piece.due else None),
            "wanted": piece.wanted.on.isoformat(),
        }
        for piece in pieces
        if piece.wanted is not None
    ]
    return sorted(parts, key=lambda part: (part.get("date", ""), part["wanted"]))


def arriving_parts(line: LineView, pieces: Iterable[Piece]) -> list[dict[str, str]]:
    """Return the parts that are under way: stated to arrive on that day, promised for another."""
    parts = []
    for piece in pieces:
        on = piece.shipment.expected_on if piece.shipment else line.buckets.goods.expected_on
        part = _part(line, piece.quantity, on)
        if piece.due is not None:
            part["wanted"] = piece.due.on.isoformat()
        if piece.shipment is not None:
            part["notice"] = piece.shipment.notice
        parts.append(part)
    return sorted(
        parts, key=lambda part: (part.get("date", ""), part.get("wanted", ""), part.get("notice", ""))
    )


def days(pieces: Iterable[Piece]) -> list[str]:
    """Return the days that were promised for the pieces, else wanted, in order."""
    return sorted({piece.due.on.isoformat() for piece in pieces if piece.due})


def evidence_of(line: LineView) -> dict[str, Any]:
    """Return the figures that decided: buckets, goods, bills, and the supplier's word by its fingerprint."""
    position, shares = line.position, line.buckets
    answer = position.answer
    return {
        "word": line.word,
        HEARD: heard_last(line.position),
        "answer": answer.version.document_time.isoformat() if answer else None,
        "control_number": answer.version.control_number if answer else None,
        "order_revision": position.order_version.document_time.isoformat(),
        "buckets": {
            bucket.value: plain(line.quantity(bucket)) for bucket in {p.bucket: None for p in shares.pieces}
        },
        "credited": plain(_billed(line, is_credit=True)),
        "invoiced": plain(_billed(line, is_credit=False)),
        "arrivals": _arrivals(line),
        "delivered": _delivered(line),
        **goods(line),
    }


def heard_last(position: LinePosition) -> str | None:
    """Return the version of the newest thing the supplier said of a line; None while it has said nothing.

    What it says again is newer, even if its word is the same: it has answered.
    """
    said = [fact.version for fact in position.shipments] + [fact.version for fact in position.invoices]
    if position.answer is not None:
        said.append(position.answer.version)
    newest = max(said, default=None)
    if newest is None:
        return None
    return f"{newest.document_time.isoformat()}/{newest.revision}/{newest.control_number}"


def _arrivals(line: LineView) -> dict[str, str]:
    """Return the arrival that was stated last of each shipment."""
    stated = {one.notice: one.expected_on for one in line.buckets.goods.shipments} | {
        "": line.buckets.goods.expected_on
    }
    return {notice: on.isoformat() for notice, on in stated.items() if on is not None}


def _delivered(line: LineView) -> list[str]:
    """Return the shipments that a carrier has delivered."""
    return sorted(
        status.shipment
        for status in line.position.statuses
        if any(event.kind is ShipmentEvent.DELIVERED for event in status.events)
    )


def _billed(line: LineView, *, is_credit: bool) -> Decimal:
    counted = (line.counted(fact) for fact in line.position.invoices if (fact.kind == "credit") is is_credit)
    return line.counter.in_order_unit(sum((value for value in counted if value is not None), NOTHING))


def _part(line: LineView, counted: Decimal, day: date | None) -> dict[str, str]:
    part = {"quantity": plain(line.counter.in_order_unit(counted))}
    return {**part, "date": day.isoformat()} if day else part


def how_much(deviation: Deviation) -> str:
    """Return the quantity of a deviation with its unit, as people read it: 18 EA."""
    return f"{plain(deviation.quantity)} {deviation.unit}" if deviation.quantity is not None else ""


def percent(part: Decimal, whole: Decimal) -> str:
    """Return `part` of `whole` in percent with one decimal, as people read it."""
    return f"{part * 100 / whole:.1f} %" if whole else "0.0 %"


def dearer(difference: Decimal, price: Decimal) -> str:
    """Return by how much a price is dearer, or cheaper: as finely as the tolerance of a price is told."""
    return f"{difference * 100 / price:+.2f} %" if price else "+0.00 %"
