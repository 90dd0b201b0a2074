"""The cases of one subject under both states of the policies, beside each other and beside what happened."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from exceptions_app.backtest.replay import Replay, ReplayedCase
from exceptions_app.backtest.weighing import Scales, Times, Weight
from exceptions_app.cases.models import Case, Severity
from exceptions_app.policies.rows import Rows


class Effect(StrEnum):
    """What would be otherwise with a case."""

    OPENS = "opens"
    NOT_OPENED = "not_opened"
    OPENS_EARLIER = "opens_earlier"
    OPENS_LATER = "opens_later"
    CLOSES_EARLIER = "closes_earlier"
    CLOSES_LATER = "closes_later"
    OTHER_LINES = "other_lines"
    OTHER_TEAM = "other_team"
    OTHER_SEVERITY = "other_severity"
    OTHER_LOSS = "other_loss"
    DUE_OTHERWISE = "due_otherwise"
    BREACHES = "breaches"
    KEEPS = "keeps"
    ESCALATES = "escalates"
    ESCALATES_LESS = "escalates_less"


EFFECTS = {
    Effect.OPENS: _("Would open"),
    Effect.NOT_OPENED: _("Would not have opened"),
    Effect.OPENS_EARLIER: _("Opens earlier"),
    Effect.OPENS_LATER: _("Opens later"),
    Effect.CLOSES_EARLIER: _("Closes earlier"),
    Effect.CLOSES_LATER: _("Closes later"),
    Effect.OTHER_LINES: _("Other lines or amount"),
    Effect.OTHER_TEAM: _("Another team"),
    Effect.OTHER_SEVERITY: _("Another severity"),
    Effect.OTHER_LOSS: _("Another expected loss"),
    Effect.DUE_OTHERWISE: _("Due at another time"),
    Effect.BREACHES: _("Would be overdue"),
    Effect.KEEPS: _("Would not be overdue"),
    Effect.ESCALATES: _("Escalates further"),
    Effect.ESCALATES_LESS: _("Escalates less far"),
}
WEIGHT_IS_OTHER = (Effect.OTHER_TEAM, Effect.OTHER_SEVERITY, Effect.OTHER_LOSS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A case under one state of the policies: as it opened, and what it came to last.

    Money is in the company's currency; `amount` None where a part of it is unknown.
    """

    opened_at: datetime
    closed_at: datetime | None
    reason: str
    headline: str
    lines: tuple[str, ...]
    amount: Decimal | None
    expected_loss: Decimal
    severity: Severity
    team: str
    team_code: str
    due_at: datetime | None = None
    is_breached: bool = False
    level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One case that would be otherwise, with what it is under each state of the policies.

    `case`: the number of the case that really was there; empty: there was none. `before`: it was there
    already when the period began.
    """

    effects: tuple[Effect, ...]
    type_code: str
    subject_kind: str
    subject_id: int
    number: str
    company: str
    currency: str
    company_id: int
    supplier: str
    supplier_id: int | None
    order_id: int | None
    document_id: int | None
    group_key: str
    case: str
    live: Verdict | None
    tried: Verdict | None
    before: bool = False

    @property
    def shown(self) -> Verdict:
        """What there is to show: as tried, else as it is live."""
        verdict = self.tried or self.live
        assert verdict is not None
        return verdict


@dataclass(slots=True)
class Told:
    """What one subject came to: its differences, how it stands to what happened, what was not judged."""

    differences: list[Difference] = field(default_factory=list)
    replayed: int = 0
    happened: int = 0
    found_again: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparer:
    """Compares; `weighs` and `times`: whether money, severity and team, or clocks, can differ at all."""

    live: Rows
    tried: Rows
    since: datetime
    until: datetime
    weighs: bool
    times: bool
    scales: Scales

    def compare(self, replay: Replay, happened: Sequence[Case]) -> Told:
        """Return what differs of a subject. Raises ConfigurationError where a case cannot be weighed."""
        told = Told(replayed=len(replay.live.cases), happened=len(happened))
        told.found_again = sum(any(_is_of(case, each) for each in replay.live.cases) for case in happened)
        for ours, theirs in _paired(replay.live.cases, replay.tried.cases):
            difference = self._difference(replay, ours, theirs, happened)
            if difference is not None:
                told.differences.append(difference)
        return told

    def _difference(
        self,
        replay: Replay,
        ours: ReplayedCase | None,
        theirs: ReplayedCase | None,
        happened: Sequence[Case],
    ) -> Difference | None:
        one = ours or theirs
        assert one is not None
        case = next((each for each in happened if _is_of(each, one)), None)
        effects = list(_moved(ours, theirs))
        if not effects and not self.weighs and not self.times:
            return None
        was, would = self._verdict(ours, self.live, case), self._verdict(theirs, self.tried, case)
        if was is not None and would is not None:
            effects += _weighed(was, would)
            effects += _timed(was, would) if self.times or effects else ()
        if not effects:
            return None
        about = one.first.loaded.about
        return Difference(
            effects=tuple(effects),
            type_code=one.kind.code,
            subject_kind=about.kind.value,
            subject_id=about.id,
            number=replay.past.number,
            company=about.company.name,
            currency=about.company.currency,
            company_id=about.company.pk,
            supplier=about.supplier.name if about.supplier else "",
            supplier_id=about.supplier.pk if about.supplier else None,
            order_id=about.order.pk if about.order else None,
            document_id=about.document.pk if about.document else None,
            group_key=one.group_key,
            case=case.number if case is not None else "",
            live=was,
            tried=would,
            before=one.opened_at == self.since,
        )

    def _verdict(self, case: ReplayedCase | None, rows: Rows, happened: Case | None) -> Verdict | None:
        if case is None:
            return None
        first: Weight = self.scales.weigh(case.kind, case.first)
        last = first if case.last is case.first else self.scales.weigh(case.kind, case.last)
        times: Times = self.scales.times(case, first, rows, happened=happened, until=self.until)
        return Verdict(
            opened_at=case.opened_at,
            closed_at=case.closed_at,
            reason=case.reason if case.closed_at is not None else "",
            headline=last.headline,
            lines=tuple(sorted(filter(None, (each.line_number for each in case.last.deviations)))),
            amount=last.amount,
            expected_loss=last.expected_loss,
            severity=last.severity,
            team=first.team.name,
            team_code=first.team.code,
            due_at=times.due_at,
            is_breached=times.is_breached,
            level=times.level,
        )


def _moved(ours: ReplayedCase | None, theirs: ReplayedCase | None) -> Iterator[Effect]:
    """Yield how a case would open, close and be made up otherwise, nothing weighed yet."""
    if ours is None:
        yield Effect.OPENS
        return
    if theirs is None:
        yield Effect.NOT_OPENED
        return
    if theirs.opened_at != ours.opened_at:
        yield Effect.OPENS_EARLIER if theirs.opened_at < ours.opened_at else Effect.OPENS_LATER
    if theirs.closed_at != ours.closed_at:
        is_earlier = ours.closed_at is None or (
            theirs.closed_at is not None and theirs.closed_at < ours.closed_at
        )
        yield Effect.CLOSES_EARLIER if is_earlier else Effect.CLOSES_LATER
    if _values(ours) != _values(theirs):
        yield Effect.OTHER_LINES


def _values(case: ReplayedCase) -> list[tuple[object, ...]]:
    return sorted(
        (each.key, each.quantity or Decimal(0), each.amount or Decimal(0), each.amount is None)
        for each in case.last.deviations
    )


def _weighed(was: Verdict, would: Verdict) -> Iterator[Effect]:
    if was.team != would.team:
        yield Effect.OTHER_TEAM
    if was.severity != would.severity:
        yield Effect.OTHER_SEVERITY
    if was.expected_loss != would.expected_loss:
        yield Effect.OTHER_LOSS


def _timed(was: Verdict, would: Verdict) -> Iterator[Effect]:
    if was.due_at != would.due_at:
        yield Effect.DUE_OTHERWISE
    if was.is_breached != would.is_breached:
        yield Effect.BREACHES if would.is_breached else Effect.KEEPS
    if was.level != would.level:
        yield Effect.ESCALATES if would.level > was.level else Effect.ESCALATES_LESS


def _paired(
    live: Iterable[ReplayedCase], tried: Iterable[ReplayedCase]
) -> list[tuple[ReplayedCase | None, ReplayedCase | None]]:
    """Return which case under one state is which under the other: of one type and group, and overlapping."""
    waiting: dict[tuple[str, str], list[ReplayedCase]] = defaultdict(list)
    for case in tried:
        waiting[case.key].append(case)
    pairs: list[tuple[ReplayedCase | None, ReplayedCase | None]] = []
    for ours in live:
        theirs = next((each for each in waiting[ours.key] if _overlap(ours, each)), None)
        if theirs is not None:
            waiting[ours.key].remove(theirs)
        pairs.append((ours, theirs))
    pairs += [(None, each) for left in waiting.values() for each in left]
    return sorted(pairs, key=_place)


def _place(pair: tuple[ReplayedCase | None, ReplayedCase | None]) -> tuple[str, str, datetime, bool]:
    one = pair[0] or pair[1]
    assert one is not None
    return (*one.key, one.opened_at, pair[0] is None)


def _overlap(one: ReplayedCase, other: ReplayedCase) -> bool:
    return (one.closed_at is None or other.opened_at <= one.closed_at) and (
        other.closed_at is None or one.opened_at <= other.closed_at
    )


def _is_of(happened: Case, replayed: ReplayedCase) -> bool:
    """Say whether a case that was there is one that was replayed: of its type and group, at the same time."""
    if (happened.type_code, happened.group_key) != replayed.key:
        return False
    return (happened.closed_at is None or happened.closed_at >= replayed.opened_at) and (
        replayed.closed_at is None or happened.opened_at <= replayed.closed_at
    )
