"""One subject on the desk: what deviates in it now, and what that does to its cases.

The cases are locked while it lies here, and only differences are written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from erp_connectors.documents.models import PurchaseOrder
from exceptions_app.cases import damping, queue, upkeep
from exceptions_app.cases.book import Filing
from exceptions_app.cases.lines import (
    deviation_of,
    figures_of,
    how_much,
    keep_evidence,
    new_line,
    take_over,
    told,
)
from exceptions_app.cases.models import Case, CaseLine, CaseState
from exceptions_app.cases.upkeep import News
from exceptions_app.detection import registry
from exceptions_app.detection.agreement import Agreement, AgreementKind, AgreementState
from exceptions_app.detection.agreements import Holding, holding
from exceptions_app.detection.detect import Detection, detect, look_at
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.load import LoadedOrder
from exceptions_app.detection.reconcile import Changes, Cleared, reconcile
from exceptions_app.detection.subject import SubjectView
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.view import LineView, OrderView
from exceptions_app.detection.words import HEARD, heard_last
from exceptions_app.deviation import Deviation
from exceptions_app.impact import Impact, assess
from exceptions_app.impact_record import is_same
from exceptions_app.notifications import alerts
from exceptions_app.on_file import OnFile
from exceptions_app.performance.observing import Observation
from exceptions_app.policies.lookup import LineScope, Policies
from exceptions_app.policies.models import TypeMode
from exceptions_app.proposals import settle
from exceptions_app.routing.route import Question, Route, route
from exceptions_app.shadow import keep as shadow
from exceptions_app.shadow.drafts import LookedAt
from exceptions_app.shadow.models import ShadowFinding
from exceptions_app.shortfalls import Nearby, Surroundings
from exceptions_app.subjects.impact import assess_subject
from exceptions_app.subjects.subject import Loaded

ACTIVE = frozenset({AgreementState.ACTIVE})
#: What ends a deviation by being agreed. A wait and an awaited credit end with what comes of them.
FINAL = frozenset({AgreementKind.ACCEPTED, AgreementKind.WAIVED})
#: A document we enter ourselves, a confirmation on the supplier's behalf, is in the mirror by then.
ENTERED_WITHIN = timedelta(minutes=10)
#: Clocks differ: what the ERP dates so soon after it answered may have been said before it acted.
SHOWN_WITHIN = timedelta(minutes=10)


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


class Desk:
    """One subject with its cases while it is looked at; `marked` is the sequence of its watch that was read.

    `known` is what is on file about it, `nearby` what is around it and around all that is looked at with it.
    Locked by then, in this order: all subjects that are looked at together, then their cases. Nothing locks
    another subject after.
    """

    def __init__(
        self, loaded: Loaded, known: OnFile, policies: Policies, *, marked: int, nearby: Nearby
    ) -> None:
        self.loaded = loaded
        self.nearby = nearby
        self.about = loaded.about
        self.policies = policies
        self.marked = marked
        self.as_of = policies.as_of
        self.outcome = Outcome()
        self.known = known
        self.book = known.book
        self.shadows = known.findings
        self.agreed_keys = {agreement.key for agreement in known.agreements}
        self.detection: Detection = detect(loaded.snapshot, known.agreements, self.as_of, self._types())
        self.view = self.detection.view or look_at(loaded.snapshot, known.agreements, self.as_of)

    def sort(self) -> None:
        """Say what is to happen to each case of the subject, its lines in doubt or settled noted already."""
        changes = reconcile(self.book.open_lines(), self.detection)
        changes = self._only_what_is_on(changes)
        changes = self._without_what_is_still_carried_out(changes)
        changes = self._without_what_flaps(changes)
        self.answered = {case.pk for case in self.book.cases.values() if self._has_answered(case)}
        for deviation in changes.to_refresh:
            keep_evidence(self.book.line(deviation.key), deviation)
        self.unshown = [line for line in self._being_carried_out() if self._is_late_to_show(line)]
        returned = [*self._returned(), *(line.key for line in self.unshown)]
        self.filings = self.book.file(changes, returned, self.as_of)
        self.outcome.has_moved = bool(self.filings)

    def missed(self) -> tuple[LoadedOrder, OrderView, Sequence[Deviation]] | None:
        """Return an order with the deviations its open cases will have; None for what is no order."""
        if self.loaded.order is None or not isinstance(self.view, OrderView):
            return None
        return self.loaded.order, self.view, self._standing()

    def prices(self) -> tuple[PurchaseOrder, OrderView, Observation] | None:
        """Return an order as it is seen, with what was observed of its prices before; None for no order."""
        if self.about.order is None or not isinstance(self.view, OrderView):
            return None
        return self.about.order, self.view, self.known.prices

    def looked_at(self) -> LookedAt:
        """Return the subject as it was judged, for whatever runs beside the live rules."""
        return LookedAt(self.loaded, self.detection, tuple(self.known.agreements))

    def work(self, around: Surroundings) -> Outcome:
        """Bring every case of the subject up to date as it was sorted, and return what that came to."""
        self.around = around
        done = {self._take_in(filing).pk for filing in self.filings}
        self._keep_shadows()
        for case in self.book.cases.values():
            if case.is_open and case.pk not in done:
                self._refresh(case)
        return self.outcome

    def next_look(self) -> datetime | None:
        """Return when time, a rule or a second reading could next change the answer."""
        moments = [self.detection.next_look, self.policies.next_change(self.about.company.pk)]
        moments += [damping.second_reading_at(line) for line in self.book.lines if damping.has_doubt(line)]
        moments += [self._expected_by(line) for line in self._decided_lines() if not self._is_due_back(line)]
        moments += [self._shows_by(line) for line in self._being_carried_out()]
        return min((moment for moment in moments if moment is not None), default=None)

    # --- what counts ----------------------------------------------------------------------------------

    def _types(self) -> list[ExceptionType]:
        """Return the types that look at any line, and those with open lines or findings: these may heal."""
        found_before = {line.type_code for line in self.book.open_lines()}
        found_before |= {finding.type_code for finding in self.shadows.values()}
        scopes = self.loaded.stands_in
        return [
            kind
            for kind in registry.types_of(self.about.kind)
            if kind.code in found_before
            or any(self._mode_in(kind, scope) != TypeMode.OFF for scope in scopes)
        ]

    def _mode(self, kind: ExceptionType, line_number: str | None) -> TypeMode:
        return self._mode_in(kind, self.loaded.scope(line_number))

    def _mode_in(self, kind: ExceptionType, scope: LineScope) -> TypeMode:
        return self.policies.mode(kind, scope) if kind.is_live else TypeMode.OFF

    def _is_in_mode(self, deviation: Deviation, mode: TypeMode) -> bool:
        return self._mode(registry.exception_type(deviation.type_code), deviation.line_number) == mode

    def _only_what_is_on(self, changes: Changes) -> Changes:
        return replace(
            changes,
            to_open=tuple(each for each in changes.to_open if self._is_in_mode(each, TypeMode.ON)),
        )

    def _without_what_is_still_carried_out(self, changes: Changes) -> Changes:
        """Keep lines open, as settled, that a decision covers and on which the mirror does not agree yet."""
        to_clear = []
        for cleared in changes.to_clear:
            if cleared.reason is not Healing.AGREED or self._mirror_agrees(cleared):
                to_clear.append(cleared)
                continue
            line = self.book.line(cleared.line.key)
            if line.settled_at is None:
                line.settled_at = self.as_of
                line.save(update_fields=["settled_at"])
        return replace(changes, to_clear=tuple(to_clear))

    def _mirror_agrees(self, cleared: Cleared) -> bool:
        """Say whether the ERP has what was agreed on. A wait is never there: it ends, or is answered.

        What was accepted of a subject that is no order asks nothing of the ERP.
        """
        kind = registry.exception_type(cleared.line.type_code)
        if isinstance(self.view, SubjectView):
            holding_on = self.view.holds(cleared.line.key, kind.code, cleared.line.expected)
            return any(agreement.kind in FINAL for agreement in holding_on)
        beyond = (each for each in self.view.agreements if each.key == cleared.line.key)
        if any(each.kind in FINAL and self._is_added(each) for each in beyond):
            return True
        return any(
            agreed.agreement.kind is not AgreementKind.WAIT_UNTIL
            and self._erp_has(agreed, view)
            and self._is_added(agreed.agreement)
            for view in self.view.lines
            if view.number == cleared.line.line_number
            for agreed in view.holds(cleared.line.key, kind.code, kind.aspect)
        )

    def _being_carried_out(self) -> list[CaseLine]:
        """Return the decided lines for which the ERP was to be changed, and does not show the change yet."""
        if not isinstance(self.view, OrderView):
            return []
        return [
            line
            for line in self.book.lines
            if line.settled_at is not None and line.cleared_at is None and self._awaits_erp(line, self.view)
        ]

    def _awaits_erp(self, line: CaseLine, order: OrderView) -> bool:
        """Say whether something that was agreed on a line asks more of the ERP than it shows."""
        of_line = next((view for view in order.lines if view.number == line.line_number), None)
        held = [] if of_line is None else of_line.holdings
        of_key = [each for each in held if each.agreement.key == line.key]
        unwritten = any(
            each.agreement.before != each.agreement.after and not self._erp_has(each, of_line)
            for each in of_key
            if of_line is not None
        )
        agreed = [each.agreement for each in of_key]
        agreed += [each for each in order.agreements if each.key == line.key]
        return unwritten or any(not self._is_added(each) for each in agreed)

    def _is_late_to_show(self, line: CaseLine) -> bool:
        """Say whether the ERP has spoken of the order since, or has had a business day to."""
        spoken = max((view.position.order_version.document_time for view in self.view.lines), default=None)
        settled = line.settled_at or self.as_of
        return (spoken is not None and spoken > settled + SHOWN_WITHIN) or self.as_of >= self._shows_by(line)

    def _shows_by(self, line: CaseLine) -> datetime:
        """Return by when the ERP must show what it said it has done."""
        shown_by: datetime = self.loaded.snapshot.calendar.add_business_days(line.settled_at or self.as_of, 1)
        return shown_by

    def _is_added(self, agreement: Agreement) -> bool:
        """Say whether the ERP has the line that was ordered for it, where one was: under its number."""
        assert isinstance(self.view, OrderView)
        new = agreement.added
        if new is None:
            return True
        lines = (view.position for view in self.view.lines if view.number == new.line_number)
        return any(position.is_present and position.line.item == new.item for position in lines)

    def _erp_has(self, agreed: Holding, view: LineView) -> bool:
        """Say whether the ERP has the values after the decision: whether it holds on nothing but these."""
        carried_out = replace(agreed.agreement, before=agreed.agreement.after)
        held = holding(self.loaded.snapshot, view.line, [carried_out], ACTIVE, self.as_of)
        return any(agreed.aspects <= each.aspects for each in held)

    def _without_what_flaps(self, changes: Changes) -> Changes:
        """Leave out what opened and cleared again and again, until two readings agree (`damping`)."""
        found = {deviation.key for deviation in self.detection.deviations}
        unjudged = self.detection.hidden | {each.key for each in self.detection.covered_by_pending}
        for line in self.book.newest_lines():
            if line.key not in unjudged and (line.cleared_at is None) is (line.key in found):
                damping.forget_doubt(line)
        return replace(
            changes,
            to_open=tuple(each for each in changes.to_open if self._is_sure(each.key, deviates=True)),
            to_clear=tuple(
                each
                for each in changes.to_clear
                if each.reason is Healing.AGREED or self._is_sure(each.line.key, deviates=False)
            ),
        )

    def _is_sure(self, key: str, *, deviates: bool) -> bool:
        history = self.book.history(key)
        return not damping.is_flapping(history, self.as_of) or damping.is_confirmed(
            history[-1], deviates=deviates, marked=self.marked, as_of=self.as_of
        )

    def _has_answered(self, case: Case) -> bool:
        """Say whether the case waits for the supplier, which has spoken since the last look at it."""
        if case.state != CaseState.WAITING_SUPPLIER:
            return False
        return any(
            line.evidence.get(HEARD, now) != now
            for line in self.book.uncleared(case)
            if (now := self._heard_on(line)) is not None
        )

    def _heard_on(self, line: CaseLine) -> str | None:
        """Return what the supplier said last on a line, or on the subject."""
        if isinstance(self.view, SubjectView):
            return self.view.heard
        positions = (view.position for view in self.view.lines if view.number == line.line_number)
        return next((heard_last(position) for position in positions), None)

    def _returned(self) -> list[str]:
        """Return the keys of lines that were decided and deviate all the same."""
        return [line.key for line in self._decided_lines() if self._is_due_back(line)]

    def _decided_lines(self) -> list[CaseLine]:
        """Return the lines that deviate although they were decided."""
        found = {deviation.key for deviation in self.detection.deviations}
        return [
            line
            for line in self.book.lines
            if line.settled_at is not None and line.cleared_at is None and line.key in found
        ]

    def _is_due_back(self, line: CaseLine) -> bool:
        """Say whether what was agreed on a line does not hold, or what we entered has not come in time."""
        return line.key in self.agreed_keys or self.as_of >= self._expected_by(line)

    def _expected_by(self, line: CaseLine) -> datetime:
        """Return by when what settled a line without an agreement, a document we entered, must be here."""
        return (line.settled_at or self.as_of) + ENTERED_WITHIN

    def _standing(self) -> list[Deviation]:
        """Return the deviations of all cases that are open once the filings are taken in."""
        standing = {
            line.key: deviation_of(line)
            for line in self.book.lines
            if line.cleared_at is None and self.book.of(line).is_open
        }
        for filing in self.filings:
            for deviation in (*filing.added, *(deviation for _, deviation in filing.updated)):
                standing[deviation.key] = deviation
            for line in filing.returned:
                standing[line.key] = deviation_of(line)
            for line, _ in filing.cleared:
                standing.pop(line.key, None)
        return list(standing.values())

    # --- what would have opened -----------------------------------------------------------------------

    def _keep_shadows(self) -> None:
        """Note what types in shadow find, and do nothing else about it."""
        in_cases = {line.key for line in self.book.lines if not line.cleared_at}
        unjudged = self.detection.hidden | {each.key for each in self.detection.covered_by_pending}
        shadow.keep(
            self.shadows,
            [
                deviation
                for deviation in self.detection.deviations
                if deviation.key not in in_cases and self._is_in_mode(deviation, TypeMode.SHADOW)
            ],
            unjudged={
                finding.key
                for finding in self.shadows.values()
                if finding.key in unjudged and self._mode_of(finding) == TypeMode.SHADOW
            },
            make=self._would_open,
            why_gone=self._why_gone,
            at=self.as_of,
        )

    def _mode_of(self, finding: ShadowFinding) -> TypeMode:
        return self._mode(registry.exception_type(finding.type_code), finding.line_number)

    def _would_open(self, deviation: Deviation) -> ShadowFinding:
        kind = registry.exception_type(deviation.type_code)
        order_line = self.loaded.lines.get(deviation.line_number or "")
        line = new_line(deviation, order_line, release=self.policies.release, at=self.as_of)
        impact = self._impact(kind, [line], is_alone=True)
        return shadow.finding_of(
            self.about,
            line,
            impact,
            type_code=kind.code,
            group_key=self.book.group_key(deviation),
            team=self._route(kind, [line], impact).team,
        )

    def _why_gone(self, finding: ShadowFinding) -> str:
        mode = self._mode_of(finding)
        if mode == TypeMode.SHADOW:
            kind = registry.exception_type(finding.type_code)
            return kind.healed_by(shadow.open_line_of(finding), self.view).value
        return "its type opens cases now" if mode == TypeMode.ON else "its type is off now"

    # --- what it does to the cases --------------------------------------------------------------------

    def _take_in(self, filing: Filing) -> Case:
        """Write the lines of a filing, and let its case follow."""
        kind = registry.exception_type(filing.type_code)
        added = [
            new_line(
                deviation,
                self.loaded.lines.get(deviation.line_number or ""),
                release=self.policies.release,
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

    def _write(self, filing: Filing, added: list[CaseLine]) -> News:
        """Save what a filing says of its lines, but for those of a case that is yet to open; tell it."""
        words, figures = [], []
        for line in added:
            words.append(told(line, f"{how_much(line)}{self._not_as_agreed(line)}"))
            figures.append({"change": "added", **figures_of(line)})
        for line, deviation in filing.updated:
            was, before = how_much(line), figures_of(line)
            take_over(line, deviation, release=self.policies.release)
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
            self.about,
            type_code=kind.code,
            group_key=filing.group_key,
            lines=lines,
            impact=impact,
            route=self._route(kind, lines, impact),
            release=self.policies.release,
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
            find_route=lambda: self._route(kind, lines, impact),
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

    def _refresh(self, case: Case) -> None:
        """Let a case follow what is around its lines: stock, customer orders, rates, decisions carried out.

        The figures of a line in doubt wait for its second reading, as its state does.
        """
        lines = self.book.uncleared(case)
        if not lines:
            return
        kind = registry.exception_type(case.type_code)
        impact = self._impact(kind, lines)
        if case.pk in self.answered:
            case = upkeep.update(
                case,
                impact=impact,
                news=News(summary="The supplier answered, and it still deviates as before"),
                at=self.as_of,
                is_new_word=False,
                has_answered=True,
                effects=(lambda changed, at: alerts.keep_tasks(changed, kind, impact.uncovered, at),),
            )
            self.outcome.updated.append(case.number)
        elif any(damping.has_doubt(line) for line in lines):
            pass
        elif _shows(case, impact):
            if not is_same(case.impact, impact.record):
                upkeep.weigh_anew(case, impact, at=self.as_of)
            if alerts.keep_tasks(case, kind, impact.uncovered, self.as_of):
                queue.sync(case)
            case = upkeep.follow_rules(
                case, lambda: self._route(kind, lines, impact), self.policies.release, at=self.as_of
            )
        else:
            case = upkeep.update(
                case,
                impact=impact,
                news=News(summary=f"New figures: {impact.headline}"),
                at=self.as_of,
                is_new_word=False,
                find_route=lambda: self._route(kind, lines, impact),
                effects=(lambda changed, at: alerts.keep_tasks(changed, kind, impact.uncovered, at),),
            )
            self.outcome.updated.append(case.number)
        if all(line.settled_at for line in lines):
            upkeep.resolve_if_decided(case, at=self.as_of)

    def _impact(self, kind: ExceptionType, lines: list[CaseLine], *, is_alone: bool = False) -> Impact:
        order = self.loaded.order
        if order is not None and isinstance(self.view, OrderView):
            return assess(
                kind,
                lines,
                loaded=order,
                view=self.view,
                policies=self.policies,
                around=None if is_alone else self.around,
            )
        return assess_subject(kind, lines, loaded=self.loaded, policies=self.policies)

    def _route(self, kind: ExceptionType, lines: Iterable[CaseLine], impact: Impact) -> Route:
        question = Question(
            company_id=self.about.company.pk,
            owner_code=kind.owner,
            facts=impact.facts,
            scopes=tuple(dict.fromkeys(self.loaded.scope(line.line_number) for line in lines)),
        )
        return route(question, self.policies, self.nearby.workers(self.about.company.pk))


def _shows(case: Case, impact: Impact) -> bool:
    """Say whether a case already shows what people act on, but for a severity that was set by hand."""
    severity = case.severity if case.severity_override_reason else impact.severity
    return (case.headline, case.amount, case.severity) == (impact.headline[:300], impact.amount, severity)
