"""How the lines to the outside are: what was read until when, what waits, and the last error in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from erp_connectors.companies import Connection, ConnectionKind
from erp_connectors.exchange import health as exchange_health
from erp_connectors.exchange.models import (
    Command,
    CommandState,
    Interchange,
    InterchangeStatus,
    OutgoingFile,
    OutgoingStatus,
    StreamState,
)
from exceptions_app.web import formats
from exceptions_app.web.access import Permission, companies_open, permitted, person_of
from exceptions_app.web.blind import blind_spots
from exceptions_app.web.labels import Chip
from exceptions_app.web.pages import now_of, show

#: A polled stream that missed this many of its intervals lags.
MISSED_INTERVALS = 3
#: A pushed stream lags when its oldest message has waited this long.
PATIENCE = timedelta(minutes=5)
RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamView:
    """One stream: how far it is read, and what went wrong last."""

    name: str
    read_until: datetime | None
    last_success_at: datetime | None
    chip: Chip
    failures: int
    last_error: str


@permitted(Permission.EXCHANGE)
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Show every connection of the companies whose exchange this person may see."""
    now = now_of(request)
    companies = companies_open(person_of(request), "view_exchange")
    connections = list(
        Connection.objects.filter(company__in=companies)
        .select_related("company")
        .order_by("company__name", "name")
    )
    streams = _streams(connections, now)
    inbound = _inbound(connections, now)
    commands, outgoing = _commands(connections), _outgoing(connections)
    context = {
        "now": now,
        "days": RECENT.days,
        "blind": [spot for company in companies for spot in blind_spots(company, now=now)],
        "connections": [
            {
                "row": connection,
                "icon": "cable" if connection.kind == ConnectionKind.EDI else "database",
                "chip": _chip(connection, streams.get(connection.pk, []), inbound.get(connection.pk, {})),
                "streams": streams.get(connection.pk, []),
                "inbound": inbound.get(connection.pk, {}),
                "commands": commands.get(connection.pk, {}),
                "outgoing": outgoing.get(connection.pk, {}),
            }
            for connection in connections
        ],
    }
    return show(request, "connections/page.html", context, current="connections", fragment="connections")


# --- figures of all connections -----------------------------------------------------------------------------


def _streams(connections: list[Connection], now: datetime) -> dict[int, list[StreamView]]:
    """Return the streams of each connection; those of a mailbox are pushed to us and may have no row."""
    streams: dict[int, list[StreamView]] = {}
    for stream in StreamState.objects.filter(connection__in=connections).order_by("stream"):
        streams.setdefault(stream.connection_id, []).append(_stream(stream, now))
    for connection in connections:
        if connection.kind == ConnectionKind.EDI and connection.pk not in streams:
            streams[connection.pk] = [
                _pushed(connection, name, now) for name in sorted(exchange_health.BY_EDI)
            ]
    return streams


def _inbound(connections: list[Connection], now: datetime) -> dict[int, dict[str, Any]]:
    troubled = (InterchangeStatus.QUARANTINED, InterchangeStatus.PARTLY)
    return _by_connection(
        Interchange.objects.filter(connection__in=connections, received_at__gte=now - RECENT)
        .values("connection")
        .annotate(
            received=Count("pk"),
            waiting=Count("pk", filter=Q(status=InterchangeStatus.RECEIVED)),
            oldest_waiting=Min("received_at", filter=Q(status=InterchangeStatus.RECEIVED)),
            quarantined=Count("pk", filter=Q(status__in=troubled)),
        )
    )


def _commands(connections: list[Connection]) -> dict[int, dict[str, Any]]:
    return _by_connection(
        Command.objects.filter(connection__in=connections)
        .exclude(state__in=(CommandState.DONE, CommandState.WITHDRAWN))
        .values("connection")
        .annotate(
            waiting=Count("pk", filter=Q(state__in=(CommandState.WAITING, CommandState.SENDING))),
            unclear=Count("pk", filter=Q(state__in=(CommandState.UNKNOWN, CommandState.CONFLICT))),
        )
    )


def _outgoing(connections: list[Connection]) -> dict[int, dict[str, Any]]:
    return _by_connection(
        OutgoingFile.objects.filter(connection__in=connections, status=OutgoingStatus.DEAD)
        .values("connection")
        .annotate(dead=Count("pk"))
    )


def _by_connection(rows: Any) -> dict[int, dict[str, Any]]:
    return {row["connection"]: row for row in rows}


# --- one stream, one connection -----------------------------------------------------------------------------


def _pushed(connection: Connection, name: str, now: datetime) -> StreamView:
    """Return a stream that partners push to us: it reaches as far as what they sent is processed."""
    until = exchange_health.watermark(connection, name, now=now)
    if until is None:
        chip = Chip(gettext("Not listening"), "warn")
    elif now - until > PATIENCE:
        chip = Chip(gettext("Lags"), "warn")
    else:
        chip = Chip(gettext("Current"), "good")
    return StreamView(
        name=str(STREAMS.get(name, name)),
        read_until=until,
        last_success_at=None,
        chip=chip,
        failures=0,
        last_error="",
    )


def _stream(stream: StreamState, now: datetime) -> StreamView:
    patience = timedelta(seconds=stream.interval_seconds * MISSED_INTERVALS)
    read_until = stream.watermark or stream.last_success_at
    if stream.failures:
        chip = Chip(gettext("Failing"), "crit")
    elif not stream.is_polled:
        chip = Chip(gettext("Pushed to us"), "good")
    elif read_until is None:
        chip = Chip(gettext("Never read"), "warn")
    elif now - read_until > patience:
        chip = Chip(gettext("Lags"), "warn")
    else:
        chip = Chip(gettext("Current"), "good")
    return StreamView(
        name=str(STREAMS.get(stream.stream, stream.stream)),
        read_until=read_until,
        last_success_at=stream.last_success_at,
        chip=chip,
        failures=stream.failures,
        last_error=stream.last_error,
    )


STREAMS = {
    "orders": _("Orders"),
    "confirmations": _("Confirmations"),
    "ship_notices": _("Ship notices"),
    "receipts": _("Receipts"),
    "invoices": _("Invoices"),
    "stock": _("Stock"),
    "demand": _("Customer orders"),
    "suppliers": _("Suppliers"),
    "items": _("Items"),
    "answers": _("Answers to our commands"),
}


def _chip(connection: Connection, streams: list[StreamView], inbound: dict[str, Any]) -> Chip:
    """Return how the connection is as a whole: as its worst stream, or what waits for a person."""
    if not connection.is_active:
        return Chip(gettext("Switched off"))
    for tone in ("crit", "warn"):
        worst = next((stream.chip for stream in streams if stream.chip.tone == tone), None)
        if worst is not None:
            return worst
    if inbound.get("quarantined"):
        words = formats.number(inbound["quarantined"])
        return Chip(gettext("%(n)s in quarantine") % {"n": words}, "warn")
    return Chip(gettext("Healthy"), "good")
