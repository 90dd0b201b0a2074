"""A backtest from end to end: what is reached, judged again in batches, compared. Writes nothing.

Subjects come in the order of their primary keys, a batch at a time, and only differences are kept.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from erp_connectors import clock
from erp_connectors.errors import RightlineError
from exceptions_app.backtest.approving import Approvers, OtherApprovals
from exceptions_app.backtest.compare import Comparer, Difference
from exceptions_app.backtest.history import pasts_of
from exceptions_app.backtest.reach import Reach
from exceptions_app.backtest.replay import Replay
from exceptions_app.backtest.rules import (
    KINDS,
    TIMING,
    UNPLAYED,
    WEIGHING,
    Changed,
    changed_rows,
    has_no_past,
    holding_already,
    types_alone,
)
from exceptions_app.backtest.sieves import sieve_of
from exceptions_app.backtest.sights import Sights, Silences
from exceptions_app.backtest.weighing import Scales
from exceptions_app.cases.models import Case
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies import rows
from exceptions_app.policies.rows import Change, Rows

BATCH = 250
#: Of each reason why something was not judged, so many are named.
NAMED = 20
#: Whom the proposals on cases needed comes after all subjects, case by case.
DECISIONS = "decisions"
IN_TURN = (*(kind.value for kind in KINDS), DECISIONS)
#: A subject by its kind and primary key, or a case whose decisions are looked at.
Wanted = tuple[str, int]
Found = Difference | OtherApprovals


@dataclass(slots=True)
class Counts:
    """How much was judged, how it stands to what happened, and what could not be judged, by reason."""

    subjects: Counter[str] = field(default_factory=Counter)
    proposals: int = 0
    looks: int = 0
    replayed: int = 0
    happened: int = 0
    found_again: int = 0
    unjudged: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def as_plain(self) -> dict[str, Any]:
        """Return the counts as plain JSON."""
        return {
            "subjects": dict(self.subjects),
            "proposals": self.proposals,
            "looks": self.looks,
            "replayed": self.replayed,
            "happened": self.happened,
            "found_again": self.found_again,
            "unjudged": dict(sorted(self.unjudged.items())),
            "examples": {reason: list(some) for reason, some in sorted(self.examples.items())},
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> "Counts":
        """Read what `as_plain` wrote; of nothing, none."""
        if not plain:
            return cls()
        return cls(
            subjects=Counter(plain["subjects"]),
            proposals=plain.get("proposals", 0),
            looks=plain["looks"],
            replayed=plain["replayed"],
            happened=plain["happened"],
            found_again=plain["found_again"],
            unjudged=Counter(plain["unjudged"]),
            examples=defaultdict(list, {reason: list(some) for reason, some in plain["examples"].items()}),
        )

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
    """One run; what it finds may be walked through once, `counts` are complete when that is done.

    `narrows`: whether what cannot be otherwise is left out, or judged all the same.
    """

    def __init__(self, live: Rows, tried: Rows, span: Span, *, narrows: bool = True) -> None:
        self.span = span
        self.live = live
        self.changed: Sequence[Changed] = changed_rows(live, tried)
        self.tried = holding_already(tried, self.changed, span.since)
        self.reach = Reach(
            self.changed,
            span.since,
            span.until,
            sieve=sieve_of(self.changed, live, self.tried),
            narrows=narrows,
        )
        self.alone = types_alone(self.changed) if narrows else frozenset()
        self.counts = Counts()
        self.silences = Silences()
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
        self.approvers = Approvers(self.live, self.tried, self.changed, span.since, span.until)
        for each in self.changed:
            if each.table in UNPLAYED:
                self.counts.note("unplayed", str(each.row))
            elif has_no_past(each):
                self.counts.note("no_past", str(each.row))

    @classmethod
    def of(cls, changes: Sequence[Change], span: Span) -> "Run":
        """Return the run of changes against the rules as they are now. Raises ValidationError."""
        live = rows.current()
        return cls(live, rows.laid_over(live, changes), span)

    def wanted(self) -> list[Wanted]:
        """Return what is to be judged again: by kind, then by primary key."""
        return [(kind, pk) for kind in IN_TURN for pk in self._of_kind(kind).values_list("pk", flat=True)]

    def _of_kind(self, kind: str) -> "QuerySet[Any]":
        if kind == DECISIONS:
            return self.approvers.cases()
        if kind == SubjectKind.ORDER:
            return self.reach.orders()
        if kind == SubjectKind.SUPPLIER:
            return self.reach.suppliers()
        return self.reach.heads(SubjectKind(kind))

    def found(self) -> Iterator[Found]:
        """Yield every case that would be otherwise, then every proposal that would need other approvals."""
        wanted = self.wanted()
        while wanted:
            batch, wanted = next_batch(wanted)
            yield from self.judge(batch)

    def differences(self) -> Iterator[Difference]:
        """Yield every case that would be otherwise."""
        return (each for each in self.found() if isinstance(each, Difference))

    def judge(self, batch: Sequence[Wanted]) -> Iterator[Found]:
        """Judge what is of one kind again, and yield what of it would be otherwise."""
        kind, ids = batch[0][0], [pk for _, pk in batch]
        if kind == DECISIONS:
            yield from self._decided(ids)
        else:
            yield from self._judged(SubjectKind(kind), ids)

    def _decided(self, cases: Sequence[int]) -> Iterator[OtherApprovals]:
        for proposal in self.approvers.of(cases):
            self.counts.proposals += 1
            try:
                found = self.approvers.compare(proposal)
            except RightlineError as problem:
                self.counts.note("unreadable", f"{proposal.case.number}: {problem}")
                continue
            if found is not None:
                yield found

    def _judged(self, kind: SubjectKind, ids: Sequence[int]) -> Iterator[Difference]:
        sights = Sights(self.silences, clock.now())
        happened = _happened(kind, ids, self.span)
        with rows.seeing(self.live):
            for past in pasts_of(kind, ids, sights):
                self.counts.subjects[kind.value] += 1
                replay = Replay(past, self.live, self.tried, alone=self.alone)
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


def next_batch(wanted: list[Wanted]) -> tuple[list[Wanted], list[Wanted]]:
    """Return the first BATCH of what is wanted that are of one kind, and what is left."""
    batch = [each for each in wanted[:BATCH] if each[0] == wanted[0][0]]
    return batch, wanted[len(batch) :]


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
