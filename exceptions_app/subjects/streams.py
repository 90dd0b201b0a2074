"""The streams of messages by which partners and ERPs speak to us."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from django.db import connection as database

from erp_connectors.exchange.models import StreamState
from exceptions_app.cases.about import About
from exceptions_app.detection.streams import MOST_PAUSES, StreamSnapshot
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies import lookup
from exceptions_app.policies.lookup import LineScope, Policies
from exceptions_app.subjects.subject import Loaded, Subject, World, world_of

# Files of rows tell of one stream by their name, everything else of all streams of its connection.
SPOKE = """
    SELECT state.id, spoke.received_at
    FROM erp_connectors_streamstate AS state
    JOIN erp_connectors_connection AS line ON line.id = state.connection_id
    CROSS JOIN LATERAL (
        SELECT interchange.received_at FROM erp_connectors_interchange AS interchange
        WHERE interchange.connection_id = state.connection_id
            AND (line.kind = 'edi' OR interchange.file_name = ''
                OR starts_with(lower(interchange.file_name), state.stream))
        ORDER BY interchange.received_at DESC LIMIT %(most)s
    ) AS spoke
    WHERE state.id = ANY(%(ids)s) ORDER BY state.id, spoke.received_at
"""


class Streams(Subject):
    """A stream is judged by when it spoke and was read; time alone has it looked at again."""

    kind = SubjectKind.STREAM

    def load(self, ids: Collection[int], as_of: datetime) -> World:
        """Return the streams of active connections, in a number of queries that does not grow."""
        rows = list(
            StreamState.objects.filter(pk__in=ids, connection__is_active=True).select_related(
                "connection__company"
            )
        )
        policies = lookup.load({row.connection.company_id for row in rows}, as_of)
        spoke = _spoke([row.pk for row in rows])
        return world_of(
            policies, {row.pk: partial(_loaded, row, tuple(spoke[row.pk]), policies) for row in rows}
        )

    def queue_up_for(self, ids: Collection[int]) -> None:
        """Lock nothing: a stream is read in short steps, and looked at again soon."""


def _spoke(ids: Collection[int]) -> dict[int, list[datetime]]:
    spoke: dict[int, list[datetime]] = defaultdict(list)
    with database.cursor() as cursor:
        cursor.execute(SPOKE, {"ids": list(ids), "most": MOST_PAUSES + 1})
        for state, received_at in cursor.fetchall():
            spoke[state].append(received_at)
    return spoke


def _loaded(row: StreamState, spoke: tuple[datetime, ...], policies: Policies) -> Loaded:
    company = row.connection.company
    minutes = dict(row.connection.settings.get("expect_every") or {}).get(row.stream)
    return Loaded(
        about=About(
            kind=SubjectKind.STREAM,
            id=row.pk,
            company=company,
            connection=row.connection.code,
            stream=row,
            message_kind=row.stream,
        ),
        snapshot=StreamSnapshot(
            company=company.code,
            calendar=policies.of(company.pk).calendar,
            tolerances=policies.tolerances(LineScope(company_id=company.pk)),
            fingerprint=f"{row.connection.code} {row.stream}",
            key=row.stream,
            stream=row.stream,
            connection=row.connection.code,
            spoke=spoke,
            every=timedelta(minutes=minutes) if minutes else None,
            read_every=timedelta(seconds=row.interval_seconds) if row.failures else None,
            read_at=row.last_success_at,
            last_error=row.last_error,
        ),
    )
