"""As far as could be seen at moments that have passed.

Absence is judged up to the moment, no further than the streams were read to, and not while a stream was known
to be silent.
"""

from datetime import datetime
from functools import cached_property
from typing import Any

from erp_connectors.companies import Connection
from erp_connectors.documents.models import Supplier
from erp_connectors.exchange import health
from erp_connectors.exchange.health import Sight, Silence
from exceptions_app.cases.models import CaseLine, CaseState
from exceptions_app.detection.silence import FEED_SILENT


class Silences:
    """When which streams were silent by our own cases: read once for a whole backtest."""

    def __init__(self) -> None:
        lines = CaseLine.objects.filter(case__type_code=FEED_SILENT).exclude(case__state=CaseState.DISMISSED)
        self._spans = [
            (opened, cleared, (connection, stream), datetime.fromisoformat(since))
            for opened, cleared, connection, stream, since in lines.order_by("pk").values_list(
                "opened_at",
                "cleared_at",
                "case__stream__connection",
                "case__stream__stream",
                "actual__silent_since",
            )
            if since
        ]

    def at(self, moment: datetime) -> Silence:
        """Return which streams were known to be silent at a moment, and since when."""
        return {
            stream: since
            for opened, cleared, stream, since in self._spans
            if opened <= moment and (cleared is None or moment < cleared)
        }

    @cached_property
    def moments(self) -> frozenset[datetime]:
        """When a stream was found silent, or spoke again."""
        ends = (cleared for _, cleared, _, _ in self._spans if cleared is not None)
        return frozenset({*(opened for opened, _, _, _ in self._spans), *ends})


class Sights:
    """Until when was seen what suppliers do: read once for each supplier and each state of the silences."""

    def __init__(self, silences: Silences, now: datetime) -> None:
        self.silences, self.now = silences, now
        self._known: dict[tuple[int, tuple[Any, ...]], Sight] = {}

    def of(self, supplier: Supplier, moment: datetime) -> Sight:
        """Return until when each stream of a supplier would have told us, at a moment."""
        silence = self.silences.at(moment)
        key = (supplier.pk, tuple(sorted(silence.items())))
        if key not in self._known:
            self._known[key] = health.sights_of([supplier], now=self.now, silence=silence)[supplier.pk]
        return _until(self._known[key], moment)

    def on(self, connection: Connection, moment: datetime) -> Sight:
        """Return until when each stream of an ERP would have told us, at a moment."""
        silence = self.silences.at(moment)
        key = (-connection.pk, tuple(sorted(silence.items())))
        if key not in self._known:
            found = health.sights_on([connection], now=self.now, silence=silence)
            self._known[key] = found[connection.pk]
        return _until(self._known[key], moment)


def _until(sight: Sight, moment: datetime) -> Sight:
    return {stream: None if seen is None else min(seen, moment) for stream, seen in sight.items()}
