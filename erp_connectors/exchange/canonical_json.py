"""One canonical document as JSON, as the API and the portal send it: strict, with errors that name the place.

`{"kind": "confirmation", "order_number": "4500010001", "version": {"document_time": ...}, ...}`: the fields
of the dataclass of that kind, decimals as strings, times in ISO 8601 with their offset. A credit note has the
kind `credit`. `supplier`, where a partner speaks, is its number in the ERP.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from erp_connectors.canonical.codec import CanonicalError, from_builtins, to_builtins, to_json
from erp_connectors.canonical.documents import Invoice, InvoiceKind
from erp_connectors.documents.identity import SHAPES, Recordable, kind_of

KIND = "kind"
SPEAKER = "supplier"
DEEPEST = 12


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document as it was sent, with the number of the partner who says it; None for the ERP or us."""

    document: Recordable
    supplier: str | None = None


def write_document(document: Recordable) -> bytes:
    """Return the document as JSON that `read_document` reads."""
    return to_json({KIND: kind_of(document).value} | to_builtins(document))


def read_document(payload: bytes) -> ReadDocument:
    """Read one document. Raises CanonicalError with the place and what is wrong there."""
    data = _parsed(payload)
    kind = data.pop(KIND, None)
    shape = _shape(kind)
    if shape is Invoice:
        data[KIND] = kind
    fields = shape.__dataclass_fields__
    supplier = None if SPEAKER in fields else data.pop(SPEAKER, None)
    if supplier is not None and not isinstance(supplier, str):
        raise CanonicalError("Expected `str` - at `$.supplier`")
    document = from_builtins(data, shape)
    for place in _unknown(data, to_builtins(document), "$"):
        raise CanonicalError(f"Object contains a field nobody reads - at `{place}`")
    for place in _without_zone(document, "$"):
        raise CanonicalError(f"A time must state its offset from UTC - at `{place}`")
    return ReadDocument(document, supplier)


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        data = json.loads(payload, parse_float=_refuse_float, parse_constant=_refuse_float)
    except (ValueError, RecursionError) as error:
        if isinstance(error, CanonicalError):
            raise
        raise CanonicalError(f"The body is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise CanonicalError("Expected one document as an `object` - at `$`")
    return data


def _refuse_float(literal: str) -> NoReturn:
    raise CanonicalError(f"The number {literal} must be a string: money and quantities are exact.")


def _shape(kind: object) -> type[Recordable]:
    if kind == InvoiceKind.CREDIT:
        return Invoice
    for known, shape in SHAPES.items():
        if kind == known:
            return shape
    raise CanonicalError(f"The kind {kind!r} is none of: {', '.join(SHAPES)} - at `$.kind`")


def _unknown(sent: Any, read: Any, place: str) -> Iterator[str]:
    """Yield the places of fields that were sent and not read: a misspelt one must not be passed over."""
    if isinstance(sent, Mapping) and isinstance(read, Mapping):
        for name, value in sent.items():
            if name not in read:
                yield f"{place}.{name}"
            else:
                yield from _unknown(value, read[name], f"{place}.{name}")
    elif isinstance(sent, list) and isinstance(read, list | tuple):
        for index, (one, other) in enumerate(zip(sent, read, strict=False)):
            yield from _unknown(one, other, f"{place}[{index}]")


def _without_zone(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, datetime) and value.tzinfo is None:
        yield place
    for name in getattr(value, "__dataclass_fields__", ()):
        yield from _without_zone(getattr(value, name), f"{place}.{name}")
