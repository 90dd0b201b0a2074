"""EDIFACT messages to readings and canonical documents, by tables that are data.

A message type is mapped when it has an entry here; all others are received at the level of their envelope.
"""

from collections.abc import Callable
from typing import Any

from erp_connectors.edi.edifact.mapping.confirmation import map_confirmation
from erp_connectors.edi.edifact.mapping.facts import message_facts
from erp_connectors.edi.edifact.mapping.invoice import map_invoice
from erp_connectors.edi.edifact.mapping.orders import check_order
from erp_connectors.edi.edifact.mapping.receipt import map_receipt
from erp_connectors.edi.edifact.mapping.ship_notice import map_ship_notice
from erp_connectors.edi.edifact.mapping.source import Source
from erp_connectors.edi.edifact.messages import ACKNOWLEDGEMENT_MESSAGES, MESSAGES
from erp_connectors.edi.envelope import Finding, Layer, Severity
from erp_connectors.edi.frame import Mapped, Row

MAPPING_VERSION = "edifact-1"
"""Kept with every document; raised when a table or rule changes what a document says."""


def map_message(rows: list[Row], source: Source) -> Mapped:
    """Return the canonical document of a message, None where there is none, and what was found.

    A purchase order is our own document coming back: it is read and checked, not mirrored. What only
    acknowledges has nothing to map.
    """
    mapper = _MAPPERS.get(source.set_code)
    if mapper is not None:
        return mapper(rows, source)
    if source.set_code in ACKNOWLEDGEMENT_MESSAGES:
        return None, []
    name = MESSAGES.get(source.set_code, "unknown")
    note = Finding(
        layer=Layer.MAPPING,
        code="SET_NOT_MAPPED",
        text=f"Message {source.set_code} ({name}) is acknowledged, but not mapped to a document.",
        severity=Severity.NOTE,
        way_out="Nothing to do until this message is mapped; the bytes are kept.",
    )
    return None, [note]


def read_message(rows: list[Row], source: Source) -> dict[str, Any]:
    """Return every fact of a message as plain values as sent."""
    return message_facts(rows, source.marks)


_MAPPERS: dict[str, Callable[[list[Row], Source], Mapped]] = {
    "DESADV": map_ship_notice,
    "INVOIC": map_invoice,
    "ORDCHG": check_order,
    "ORDERS": check_order,
    "ORDRSP": map_confirmation,
    "RECADV": map_receipt,
}
