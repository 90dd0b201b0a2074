"""A small circuit breaker whose state is a `StreamState` row, so that all workers share it and people see it.

Closed: everything passes. Open, after several failures in a row or when the endpoint is down: nothing passes
but one probe every half minute; the first that succeeds closes it.
"""

from datetime import datetime, timedelta

from erp_connectors.connectors.base import EndpointDown
from erp_connectors.errors import ConfigurationError
from erp_connectors.exchange.models import StreamState

FAILURES_TO_OPEN = 5
PROBE_EVERY = timedelta(seconds=30)
LONGEST_NOTE = 2000


def is_open(state: StreamState) -> bool:
    """Say whether the other side counts as down."""
    return state.failures >= FAILURES_TO_OPEN


def record_failure(state: StreamState, error: Exception, *, now: datetime) -> None:
    """Count one more failure in the locked row; an endpoint that is down, or refuses us, opens it at once."""
    state.failures += 1
    if isinstance(error, EndpointDown | ConfigurationError):
        state.failures = max(state.failures, FAILURES_TO_OPEN)
    state.last_error = str(error)[:LONGEST_NOTE]
    state.due_at = now + PROBE_EVERY
    state.save(update_fields=["failures", "last_error", "due_at"])


def record_success(state: StreamState, *, now: datetime, due_at: datetime | None, note: str = "") -> None:
    """Close the breaker in the locked row; it is due next at `due_at`. `note`: what is wrong nevertheless."""
    state.failures = 0
    state.last_error = note[:LONGEST_NOTE]
    state.last_success_at = now
    state.due_at = due_at
    state.save(update_fields=["failures", "last_error", "last_success_at", "due_at"])
