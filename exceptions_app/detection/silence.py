"""Which streams are known to be silent: what they would have told is not judged as absent meanwhile."""

from datetime import datetime

from erp_connectors.exchange.health import Silence
from exceptions_app.cases.models import ENDED, CaseLine

FEED_SILENT = "feed_silent"


def known_silence() -> Silence:
    """Return since when the streams are silent that have an open case for it, in one query.

    A silence that people know of (`quiet_until`) is one all the same; one they dismissed is none.
    """
    lines = CaseLine.objects.filter(case__type_code=FEED_SILENT, cleared_at=None)
    rows = lines.exclude(case__state__in=ENDED).values_list(
        "case__stream__connection", "case__stream__stream", "actual__silent_since"
    )
    return {(connection, stream): datetime.fromisoformat(since) for connection, stream, since in rows}
