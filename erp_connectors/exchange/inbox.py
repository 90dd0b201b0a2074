"""The way in for everything: bytes are stored as they came and acknowledged at once; a worker does the rest.

Accepted means committed here. Every accepted interchange ends processed, or quarantined with a reason.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.db import connection as database
from django.db import transaction

from erp_connectors import clock
from erp_connectors.canonical.documents import Confirmation
from erp_connectors.companies import Connection, ConnectionKind
from erp_connectors.documents.identity import Recordable, content_of
from erp_connectors.errors import PermanentError
from erp_connectors.exchange import canonical_json, reports
from erp_connectors.exchange.models import (
    Interchange,
    InterchangeStatus,
    OutgoingFile,
    OutgoingStatus,
    TransactionStatus,
)
from erp_connectors.exchange.waking import wake

LARGEST = 50 * 1024 * 1024
LARGEST_JSON = 2 * 1024 * 1024
WAKE = "erp_connectors.tasks.process_inbound"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
#: By how an EDI file begins, whatever else is said about it; blanks and a byte-order mark may stand before.
EDI_BEGINS = (b"ISA", b"UNA", b"UNB")
FORMAT_OF_TYPE = {"application/json": "json", "text/csv": "table"}


class Format(StrEnum):
    """How the bytes are read."""

    EDI = "edi"
    JSON = "json"
    TABLE = "table"


class NotAcceptable(PermanentError):
    """The bytes cannot even be stored: nothing, or more than is ever read."""


@dataclass(frozen=True, slots=True)
class Received:
    """The interchange that holds the bytes; `is_new` is false where the same ones came before."""

    interchange: Interchange
    is_new: bool


def receive(
    payload: bytes,
    *,
    connection: Connection,
    channel: str,
    file_name: str = "",
    content_type: str = "",
    received_at: datetime | None = None,
    entered_by: str = "",
) -> Received:
    """Store received bytes and have them processed; raises NotAcceptable for none or too many.

    `entered_by`: the user name of the person who entered them or handed them over, where it was one.

    EDI that came before on this connection byte for byte is that interchange again: it has no second effect,
    is acknowledged again, and is read again only where it was quarantined: the reason may be gone by now.
    """
    form = format_of(payload, content_type=content_type, connection=connection)
    _check_size(payload, LARGEST_JSON if form is Format.JSON else LARGEST)
    now = clock.now()
    with transaction.atomic():
        sha256 = hashlib.sha256(payload).hexdigest()
        if form is Format.EDI:
            before = _same_bytes(connection, sha256)
            if before is not None:
                _answer_again(before, now)
                return Received(before, is_new=False)
        interchange = Interchange.objects.create(
            connection=connection,
            channel=channel,
            entered_by=entered_by,
            file_name=file_name.replace("\0", "")[-255:],
            content_type=content_type[:100],
            payload=payload,
            sha256=sha256,
            size=len(payload),
            received_at=received_at or now,
            due_at=now,
        )
        wake(WAKE)
    return Received(interchange, is_new=True)


def receive_document(document: Recordable, *, connection: Connection, channel: str, by: str) -> Received:
    """Take one canonical document that a person (or the portal) gives, as an interchange like any other.

    `connection` is that of the ERP whose order it is about. A confirmation is said on the supplier's behalf
    by the person `by`. Raises UnstorableDocument.
    """
    if isinstance(document, Confirmation):
        document = replace(document, on_behalf_by=by)
    content_of(document)
    payload = canonical_json.write_document(document)
    return receive(payload, connection=connection, channel=channel, content_type="application/json")


def check_document(payload: bytes) -> None:
    """Raise CanonicalError or UnstorableDocument unless the JSON is one document that can be kept."""
    content_of(canonical_json.read_document(payload).document)


def format_of(payload: bytes, *, content_type: str, connection: Connection) -> Format:
    """Return how the bytes are to be read: by their type, else by their beginning, else by the connection."""
    if content_type in FORMAT_OF_TYPE:
        return Format(FORMAT_OF_TYPE[content_type])
    beginning = payload[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if connection.kind == ConnectionKind.EDI or beginning.startswith(EDI_BEGINS):
        return Format.EDI
    return Format.TABLE


def _check_size(payload: bytes, largest: int) -> None:
    if not payload:
        raise NotAcceptable("Nothing was sent: the file is empty.")
    if len(payload) > largest:
        raise NotAcceptable(f"{len(payload)} bytes were sent; no more than {largest} are taken. Send parts.")


def _same_bytes(connection: Connection, sha256: str) -> Interchange | None:
    """Return the interchange with these bytes; whoever sends the same at this moment waits here."""
    with database.cursor() as cursor:
        cursor.execute(LOCK, [f"interchange {connection.pk} {sha256}"])
    same = Interchange.objects.filter(connection=connection, sha256=sha256)
    return same.order_by("received_at", "id").first()


def _answer_again(interchange: Interchange, now: datetime) -> None:
    sent = OutgoingFile.objects.filter(interchange=interchange, status=OutgoingStatus.SENT).exclude(
        kind=reports.KIND
    )
    sent.update(status=OutgoingStatus.WAITING, due_at=now, attempts=0)
    if interchange.status == InterchangeStatus.QUARANTINED:
        read_again(interchange, now=now)


def read_again(interchange: Interchange, *, now: datetime) -> None:
    """Have an interchange that is through read again: what was recorded stays, all else is tried again."""
    with transaction.atomic():
        row = Interchange.objects.select_for_update().defer("payload").get(pk=interchange.pk)
        if row.status != InterchangeStatus.RECEIVED:
            row.transactions.exclude(
                status__in=[TransactionStatus.APPLIED, TransactionStatus.DUPLICATE]
            ).delete()
            row.status, row.due_at, row.attempts = InterchangeStatus.RECEIVED, now, 0
            row.save(update_fields=["status", "due_at", "attempts"])
            wake(WAKE)
    interchange.refresh_from_db()
