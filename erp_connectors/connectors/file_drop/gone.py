"""What a complete extract says by silence: orders the ERP has closed, customer orders that are done."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import Demand, DocumentKind, OrderState, PurchaseOrder
from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.companies import Connection
from erp_connectors.connectors.base import RowGroup, RowProblem, Stream
from erp_connectors.connectors.file_drop.reader import FullExtract
from erp_connectors.documents.models import Document

#: Fewer than this many may always be gone, whatever their share.
FEW = 20


def gone(
    connection: Connection, extract: FullExtract, *, file_name: str, most_percent: int
) -> Iterator[RowGroup]:
    """Return a closing revision of every open order, or customer order, the complete extract does not name.

    An extract without a single row, or one that leaves out more than `most_percent` of what was open, closes
    nothing: it is more likely to be broken than true, and a person is told.
    """
    known = _open_numbers(connection, extract.stream)
    missing = sorted(known - extract.keys)
    if not missing:
        return
    if not extract.keys or (len(missing) > FEW and len(missing) * 100 > len(known) * most_percent):
        yield _suspect(extract, file_name, len(missing), len(known))
        return
    documents = tuple(
        document
        for number in missing
        if (document := _closed(connection, extract.stream, number, extract.said_at)) is not None
    )
    if documents:
        yield RowGroup(stream=extract.stream, key="gone", first_row=0, last_row=0, documents=documents)


def _open_numbers(connection: Connection, stream: Stream) -> set[str]:
    if stream is Stream.ORDERS:
        still = connection.orders.filter(state__in=[OrderState.DRAFT, OrderState.RELEASED])
        return set(still.values_list("number", flat=True))
    if stream is Stream.DEMAND:
        return set(connection.demand.values_list("order_number", flat=True))
    return set()


def _closed(
    connection: Connection, stream: Stream, number: str, said_at: datetime
) -> PurchaseOrder | Demand | None:
    """The newest revision with its end said by this extract; None where something newer has been said."""
    kind = DocumentKind.PURCHASE_ORDER if stream is Stream.ORDERS else DocumentKind.DEMAND
    newest = (
        Document.objects.filter(connection=connection, kind=kind, key=number)
        .order_by("-said_at", "-revision", "-control_number")
        .first()
    )
    if newest is None:
        return None
    version = DocumentVersion(newest.said_at, newest.revision, f"{said_at:%Y%m%dT%H%M%SZ}")
    if version.control_number <= newest.control_number or newest.said_at > said_at:
        return None
    if kind is DocumentKind.DEMAND:
        return replace(from_builtins(newest.content, Demand), lines=(), version=version)
    return replace(from_builtins(newest.content, PurchaseOrder), state=OrderState.CLOSED, version=version)


def _suspect(extract: FullExtract, file_name: str, missing: int, known: int) -> RowGroup:
    problem = RowProblem(
        file=file_name,
        row=0,
        column="",
        value=str(missing),
        message=(
            f"The extract should be complete but leaves out {missing} of {known} open documents: none "
            "of them was closed. If they really are gone, raise the setting most_gone_percent."
        ),
    )
    return RowGroup(stream=extract.stream, key="gone", first_row=0, last_row=0, problems=(problem,))
