"""Until when we can see: the watermark of every stream.

The watermark of a polled stream is the start of its last complete read, of a pushed one now while its
endpoint is healthy; never later than its oldest message that is not processed yet, nor than the silence of a
stream that should have spoken. Absence is judged only up to it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db.models import Min, Q

from erp_connectors.companies import Connection, ConnectionKind
from erp_connectors.connectors.base import Stream
from erp_connectors.documents.models import Supplier
from erp_connectors.exchange.models import Interchange, InterchangeStatus, PartnerProfile, StreamState

#: What a trading partner tells by EDI; everything else is told by its ERP.
BY_EDI = frozenset({Stream.CONFIRMATIONS, Stream.SHIP_NOTICES})

#: Until when each stream would have told us; None: never, so we are blind.
Sight = dict[str, datetime | None]
#: Since when streams are known to say nothing although they should, by connection and stream.
Silence = Mapping[tuple[int, str], datetime]
NO_SILENCE: Silence = MappingProxyType({})


def watermark(connection: Connection, stream: str, *, now: datetime) -> datetime | None:
    """Return until when `stream` of `connection` would have told us; None where it has never been read."""
    return _Watermarks([connection], now).of(connection, stream)


def sights_of(
    suppliers: Iterable[Supplier], *, now: datetime, silence: Silence = NO_SILENCE
) -> dict[int, Sight]:
    """Return the sight on each supplier, by its primary key, in a fixed number of queries.

    A supplier with a trading partner confirms and announces by that EDI connection, any other by the files of
    its ERP. What is in `silence` would have told us nothing since.
    """
    wanted = list(suppliers)
    profiles = PartnerProfile.objects.filter(supplier__in=wanted, is_test=False).select_related("connection")
    mailboxes: dict[int, list[Connection]] = defaultdict(list)
    for profile in profiles:
        mailboxes[profile.supplier_id].append(profile.connection)
    connections = {one.pk: one for some in mailboxes.values() for one in some}
    erps = Connection.objects.in_bulk({supplier.connection_id for supplier in wanted})
    marks = _Watermarks([*connections.values(), *erps.values()], now, silence)
    return {
        supplier.pk: {
            stream.value: _earliest(
                marks.of(connection, stream)
                for connection in (
                    (mailboxes.get(supplier.pk) if stream in BY_EDI else None)
                    or [erps[supplier.connection_id]]
                )
            )
            for stream in Stream
        }
        for supplier in wanted
    }


def sights_on(
    connections: Iterable[Connection], *, now: datetime, silence: Silence = NO_SILENCE
) -> dict[int, Sight]:
    """Return until when every stream of each connection would have told us, by its primary key."""
    wanted = list(connections)
    marks = _Watermarks(wanted, now, silence)
    return {
        connection.pk: {stream.value: marks.of(connection, stream) for stream in Stream}
        for connection in wanted
    }


class _Watermarks:
    """The streams of some connections, and their oldest unprocessed messages, in two queries."""

    def __init__(
        self, connections: Iterable[Connection], now: datetime, silence: Silence = NO_SILENCE
    ) -> None:
        self.now = now
        self.silence = silence
        known = {connection.pk for connection in connections}
        self.states = {
            (state.connection_id, state.stream): state
            for state in StreamState.objects.filter(connection__in=known)
        }
        waiting = Interchange.objects.filter(
            connection__in=known, status=InterchangeStatus.RECEIVED, due_at__isnull=False
        )
        oldest = {stream.value: Min("received_at", filter=_tells(stream)) for stream in Stream}
        self.oldest: dict[int, dict[str, Any]] = {
            row["connection"]: dict(row) for row in waiting.values("connection").annotate(**oldest).order_by()
        }

    def of(self, connection: Connection, stream: str) -> datetime | None:
        mark = self._read_until(connection, stream)
        oldest: datetime | None = self.oldest.get(connection.pk, {}).get(stream)
        silent_since = self.silence.get((connection.pk, stream))
        if mark is None:
            return None
        return min(moment for moment in (mark, oldest, silent_since) if moment is not None)

    def _read_until(self, connection: Connection, stream: str) -> datetime | None:
        state = self.states.get((connection.pk, stream))
        if state is not None and (state.is_polled or state.failures or not connection.is_active):
            return state.watermark if state.is_polled else state.last_success_at
        is_pushed = state is not None or (connection.kind == ConnectionKind.EDI and stream in BY_EDI)
        return self.now if is_pushed and connection.is_active else None


def _tells(stream: Stream) -> Q:
    """Say which messages may tell of the stream: files of rows by their name, all others always."""
    is_file = Q(connection__kind=ConnectionKind.FILE_DROP) & ~Q(file_name="")
    return ~is_file | Q(file_name__istartswith=stream.value)


def _earliest(marks: Iterable[datetime | None]) -> datetime | None:
    known = list(marks)
    return None if None in known else min(mark for mark in known if mark is not None)
