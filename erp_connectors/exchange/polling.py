"""Reads the streams of ERPs that do not tell us by themselves, each when it is due.

A stream's row is its queue, lease and breaker. A connection that fails never keeps the others waiting: each
stream is read on its own, and what goes wrong with it ends in its row.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from erp_connectors import clock
from erp_connectors.companies import Connection
from erp_connectors.connectors.base import Connector, Page, Stream
from erp_connectors.connectors.registry import connector_for, has_connector
from erp_connectors.errors import ConfigurationError
from erp_connectors.exchange import breaker, inbox
from erp_connectors.exchange.answers import record_answer
from erp_connectors.exchange.models import StreamState

LEASE = timedelta(minutes=2)
MOST_PAGES = 50
POLL_EVERY = 60
#: The answers to commands are polled as a stream of this name.
ANSWERS = "answers"
ANSWERS_EVERY = 5
CHANNEL = "poll"

log = logging.getLogger(__name__)


def poll_due(limit: int = 20) -> int:
    """Read the streams that are due, one after the other; return how many. Safe beside itself."""
    for connection in Connection.objects.filter(is_active=True).select_related("company"):
        if has_connector(connection):
            _ensure_rows(connection)
    taken = 0
    while taken < limit and (state := _claim()) is not None:
        _poll(state)
        taken += 1
    return taken


def _ensure_rows(connection: Connection) -> None:
    """Give every stream of the connection its row; with unreadable settings, only the answers have one."""
    wanted = {ANSWERS: ANSWERS_EVERY}
    try:
        wanted |= {stream.value: POLL_EVERY for stream in connector_for(connection).streams()}
    except ConfigurationError as error:
        log.warning("Connection %s cannot be polled: %s", connection.code, error)
    known = set(connection.streams.values_list("stream", flat=True))
    if wanted.keys() <= known:
        return
    now = clock.now()
    StreamState.objects.bulk_create(
        [
            StreamState(connection=connection, stream=name, interval_seconds=seconds, due_at=now)
            for name, seconds in wanted.items()
            if name not in known
        ],
        ignore_conflicts=True,
    )


def _claim() -> StreamState | None:
    """Take the stream that is due longest and that nobody else has."""
    now = clock.now()
    with transaction.atomic():
        state = (
            StreamState.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("connection__company")
            .filter(Q(lease_until=None) | Q(lease_until__lte=now))
            .filter(is_polled=True, due_at__lte=now, connection__is_active=True)
            .order_by("due_at")
            .first()
        )
        if state is not None:
            state.lease_until = now + LEASE
            state.save(update_fields=["lease_until"])
    return state


def _poll(state: StreamState) -> None:
    started = clock.now()
    try:
        connector = connector_for(state.connection)
        if state.stream == ANSWERS:
            _finish(state, started, note=_take_answers(connector, state))
        else:
            _finish(state, started, page=_read(connector, state, started))
    # Whatever one stream stumbles over is its own affair: the next one is read all the same.
    except Exception as error:
        log.warning("%s cannot be read", state, exc_info=error)
        with transaction.atomic():
            current = _still_ours(state)
            if current is not None:
                current.lease_until = None
                current.save(update_fields=["lease_until"])
                breaker.record_failure(current, error, now=clock.now())


def _read(connector: Connector, state: StreamState, started: datetime) -> Page:
    """Bring in page after page, each with its cursor in one transaction.

    Returns a page that says how far the stream has been seen, and whether there is more.
    """
    seen_until: datetime | None = None
    for number in range(MOST_PAGES):
        page = connector.pull(Stream(state.stream), state.cursor, now=started)
        with transaction.atomic():
            for pulled in page.pulled:
                inbox.receive(
                    pulled.payload,
                    connection=state.connection,
                    channel=CHANNEL,
                    file_name=pulled.file_name,
                    content_type=pulled.content_type,
                )
            if page.next_cursor is not None:
                state.cursor = page.next_cursor
                state.save(update_fields=["cursor"])
        if number == 0:
            seen_until = page.seen_until
        if not page.has_more:
            return Page(seen_until=seen_until)
    return Page(seen_until=seen_until, has_more=True)


def _take_answers(connector: Connector, state: StreamState) -> str:
    """Record the answers that lie ready, and return what is wrong with the newest of them.

    What was wrong before stays to be seen until answers come that are in order.
    """
    note = state.last_error if not breaker.is_open(state) else ""
    for answers in connector.answers():
        problems = list(answers.problems)
        for answer in answers.answers:
            problem = record_answer(answer, connection=state.connection)
            if problem:
                problems.append(problem)
        connector.put_away(answers, tuple(problems))
        note = " ".join(problems)
    return note


def _finish(state: StreamState, started: datetime, *, page: Page | None = None, note: str = "") -> None:
    """Say how far the stream has been read and when it is due again; a read that is not complete goes on."""
    with transaction.atomic():
        current = _still_ours(state)
        if current is None:
            return
        goes_on = page is not None and page.has_more
        if page is not None and not goes_on:
            current.watermark = page.seen_until
        current.lease_until = None
        current.save(update_fields=["watermark", "lease_until"])
        due_at = started if goes_on else started + timedelta(seconds=current.interval_seconds)
        breaker.record_success(current, now=clock.now(), due_at=due_at, note=note)


def _still_ours(state: StreamState) -> StreamState | None:
    """Lock the row, unless our lease ran out and somebody else took it."""
    return StreamState.objects.select_for_update().filter(pk=state.pk, lease_until=state.lease_until).first()
