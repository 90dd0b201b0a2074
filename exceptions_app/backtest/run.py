"""A backtest from end to end: what is reached, judged again in batches, compared. Writes nothing.

Subjects come in the order of their primary keys, a batch at a time, and only differences are kept.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from erp_connectors import clock
from erp_connectors.errors import RightlineError
from exceptions_app.backtest.compare import Comparer, Difference
from exceptions_app.backtest.history import Sights, Silences, pasts_of
from exceptions_app.backtest.reach import Reach
from exceptions_app.backtest.replay import Replay
from exceptions_app.backtest.rules import (
    KINDS,
    TIMING,
    UNPLAYED,
    WEIGHING,
    Changed,
    changed_rows,
    holding_already,
)
from exceptions_app.backtest.weighing import Scales
from exceptions_app.cases.models import Case
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies import rows
from exceptions_app.policies.rows import Change, Rows

BATCH = 100
#: Of each reason why something was not judged, so many are named.
NAMED = 20


@dataclass(slots=True)
class Counts:
    """How much was judged, how it stands to what happened, and what could not be judged, by reason."""

    subjects: Counter[str] = field(default_factory=Counter)
    looks: int = 0
    replayed: int = 0
    happened: int = 0
    found_again: int = 0
    unjudged: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, reason: str, example: str) -> None:
        """Count one that was not judged, and name it where few are named yet."""
        self.unjudged[reason] += 1
        if len(self.examples[reason]) < NAMED:
            self.examples[reason].append(example)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when history is judged again."""

    since: datetime
    until: datetime


class Run:
    """One run; `differences` may be walked through once, `counts` are complete when that is done."""

    def __init__(self, live: Rows, tried: Rows, span: Span, *, narrows: bool = True) -> None:
        self.span = span
        self.live = live
        self.changed: Sequence[Changed] = changed_rows(live, tried)
        self.tried = holding_already(tried, self.changed, span.since)
        self.reach = Reach(self.changed, span.since, span.until, narrows=narrows)
        self.counts = Counts()
        tables = {each.table for each in self.changed}
        self.comparer = Comparer(
            live=self.live,
            tried=self.tried,
            since=span.since,
            until=span.until,
            weighs=bool(tables & WEIGHING),
            times=bool(tables & TIMING),
            scales=Scales(),
        )
        for each in self.changed:
            if each.table in UNPLAYED:
                self.counts.note("unplayed", str(each.row))

    @classmethod
    def of(cls, changes: Sequence[Change], span: Span) -> "Run":
        """Return the run of changes against the rules as they are now. Raises ValidationError."""
        live = rows.current()
        return cls(live, rows.laid_over(live, changes), span)

    def subjects(self) -> dict[SubjectKind, list[int]]:
        """Return the primary keys of what is to be judged again, by kind."""
        return {
            kind: list(
                self.reach.orders().values_list("pk", flat=True)
                if kind is SubjectKind.ORDER
                else self.reach.heads(kind).values_list("pk", flat=True)
            )
            for kind in KINDS
        }

    def differences(
        self, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> Iterator[Difference]:
        """Yield every case that would be otherwise.

        `progress` is told how many subjects are done, of how many; what it raises ends the run.
        """
        wanted = self.subjects()
        total, done = sum(map(len, wanted.values())), 0
        silences = Silences()
        progress(done, total)
        for kind, ids in wanted.items():
            for start in range(0, len(ids), BATCH):
                batch = ids[start : start + BATCH]
                sights = Sights(silences, clock.now())
                yield from self._batch(kind, batch, sights)
                done += len(batch)
                progress(done, total)

    def _batch(self, kind: SubjectKind, ids: Sequence[int], sights: Sights) -> Iterator[Difference]:
        happened = _happened(kind, ids, self.span)
        with rows.seeing(self.live):
            for past in pasts_of(kind, ids, sights):
                self.counts.subjects[kind.value] += 1
                replay = Replay(past, self.live, self.tried)
                replay.run(self.span.since, self.span.until, sights.silences.moments)
                self.counts.looks += replay.judged
                for unjudged in replay.unjudged:
                    self.counts.note(unjudged.reason, f"{past.number}: {unjudged.detail}")
                if not replay.judged and not replay.unjudged and happened[past.id]:
                    self.counts.note("undocumented", past.number)
                try:
                    told = self.comparer.compare(replay, happened[past.id])
                except RightlineError as problem:
                    self.counts.note("unreadable", f"{past.number}: {problem}")
                    continue
                self.counts.replayed += told.replayed
                self.counts.happened += told.happened
                self.counts.found_again += told.found_again
                yield from told.differences


def _happened(kind: SubjectKind, ids: Sequence[int], span: Span) -> dict[int, list[Case]]:
    """Return the cases that really were there in the span, by subject."""
    cases = Case.objects.filter(
        Q(closed_at=None) | Q(closed_at__gte=span.since),
        subject_kind=kind,
        subject_id__in=ids,
        opened_at__lte=span.until,
    )
    found: dict[int, list[Case]] = defaultdict(list)
    for case in cases.order_by("pk"):
        if case.subject_id is not None:
            found[case.subject_id].append(case)
    return found
