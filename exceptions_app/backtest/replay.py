"""One subject judged again through time, under both states of the policies, moment by moment.

The moments are those at which something could change: a document recorded, something agreed, a stream
falling silent or speaking again, a policy that begins or ends to hold, a next look that comes due. Each state
keeps its own cases, as reconciliation would: one open case per type and group, taken up again within 14 days.
What people did to the cases that really were there, and damping, are left out of both alike.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from erp_connectors.errors import RightlineError
from exceptions_app.backtest.history import SubjectPast
from exceptions_app.cases.book import REOPEN_WITHIN
from exceptions_app.detection import registry
from exceptions_app.detection.agreement import Agreement, AgreementState
from exceptions_app.detection.detect import Detection, detect
from exceptions_app.detection.reconcile import reconcile
from exceptions_app.detection.snapshot import OrderSnapshot
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.view import OrderView
from exceptions_app.deviation import Deviation, OpenLine
from exceptions_app.policies import lookup
from exceptions_app.policies.lookup import Policies
from exceptions_app.policies.models import TypeMode
from exceptions_app.policies.rows import Rows
from exceptions_app.subjects.subject import Loaded

#: Of what stands open a case whose unit nobody can convert cannot be counted, whatever the rules say.
UNIT_UNKNOWN = "unit_unknown"


@dataclass(slots=True)
class Seen:
    """What was seen of a case at one moment: all that it is weighed by, once somebody asks."""

    at: datetime
    loaded: Loaded
    detection: Detection
    policies: Policies
    deviations: tuple[Deviation, ...]
    standing: tuple[Deviation, ...]


@dataclass(slots=True)
class ReplayedCase:
    """A case that would have been there, from when to when; `closed_at` None: it still is.

    `first` is as it opened, `last` as its values moved last.
    """

    kind: ExceptionType
    group_key: str
    opened_at: datetime
    first: Seen
    last: Seen
    closed_at: datetime | None = None
    reason: str = ""
    reopened: int = 0
    lines: dict[str, Deviation] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Its type and group: one case of these is open at a time."""
        return self.kind.code, self.group_key


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Why something of a subject could not be judged: one of REASONS, and what exactly."""

    reason: str
    detail: str


@dataclass(slots=True)
class Life:
    """The cases of one subject under one state of the policies."""

    rows: Rows
    cases: list[ReplayedCase] = field(default_factory=list)
    next_look: datetime | None = None

    def policies(self, company_id: int, at: datetime) -> Policies:
        """Return what holds for a company at a moment. Raises ConfigurationError."""
        return lookup.policies_of(self.rows, [company_id], at)

    def types(self, loaded: Loaded, policies: Policies) -> tuple[ExceptionType, ...]:
        """Return the types that look at any line, and those with open lines: these may heal."""
        open_types = {case.kind.code for case in self.cases if case.closed_at is None}
        scopes = list(dict.fromkeys(loaded.stands_in))
        return tuple(
            kind
            for kind in registry.types_of(loaded.about.kind)
            if kind.code in open_types
            or (kind.is_live and any(policies.mode(kind, scope) is not TypeMode.OFF for scope in scopes))
        )

    def take_in(self, at: datetime, loaded: Loaded, detection: Detection, policies: Policies) -> None:
        """Bring the cases up to date with what deviates at a moment."""
        owners = {key: case for case in self.cases for key in case.lines}
        changes = reconcile(
            (_open_line(each) for case in self.cases for each in case.lines.values()), detection
        )
        touched: dict[int, ReplayedCase] = {}
        for cleared in changes.to_clear:
            case = owners[cleared.line.key]
            case.lines.pop(cleared.line.key)
            case.reason = cleared.reason.value
            touched[id(case)] = case
        for deviation in (*changes.to_update, *changes.to_refresh):
            owners[deviation.key].lines[deviation.key] = deviation
        for deviation in changes.to_update:
            touched[id(owners[deviation.key])] = owners[deviation.key]
        opening = [each for each in changes.to_open if self._is_on(each, loaded, policies)]
        self._open(at, loaded, detection, policies, opening, touched)
        standing = tuple(each for case in self.cases for each in case.lines.values())
        for case in touched.values():
            if not case.lines:
                case.closed_at = at
                continue
            case.last = Seen(at, loaded, detection, policies, tuple(case.lines.values()), standing)
            if case.opened_at == at and not case.reopened:
                case.first = case.last
        self.next_look = min(
            filter(None, (detection.next_look, policies.next_change(loaded.about.company.pk))), default=None
        )

    def _open(
        self,
        at: datetime,
        loaded: Loaded,
        detection: Detection,
        policies: Policies,
        opening: Sequence[Deviation],
        touched: dict[int, ReplayedCase],
    ) -> None:
        for deviation in opening:
            kind = registry.exception_type(deviation.type_code)
            group_key = f"{loaded.about.connection}/{deviation.group}"
            case = self._open_case(kind.code, group_key) or self._ended_case(deviation, at)
            if case is None:
                seen = Seen(at, loaded, detection, policies, (), ())
                case = ReplayedCase(kind, group_key, at, seen, seen)
                self.cases.append(case)
            elif case.closed_at is not None:
                case.closed_at, case.reason, case.reopened = None, "", case.reopened + 1
            case.lines[deviation.key] = deviation
            touched[id(case)] = case

    def _open_case(self, code: str, group_key: str) -> ReplayedCase | None:
        return next(
            (case for case in self.cases if case.closed_at is None and case.key == (code, group_key)), None
        )

    def _ended_case(self, deviation: Deviation, at: datetime) -> ReplayedCase | None:
        """Return the case that ended last, within 14 days, in which the deviation was last seen."""
        ended = [
            case
            for case in self.cases
            if case.closed_at is not None
            and case.closed_at > at - REOPEN_WITHIN
            and any(each.key == deviation.key for each in case.last.deviations)
        ]
        return max(ended, key=lambda case: case.closed_at or at, default=None)

    @staticmethod
    def _is_on(deviation: Deviation, loaded: Loaded, policies: Policies) -> bool:
        kind = registry.exception_type(deviation.type_code)
        return kind.is_live and policies.mode(kind, loaded.scope(deviation.line_number)) is TypeMode.ON


class Replay:
    """One subject from `since` to `until`, under the live rows and those that are tried.

    `alone`: the types that alone can find anything else, since only their tolerances differ; none: any may.
    """

    def __init__(
        self, past: SubjectPast, live: Rows, tried: Rows, *, alone: Collection[str] = frozenset()
    ) -> None:
        self.past = past
        self.live, self.tried = Life(live), Life(tried)
        self.alone = alone
        self.unjudged: dict[Unjudged, None] = {}
        self.judged = 0

    def run(self, since: datetime, until: datetime, more: Iterable[datetime] = ()) -> None:
        """Judge at every moment after `since` at which something could change, and at `since` itself."""
        moments = sorted(at for at in {since, *self.past.moments(), *more} if since <= at <= until)
        at: datetime | None = moments[0] if moments else None
        while at is not None and at <= until:
            self._judge(at)
            looks = [each for each in (self.live.next_look, self.tried.next_look) if each and each > at]
            at = min([*looks, *(moment for moment in moments if moment > at)], default=None)

    def _judge(self, at: datetime) -> None:
        try:
            ours = self.live.policies(self.past.company_id, at)
            theirs = self.tried.policies(self.past.company_id, at)
            was = self.past.at(at, ours)
            if was is None:
                return
            agreements = self.past.agreements(at)
            would = self._as_tried(was, at, theirs)
            live = detect(was.snapshot, agreements, at, self.live.types(was, ours))
            tried = self._detect_again(was, would, agreements, at, theirs, live)
        except RightlineError as problem:
            self.unjudged.setdefault(Unjudged("unreadable", str(problem)))
            return
        self.judged += 1
        self.live.take_in(at, was, live, ours)
        self.tried.take_in(at, would, tried, theirs)
        self._note(live)
        self._note(tried)

    def _as_tried(self, was: Loaded, at: datetime, policies: Policies) -> Loaded:
        """Return the subject as the tried rows have it judged."""
        if not self.alone or was.order is None:
            return self.past.at(at, policies) or was
        lines = tuple(
            replace(line, tolerances=policies.tolerances(was.scopes[line.position.line.number]))
            for line in was.snapshot.lines
        )
        order = replace(was.order, snapshot=replace(was.order.snapshot, lines=lines))
        return replace(was, snapshot=order.snapshot, order=order)

    def _detect_again(
        self,
        was: Loaded,
        would: Loaded,
        agreements: Sequence[Agreement],
        at: datetime,
        policies: Policies,
        live: Detection,
    ) -> Detection:
        """Return what is found under the tried rows; the same where they say the same of the subject."""
        types = self.tried.types(would, policies)
        if types == live.types and _is_judged_alike(was, would):
            return live
        is_any_pending = any(agreement.state is AgreementState.PENDING for agreement in agreements)
        if self.alone and types == live.types and not is_any_pending:
            return _judged_anew(live, would.snapshot, self.alone)
        return detect(would.snapshot, agreements, at, types)

    def _note(self, detection: Detection) -> None:
        """Keep what a detection could not judge."""
        if detection.view is not None and not detection.view.snapshot.watched:
            return
        for key in sorted(detection.hidden):
            self.unjudged.setdefault(Unjudged("blind", key))
        for deviation in detection.deviations:
            if deviation.type_code == UNIT_UNKNOWN:
                self.unjudged.setdefault(Unjudged("unit", deviation.line_number or ""))


def _judged_anew(live: Detection, snapshot: OrderSnapshot, codes: Collection[str]) -> Detection:
    """Return a detection with what types of these codes find under other tolerances; the rest stays.

    For types that judge line by line, at any time alike, while no decision is waiting.
    """
    assert isinstance(live.view, OrderView)
    anew = {line.position.line.number: line for line in snapshot.lines}
    lines = tuple(replace(line, snapshot=snapshot, line=anew[line.number]) for line in live.view.lines)
    view = replace(live.view, snapshot=snapshot, lines=lines)
    found: list[Deviation] = []
    for kind in live.types:
        if kind.code in codes:
            found += kind.detect(view)
        else:
            found += [each for each in live.deviations if each.type_code == kind.code]
    return replace(live, deviations=tuple(found), view=view)


def _is_judged_alike(one: Loaded, other: Loaded) -> bool:
    """Say whether two states of the policies give detection the same of a subject."""
    if not isinstance(one.snapshot, OrderSnapshot):
        return bool(one.snapshot == other.snapshot)
    ours, theirs = one.snapshot, other.snapshot
    return (
        ours.terms == theirs.terms
        and ours.calendar == theirs.calendar
        and ours.supplier_calendar == theirs.supplier_calendar
        and all(
            mine.tolerances == yours.tolerances for mine, yours in zip(ours.lines, theirs.lines, strict=True)
        )
    )


def _open_line(deviation: Deviation) -> OpenLine:
    return OpenLine(
        key=deviation.key,
        type_code=deviation.type_code,
        line_number=deviation.line_number,
        quantity=deviation.quantity,
        amount=deviation.amount,
        expected=deviation.expected,
        actual=deviation.actual,
        evidence=deviation.evidence,
    )
