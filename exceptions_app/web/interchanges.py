"""Interchanges as they came in: what was found in them and what became of each transaction."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from erp_connectors.exchange.corrections import is_correctable
from erp_connectors.exchange.models import (
    Correction,
    Interchange,
    InterchangeStatus,
    Transaction,
    TransactionStatus,
)
from exceptions_app.exchange import CORRECT, READ_AGAIN
from exceptions_app.people.models import User
from exceptions_app.people.permissions import may_in_company
from exceptions_app.web.access import Permission, companies_open, permitted, person_of
from exceptions_app.web.addresses import address, older_url, state_tabs, without_empty
from exceptions_app.web.document_view import CHANNELS, verdict_chip
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.labels import Chip
from exceptions_app.web.pages import now_of, show
from exceptions_app.web.raw import read_raw
from exceptions_app.web.sent import number_in

MOST_TROUBLED = 50
#: So many bytes are shown before a transaction that is marked.
BEFORE_MARK = 200
STATUSES: dict[str, Chip] = {
    InterchangeStatus.RECEIVED: Chip(_("Received"), "cyan"),
    InterchangeStatus.PROCESSED: Chip(_("Processed"), "good"),
    InterchangeStatus.PARTLY: Chip(_("Processed in part"), "warn"),
    InterchangeStatus.QUARANTINED: Chip(_("Quarantined"), "crit"),
    InterchangeStatus.DUPLICATE: Chip(_("Duplicate")),
    InterchangeStatus.CORRECTED: Chip(_("Corrected by hand"), "good"),
}
TRANSACTION_STATUSES: dict[str, Chip] = {
    TransactionStatus.APPLIED: Chip(_("Applied"), "good"),
    TransactionStatus.DUPLICATE: Chip(_("Duplicate")),
    TransactionStatus.REJECTED: Chip(_("Rejected"), "crit"),
    TransactionStatus.QUARANTINED: Chip(_("Quarantined"), "crit"),
    TransactionStatus.NOT_MAPPED: Chip(_("Not mapped")),
    TransactionStatus.TEST: Chip(_("Test, not applied")),
    TransactionStatus.IGNORED: Chip(_("Ignored")),
    TransactionStatus.CORRECTED: Chip(_("Corrected by hand"), "good"),
}
TROUBLED = (InterchangeStatus.QUARANTINED, InterchangeStatus.PARTLY)


@permitted(Permission.EXCHANGE)
@require_safe
def interchange_list(request: HttpRequest) -> HttpResponse:
    """Show interchanges: on the first page those in trouble, then all of them, newest first."""
    query = without_empty(request.GET)
    path, visible = reverse("web:interchanges"), visible_interchanges(request)
    chosen = query.get("status", "")
    found = visible.filter(status=chosen) if chosen in STATUSES else visible
    older = query.get("older", "")
    page = newest_first(found, {"after": older}, field="received_at")
    troubled = visible.filter(status__in=TROUBLED).order_by("-received_at", "-pk")[:MOST_TROUBLED]
    context = {
        "now": now_of(request),
        "here": address(path, query),
        "tabs": state_tabs(path, query, name="status", states=STATUSES, everything=_("All")),
        "troubled": [] if chosen or older else [_row(row) for row in troubled],
        "rows": [_row(row) for row in page.rows],
        "older_url": older_url(path, query, page),
    }
    return show(request, "interchanges/list.html", context, current="interchanges", fragment="list")


@permitted(Permission.EXCHANGE)
@require_safe
def interchange(request: HttpRequest, interchange_id: UUID) -> HttpResponse:
    """Show one interchange: its envelope, findings, transactions, and its bytes with their offsets."""
    found = get_object_or_404(visible_interchanges(request), pk=interchange_id)
    transactions = list(found.transactions.prefetch_related("documents__orders").defer("reading"))
    start = number_in(request.GET.get("from", "")) or 0
    mark = request.GET.get("mark", "")
    marked = next((each for each in transactions if str(each.position) == mark), None)
    raw = read_raw(
        found,
        start=start,
        mark_from=marked.offset_from if marked else 0,
        mark_to=marked.offset_to if marked else 0,
    )
    path = reverse("web:interchange", args=[found.pk])
    correction = Correction.objects.filter(corrected=found).first()
    context = {
        "now": now_of(request),
        "row": _row(found),
        "interchange": found,
        "envelope": _envelope(found),
        "findings": found.findings,
        "transactions": [_transaction(each, path, is_marked=each is marked) for each in transactions],
        "acknowledgements": list(found.acknowledgements.defer("payload").order_by("-created_at")),
        "corrections": list(found.corrections.order_by("-made_at")),
        "correction": correction,
        "diff": diff_lines(correction.diff) if correction else [],
        **_what_one_may_do(found, person_of(request)),
        "raw": raw,
        "next_url": f"{path}?from={raw.next_offset}#raw" if raw.next_offset else "",
        "first_url": f"{path}#raw" if raw.start else "",
    }
    return show(request, "interchanges/page.html", context, current="interchanges", fragment="interchange")


def _envelope(found: Interchange) -> list[tuple[str, Any]]:
    """Return what the envelope says, by its names in words."""
    return [
        (name.replace("_", " ").capitalize(), value)
        for name, value in found.envelope.items()
        if value not in (None, "", [], {})
    ]


def _transaction(row: Transaction, path: str, *, is_marked: bool) -> dict[str, Any]:
    """Return a transaction with the way to its bytes, which are marked there."""
    return {
        "row": row,
        "verdict": verdict_chip(row.verdict),
        "status": TRANSACTION_STATUSES[row.status],
        "url": f"{path}?mark={row.position}&from={max(0, row.offset_from - BEFORE_MARK)}#raw",
        "documents": list(row.documents.all()),
        "is_marked": is_marked,
    }


def _what_one_may_do(found: Interchange, person: User) -> dict[str, bool]:
    """Say whether the person may have it read again, and may correct it."""
    company = found.connection.company
    was_read = found.status not in (InterchangeStatus.RECEIVED, InterchangeStatus.CORRECTED)
    return {
        "may_read_again": may_in_company(person, READ_AGAIN, company) and was_read,
        "may_correct": may_in_company(person, CORRECT, company) and is_correctable(found),
    }


def visible_interchanges(request: HttpRequest) -> QuerySet[Interchange]:
    """Return the interchanges of the companies whose exchange the person may see, without their bytes."""
    companies = companies_open(person_of(request), "view_exchange")
    return (
        Interchange.objects.filter(connection__company__in=companies)
        .select_related("connection__company")
        .defer("payload")
    )


def _row(row: Interchange) -> dict[str, object]:
    return {
        "row": row,
        "status": STATUSES[row.status],
        "channel": CHANNELS.get(row.channel, row.channel),
        "first_finding": row.findings[0] if row.findings else None,
        "name": row.file_name or str(row.pk)[:13],
    }


def diff_lines(diff: str) -> list[dict[str, str]]:
    """Return the lines of a unified diff, each with what it is: `gone`, `new`, `place` or nothing."""
    kinds = {"-": "gone", "+": "new", "@": "place"}
    lines = diff.split("\n")[2:] if diff else []
    return [{"text": line, "kind": kinds.get(line[:1], "")} for line in lines]
