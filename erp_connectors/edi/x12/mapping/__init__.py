"""X12 transactions to readings and canonical documents, by tables that are data.

A set is mapped when it has an entry here; all others are received at the level of their envelope.
"""

from collections.abc import Callable
from typing import Any

from erp_connectors.edi.envelope import Finding, Layer, Severity
from erp_connectors.edi.frame import Mapped
from erp_connectors.edi.values import UnreadableValue
from erp_connectors.edi.x12.mapping.change_confirmation import map_change_confirmation
from erp_connectors.edi.x12.mapping.confirmation import map_confirmation, required_beginning
from erp_connectors.edi.x12.mapping.invoice import map_invoice
from erp_connectors.edi.x12.mapping.invoice_reading import invoice_facts, read_invoice
from erp_connectors.edi.x12.mapping.orders import order_facts, read_order
from erp_connectors.edi.x12.mapping.receipt import map_receipt, read_receipt, receipt_facts
from erp_connectors.edi.x12.mapping.ship_notice import map_ship_notice, read_ship_notice, ship_notice_facts
from erp_connectors.edi.x12.mapping.shipment_status import (
    map_shipment_status,
    read_shipment_status,
    shipment_status_facts,
)
from erp_connectors.edi.x12.mapping.source import Row, Source
from erp_connectors.edi.x12.mapping.values import amount_in, number_in
from erp_connectors.edi.x12.sets import TRANSACTION_SETS

MAPPING_VERSION = "x12-2"
"""Kept with every document; raised when a table or rule changes what a document says."""


def map_transaction(rows: list[Row], source: Source) -> Mapped:
    """Return the canonical document of a transaction, None where there is none, and what was found.

    A purchase order (850) and its change (860) are our own documents coming back: read, but not mirrored.
    """
    mapper = _MAPPERS.get(source.set_code)
    if mapper is None:
        name = TRANSACTION_SETS.get(source.set_code, "unknown")
        note = Finding(
            layer=Layer.MAPPING,
            code="SET_NOT_MAPPED",
            text=f"Set {source.set_code} ({name}) is acknowledged, but not mapped to a document.",
            severity=Severity.NOTE,
            way_out="Nothing to do until this set is mapped; the bytes are kept.",
        )
        return None, [note]
    return mapper(rows, source)


def read_transaction(rows: list[Row], source: Source) -> dict[str, Any]:
    """Return every fact of a mapped set as plain values as sent; nothing for any other set."""
    ignored = source.tables.ignored_segments
    match source.set_code:
        case "850" | "855" | "860" | "865":
            return order_facts(read_order(rows, ignored))
        case "856":
            return ship_notice_facts(read_ship_notice(rows, source))
        case "214":
            return shipment_status_facts(read_shipment_status(rows, ignored))
        case "861":
            return receipt_facts(read_receipt(rows, ignored))
        case "810":
            return invoice_facts(read_invoice(rows, ignored))
        case _:
            return {}


BEGINNING_OF = {"850": "BEG", "860": "BCH"}


def _check_order(rows: list[Row], source: Source) -> Mapped:
    reading = read_order(rows, source.tables.ignored_segments)
    refusal = required_beginning(rows, reading, BEGINNING_OF[source.set_code])
    if refusal is not None:
        return None, [refusal]
    findings = []
    for line in reading.lines:
        try:
            amount_in(line.row, line.layout.qty, line.at)
            number_in(line.row, line.layout.price, line.at)
        except UnreadableValue as unreadable:
            findings.append(unreadable.finding)
    return None, findings


_MAPPERS: dict[str, Callable[[list[Row], Source], Mapped]] = {
    "214": map_shipment_status,
    "810": map_invoice,
    "850": _check_order,
    "855": map_confirmation,
    "856": map_ship_notice,
    "860": _check_order,
    "861": map_receipt,
    "865": map_change_confirmation,
}
