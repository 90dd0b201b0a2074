"""What a look at one subject does to its cases: opens, updates, closes them, and lets them follow.

Only differences are written.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from exceptions_app.cases import damping, queue, upkeep
from exceptions_app.cases.book import Book, Filing
from exceptions_app.cases.lines import figures_of, how_much, new_line, take_over, told
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.cases.upkeep import News
from exceptions_app.desk.scales import Scales
from exceptions_app.detection import registry
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.words import HEARD
from exceptions_app.impact import Impact
from exceptions_app.impact_record import is_same
from exceptions_app.notifications import alerts
from exceptions_app.proposals import settle
from exceptions_app.routing.route import Route
from exceptions_app.shortfalls import Surroundings


@dataclass(slots=True)
class Outcome:
    """The numbers of the cases that a look opened, updated, reopened and closed.

    `has_moved`: a line of a case came, went or has other values.
    """

    opened: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    has_moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Casework:
    """The cases of a subject, to be written as it was sorted; what comes of it is told to `outcome`.

    `answered`: cases whose supplier has spoken; `unshown`: lines on which the ERP does not show what it said
    it has done; `agreed_keys`: of lines with an agreement on file.
    """

    book: Book
    scales: Scales
    around: Surroundings
    answered: Collection[int]
    unshown: Sequence[CaseLine]
    agreed_keys: Collection[str]
    outcome: Outcome

    @property
    def as_of(self) -> datetime:
        """The moment of the look."""
        return self.scales.policies.as_of

    def take_in(self, filing: Filing) -> Case:
        """Write the lines of a filing, and let its case follow."""
        kind = registry.exception_type(filing.type_code)
        added = [
            new_line(
                deviation,
                self.scales.loaded.lines.get(deviation.line_number or ""),
                release=self.scales.policies.release,
                at=self.as_of,
            )
            for deviation in filing.added
        ]
        news = self._write(filing, added)
        if filing.case is None:
            return self._open(kind, filing, added, news)
        case = filing.case
        remaining = self.book.uncleared(case)
        if remaining and (case.is_open or filing.added or filing.updated or filing.returned):
            return self._bring_up_to_date(kind, case, remaining, filing, news)
        if case.is_open:
            return self._close(case, filing, news)
        return upkeep.note_cleared(case, news=news, at=self.as_of)

    def follow(self, case: Case) -> None:
        """Let a case follow what is around its lines: stock, customer orders, rates, decisions carried out.

        The figures of a line in doubt wait for its second reading, as its state does.
        """
        lines = self.book.uncleared(case)
        if not lines:
            return
        kind = registry.exception_type(case.type_code)
        impact = self._impact(kind, lines)

        def find_route() -> Route:
            return self.scales.route(kind, lines, impact)

        if case.pk in self.answered:
            words = "The supplier answered, and it still deviates as before"
            case = self._tell(kind, case, impact, words, has_answered=True)
        elif any(damping.has_doubt(line) for line in lines):
            pass
        elif _shows(case, impact):
            case = self._follow_quietly(kind, case, impact, find_route)
        else:
            case = self._tell(kind, case, impact, f"New figures: {impact.headline}", find_route=find_route)
        if all(line.settled_at for line in lines):
            upkeep.resolve_if_decided(case, at=self.as_of)

    def _write(self, filing: Filing, added: list[CaseLine]) -> News:
        """Save what a filing says of its lines, but for those of a case that is yet to open; tell it."""
        words, figures = [], []
        for line in added:
            words.append(told(line, f"{how_much(line)}{self._not_as_agreed(line)}"))
            figures.append({"change": "added", **figures_of(line)})
        for line, deviation in filing.updated:
            was, before = how_much(line), figures_of(line)
            take_over(line, deviation, release=self.scales.policies.release)
            line.save()
            now = how_much(line)
            changed = f"{now}, was {was}" if now != was else f"still {now}, with other values"
            words.append(told(line, f"{changed}{self._not_as_agreed(line)}"))
            figures.append({"change": "updated", "before": before, **figures_of(line)})
        for line, reason in filing.cleared:
            line.cleared_at, line.cleared_reason = self.as_of, reason[:300]
            line.save(update_fields=["cleared_at", "cleared_reason"])
            words.append(told(line, reason))
            figures.append({"change": "cleared", "reason": reason, **figures_of(line)})
        for line in filing.returned:
            line.settled_at = None
            line.save(update_fields=["settled_at"])
            if line in self.unshown:
                settle.came_out_otherwise(line, at=self.as_of)
            which = f"Line {line.line_number} deviates" if line.line_number else "It deviates"
            why = f": {settle.CAME_OUT_OTHERWISE}" if line in self.unshown else ""
            words.append(f"{which} again: {how_much(line)}{why}")
            figures.append({"change": "returned", **figures_of(line)})
        if filing.case is not None:
            for line in added:
                line.case = filing.case
            CaseLine.objects.bulk_create(added)
            self.book.lines += added
        return News(summary="; ".join(words), lines=figures)

    def _not_as_agreed(self, line: CaseLine) -> str:
        return ", not as agreed" if line.key in self.agreed_keys else ""

    def _open(self, kind: ExceptionType, filing: Filing, lines: list[CaseLine], news: News) -> Case:
        impact = self._impact(kind, lines)
        case = upkeep.open_case(
            self.scales.loaded.about,
            type_code=kind.code,
            group_key=filing.group_key,
            lines=lines,
            impact=impact,
            route=self.scales.route(kind, lines, impact),
            release=self.scales.policies.release,
            news=replace(news, summary=impact.headline),
            at=self.as_of,
            effects=(lambda opened, at: alerts.tell_teams(opened, kind, impact.uncovered, at),),
        )
        self.outcome.opened.append(case.number)
        return case

    def _bring_up_to_date(
        self, kind: ExceptionType, case: Case, lines: list[CaseLine], filing: Filing, news: News
    ) -> Case:
        impact = self._impact(kind, lines)
        was_open = case.is_open
        tell = alerts.keep_tasks if was_open else alerts.tell_teams
        changed = upkeep.update(
            case,
            impact=impact,
            news=news,
            at=self.as_of,
            is_new_word=any(line.settled_at is None for line in self._touched(filing)),
            has_answered=case.pk in self.answered or any(each.evidence.get(HEARD) for each in filing.added),
            find_route=lambda: self.scales.route(kind, lines, impact),
            effects=(lambda changed, at: tell(changed, kind, impact.uncovered, at),),
        )
        settle.case_changed(changed)
        (self.outcome.updated if was_open else self.outcome.reopened).append(case.number)
        return upkeep.resolve_if_decided(changed, at=self.as_of)

    def _touched(self, filing: Filing) -> Iterable[CaseLine]:
        """Return the lines of a filing that deviate."""
        keys = {deviation.key for deviation in filing.added}
        yield from (line for line in self.book.lines if line.key in keys and line.cleared_at is None)
        yield from (line for line, _ in filing.updated)
        yield from filing.returned

    def _close(self, case: Case, filing: Filing, news: News) -> Case:
        reason = ", ".join(dict.fromkeys(reason for _, reason in filing.cleared))
        self.outcome.closed.append(case.number)
        return upkeep.close(
            case,
            reason=reason,
            news=news,
            at=self.as_of,
            effects=(
                lambda closed, at: alerts.end_tasks(closed, at, reason=reason),
                lambda closed, at: settle.case_healed(closed, reason=f"Closed by itself: {reason}"),
            ),
        )

    def _tell(
        self,
        kind: ExceptionType,
        case: Case,
        impact: Impact,
        summary: str,
        *,
        has_answered: bool = False,
        find_route: Callable[[], Route] | None = None,
    ) -> Case:
        """Give a case whose lines are as before its new figures, and say why."""
        self.outcome.updated.append(case.number)
        return upkeep.update(
            case,
            impact=impact,
            news=News(summary=summary),
            at=self.as_of,
            is_new_word=False,
            has_answered=has_answered,
            find_route=find_route,
            effects=(lambda changed, at: alerts.keep_tasks(changed, kind, impact.uncovered, at),),
        )

    def _follow_quietly(
        self, kind: ExceptionType, case: Case, impact: Impact, find_route: Callable[[], Route]
    ) -> Case:
        """Bring up to date what is behind a case that shows already what people act on."""
        if not is_same(case.impact, impact.record):
            upkeep.weigh_anew(case, impact, at=self.as_of)
        if alerts.keep_tasks(case, kind, impact.uncovered, self.as_of):
            queue.sync(case)
        return upkeep.follow_rules(case, find_route, self.scales.policies.release, at=self.as_of)

    def _impact(self, kind: ExceptionType, lines: list[CaseLine]) -> Impact:
        return self.scales.impact(kind, lines, self.around)


def _shows(case: Case, impact: Impact) -> bool:
    """Say whether a case already shows what people act on, but for a severity that was set by hand."""
    severity = case.severity if case.severity_override_reason else impact.severity
    return (case.headline, case.amount, case.severity) == (impact.headline[:300], impact.amount, severity)
