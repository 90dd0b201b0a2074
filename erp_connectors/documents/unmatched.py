"""What documents say of orders and lines that are not there: noted on transactions, left over for heads."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from erp_connectors.canonical.documents import PurchaseOrder as CanonicalOrder
from erp_connectors.documents.by_hand import ByHand
from erp_connectors.documents.heads import (
    ORDER_UNKNOWN,
    OTHER_SUPPLIER,
    Loose,
    LooseLines,
    headed,
    left_over,
    newest_of,
    unplaced,
)
from erp_connectors.documents.identity import Group, orders_named
from erp_connectors.documents.linked import Heard
from erp_connectors.documents.models import Document
from erp_connectors.documents.positions import OrderPositions, UnmatchedLine
from erp_connectors.exchange.models import Transaction

MIRROR = "mirror"
WHY_UNMATCHED = {
    "nothing_named": "It names neither a line nor an item.",
    "no_order_named": "It names no order.",
    "no_such_line": "The order has no such line.",
    "several_fit": "Several lines of the order fit.",
    "contradiction": "Its line number and its item numbers say different lines.",
}


def note_what_fits_nothing(
    heard: Mapping[str, Heard],
    said: Mapping[str, CanonicalOrder],
    positions: Mapping[str, OrderPositions],
    hands: Mapping[Group, ByHand],
) -> None:
    """Write on the transactions which orders and lines of their documents are unknown; take off what fits.

    Only the newest revision of a document is looked at. The findings of other layers stay as they are.
    """
    notes: dict[int, list[dict[str, Any]]] = {}
    noted: dict[int, list[dict[str, Any]]] = {}
    for number, one in heard.items():
        noted |= one.findings
        for supplier, rows in [("", one.by_erp), *one.by_partner.items()]:
            order = said.get(number)
            unmatched = positions[number].unmatched if order and supplier in ("", order.supplier) else ()
            for row in _newest_of_each(rows):
                if row.transaction_id and _is_about(row, number, hands):
                    some = notes.setdefault(row.transaction_id, [])
                    some += [
                        note for note in _notes(row, number, supplier, order, unmatched) if note not in some
                    ]
    differing = [
        transaction
        for transaction, findings in noted.items()
        if findings != _with_notes(findings, notes.get(transaction, []), heard)
    ]
    if not differing:
        return
    transactions = list(
        Transaction.objects.filter(pk__in=differing).order_by("pk").select_for_update().only("findings")
    )
    for transaction in transactions:
        transaction.findings = _with_notes(transaction.findings, notes.get(transaction.pk, []), heard)
    Transaction.objects.bulk_update(transactions, ["findings"], batch_size=500)


def loose_of(
    heard: Mapping[str, Heard],
    said: Mapping[str, CanonicalOrder],
    positions: Mapping[str, OrderPositions],
    hands: Mapping[Group, ByHand],
) -> Loose:
    """Return what each order leaves over of the newest revision of every document that names it."""
    loose: dict[Group, dict[str, LooseLines]] = defaultdict(dict)
    for number, one in heard.items():
        order = said.get(number)
        for supplier, rows in [("", one.by_erp), *one.by_partner.items()]:
            for row in _newest_of_each(rows):
                document = headed(row, hands)
                if document is None:
                    continue
                if order is None:
                    lines = unplaced(document, number, ORDER_UNKNOWN)
                elif supplier not in ("", order.supplier):
                    lines = unplaced(document, number, OTHER_SUPPLIER)
                else:
                    lines = left_over(document, _of(row, positions[number].unmatched))
                loose[row.group][number] = lines
    return loose


def _is_about(row: Document, number: str, hands: Mapping[Group, ByHand]) -> bool:
    """Say whether a document still names the order, once what people said of it is laid over."""
    if row.group not in hands:
        return True
    document = headed(row, hands)
    return document is None or number in orders_named(document)


def _of(row: Document, unmatched: Iterable[UnmatchedLine]) -> Iterable[UnmatchedLine]:
    return (line for line in unmatched if (line.kind, line.key) == (row.kind, row.key))


def _with_notes(
    findings: list[dict[str, Any]], notes: list[dict[str, Any]], orders: Collection[str]
) -> list[dict[str, Any]]:
    """Return the findings with these notes instead of all others of ours on these orders."""
    kept = [one for one in findings if one.get("layer") != MIRROR or one.get("order") not in orders]
    return kept + notes


def _newest_of_each(rows: Sequence[Document]) -> Iterable[Document]:
    revisions: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for row in rows:
        revisions[row.kind, row.key].append(row)
    return [newest_of(some) for some in revisions.values()]


def _notes(
    row: Document,
    number: str,
    supplier: str,
    order: CanonicalOrder | None,
    unmatched: Iterable[UnmatchedLine],
) -> list[dict[str, Any]]:
    if order is None:
        text = f"Order {number} has not come from the ERP yet. The {row.kind} is kept and counts once it has."
        return [_note("ORDER_UNKNOWN", "note", text, number, number)]
    if supplier not in ("", order.supplier):
        text = f"Order {number} is with supplier {order.supplier}, not with {supplier}, who speaks here."
        way_out = "Ask the supplier which order is meant, or correct the supplier of the trading partner."
        return [_note("ORDER_OF_ANOTHER_SUPPLIER", "warning", text, number, number, way_out)]
    return [
        _note(
            "LINE_UNMATCHED",
            "warning",
            f"Line {line.line_number or line.index + 1} of {row.kind} {row.key} fits no line "
            f"of order {number}. " + WHY_UNMATCHED[line.reason.value],
            number,
            line.line_number or "",
            "Compare it with the order, then match it by hand or ask the supplier.",
        )
        | {"line": line.index, "candidates": list(line.candidates)}
        for line in _of(row, unmatched)
    ]


def _note(code: str, severity: str, text: str, order: str, value: str, way_out: str = "") -> dict[str, Any]:
    return {
        "layer": MIRROR,
        "code": code,
        "severity": severity,
        "text": text,
        "order": order,
        "value": value,
        "way_out": way_out,
    }
