"""Hands files to the inbox exactly as a channel would."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from erp_connectors.companies import Connection, ConnectionKind
from erp_connectors.documents.models import Document, DocumentHead, PurchaseOrder
from erp_connectors.edi import DecodedInterchange, PartnerRules, decode
from erp_connectors.edi.envelope import EnvelopeIds
from erp_connectors.edi.rules import DEFAULT_RULES
from erp_connectors.errors import RightlineError
from erp_connectors.exchange import inbox, processing
from erp_connectors.exchange.inbox import EDI_BEGINS
from erp_connectors.exchange.models import Interchange, InterchangeStatus, PartnerProfile, Transaction
from erp_connectors.exchange.reporters import Reported, reported

LONGEST_WAIT = 600.0
LOOK_EVERY = 0.1


class Command(BaseCommand):
    """Hands files to the inbox; with --wait also processes them and says what became of each transaction."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the files and options."""
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--connection", metavar="CODE", help="Default: the one the file can only be for.")
        parser.add_argument("--wait", action="store_true", help="Process the files and report on them.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object for each file.")

    def handle(self, **options: Any) -> None:
        """Receive every file in turn; the first that cannot be taken ends the command with a sentence."""
        for path in options["files"]:
            report = _receive(path, options["connection"], wait=options["wait"])
            self.stdout.write(json.dumps(report) if options["json"] else _as_text(report))


def _receive(path: Path, code: str | None, *, wait: bool) -> dict[str, Any]:
    try:
        payload = path.read_bytes()
        connection = _connection(code, payload, path.name)
        received = inbox.receive(payload, connection=connection, channel="command", file_name=path.name)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except RightlineError as error:
        raise CommandError(f"{path}: {error}") from error
    if wait:
        _process(received.interchange)
    return _report(path, received.interchange, is_new=received.is_new)


def _connection(code: str | None, payload: bytes, name: str) -> Connection:
    """Return the named connection, else the only one the file can be for."""
    active = Connection.objects.filter(is_active=True).select_related("company")
    if code is not None:
        named = active.filter(code=code).first()
        if named is None:
            raise CommandError(f"There is no active connection {code!r}.")
        return named
    beginning = payload[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if beginning.startswith(EDI_BEGINS):
        fitting = _of_partner(payload) or list(active.filter(kind=ConnectionKind.EDI))
    else:
        fitting = list(active.exclude(kind=ConnectionKind.EDI))
    if len(fitting) != 1:
        codes = ", ".join(connection.code for connection in fitting or active)
        raise CommandError(f"Say with --connection which of these {name} is for: {codes}.")
    return fitting[0]


def _of_partner(payload: bytes) -> list[Connection]:
    """Return the connections that know the partner of the first interchange."""
    asked: list[EnvelopeIds] = []

    def remember(ids: EnvelopeIds) -> PartnerRules:
        asked.append(ids)
        return DEFAULT_RULES

    for decoded in decode(payload, remember):
        if asked or isinstance(decoded, DecodedInterchange):
            break
    profiles = PartnerProfile.objects.filter(connection__is_active=True).select_related("connection__company")
    return [
        profile.connection
        for ids in asked[:1]
        for profile in profiles.filter(
            their_qualifier=ids.sender_qualifier.strip(),
            their_id=ids.sender.strip(),
            our_qualifier=ids.receiver_qualifier.strip(),
            our_id=ids.receiver.strip(),
        )
    ]


def _process(interchange: Interchange) -> None:
    """Process the interchange, or wait for the worker who was quicker."""
    stop_at = time.monotonic() + LONGEST_WAIT
    while interchange.status == InterchangeStatus.RECEIVED:
        if time.monotonic() > stop_at:
            raise CommandError(f"{interchange} is still not processed: {interchange.last_error}")
        processing.process_interchange(interchange.pk)
        interchange.refresh_from_db(fields=["status", "verdict", "findings", "last_error"])
        if interchange.status == InterchangeStatus.RECEIVED:
            time.sleep(LOOK_EVERY)


# --- what became of it --------------------------------------------------------------------------------


def _report(path: Path, interchange: Interchange, *, is_new: bool) -> dict[str, Any]:
    rows = interchange.transactions.prefetch_related("documents__orders")
    return {
        "file": str(path),
        "interchange": str(interchange.pk),
        "connection": interchange.connection.code,
        "new": is_new,
        "status": interchange.status,
        "verdict": interchange.verdict,
        "findings": [finding.get("text", "") for finding in interchange.findings],
        "transactions": [_transaction(row) for row in rows],
    }


def _transaction(row: Transaction) -> dict[str, Any]:
    documents = list(row.documents.all())
    numbers = {reference.order_number for one in documents for reference in one.orders.all()}
    connections = {document.connection_id for document in documents}
    orders = list(
        PurchaseOrder.objects.filter(connection__in=connections, number__in=numbers).values_list(
            "pk", flat=True
        )
    )
    return {
        "kind": row.kind,
        "control_number": row.control_number,
        "verdict": row.verdict,
        "status": row.status,
        "reasons": [finding.get("text", "") for finding in row.findings],
        "documents": [f"{document.kind} {document.key}" for document in documents],
        "orders": sorted(numbers),
        **reported(Reported(orders=orders, heads=_heads(documents), interchange=row.interchange_id)),
    }


def _heads(documents: Iterable[Document]) -> list[int]:
    """Return the heads of documents: one for all revisions of each."""
    groups = {(each.connection_id, *each.group) for each in documents}
    heads = DocumentHead.objects.filter(
        connection__in={connection for connection, *_ in groups}, key__in={group[2] for group in groups}
    )
    return [head.pk for head in heads if (head.connection_id, *head.group) in groups]


def _as_text(report: dict[str, Any]) -> str:
    again = "" if report["new"] else " (received before)"
    status = " ".join(filter(None, [report["status"], report["verdict"]]))
    lines = [f"{report['file']}: interchange {report['interchange']}{again}: {status}"]
    lines += [f"  {text}" for text in report["findings"]]
    for row in report["transactions"]:
        words = {
            name: value
            for name, value in row.items()
            if isinstance(value, list) and name != "reasons" and value
        }
        told = "".join(f"; {name}: {', '.join(value)}" for name, value in words.items())
        number = f" {row['control_number']}" if row["control_number"] else ""
        lines.append(f"  {row['kind']}{number}: {row['verdict']}, {row['status']}{told}")
        lines += [f"    {text}" for text in row["reasons"]]
    return "\n".join(lines)
