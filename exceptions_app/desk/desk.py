"""The look at one subject, from what deviates in it now to its cases, which are locked while it lies here."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from erp_connectors.documents.models import PurchaseOrder
from exceptions_app.cases import damping
from exceptions_app.cases.lines import deviation_of, keep_evidence
from exceptions_app.cases.models import Case, CaseLine, CaseState
from exceptions_app.desk.casework import Casework, Outcome
from exceptions_app.desk.decisions import Decisions
from exceptions_app.desk.modes import Modes
from exceptions_app.desk.scales import Scales
from exceptions_app.desk.shadows import Shadows
from exceptions_app.detection.detect import Detection, detect, look_at
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.load import LoadedOrder
from exceptions_app.detection.reconcile import Changes, reconcile
from exceptions_app.detection.subject import SubjectView
from exceptions_app.detection.view import OrderView
from exceptions_app.detection.words import HEARD, heard_last
from exceptions_app.deviation import Deviation
from exceptions_app.on_file import OnFile
from exceptions_app.performance.observing import Observation
from exceptions_app.policies.lookup import Policies
from exceptions_app.policies.models import TypeMode
from exceptions_app.shadow.drafts import LookedAt
from exceptions_app.shortfalls import Nearby, Surroundings
from exceptions_app.subjects.subject import Loaded


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
        self.known = known
        self.book = known.book
        self.policies = policies
        self.marked = marked
        self.as_of = policies.as_of
        self.outcome = Outcome()
        self.agreed_keys = {agreement.key for agreement in known.agreements}
        self.modes = Modes(loaded, policies)
        found_before = {line.type_code for line in self.book.open_lines()}
        found_before |= {finding.type_code for finding in known.findings.values()}
        looked_for = self.modes.looked_for(found_before)
        self.detection: Detection = detect(loaded.snapshot, known.agreements, self.as_of, looked_for)
        self.view = self.detection.view or look_at(loaded.snapshot, known.agreements, self.as_of)
        self.scales = Scales(loaded, self.view, policies, nearby)
        self.decisions = Decisions(
            book=self.book,
            snapshot=loaded.snapshot,
            view=self.view,
            detection=self.detection,
            agreed_keys=self.agreed_keys,
            as_of=self.as_of,
        )

    def sort(self) -> None:
        """Say what is to happen to each case of the subject, its lines in doubt or settled noted already."""
        changes = reconcile(self.book.open_lines(), self.detection)
        changes = self._only_what_is_on(changes)
        changes = self._without_what_is_still_carried_out(changes)
        changes = self._without_what_flaps(changes)
        self.answered = {case.pk for case in self.book.cases.values() if self._has_answered(case)}
        for deviation in changes.to_refresh:
            keep_evidence(self.book.line(deviation.key), deviation)
        self.unshown = self.decisions.late_to_show()
        returned = [*self.decisions.returned(), *(line.key for line in self.unshown)]
        self.filings = self.book.file(changes, returned, self.as_of)
        self.outcome.has_moved = bool(self.filings)

    def missed(self) -> tuple[LoadedOrder, OrderView, Sequence[Deviation]] | None:
        """Return an order with the deviations its open cases will have; None for what is no order."""
        if self.loaded.order is None or not isinstance(self.view, OrderView):
            return None
        return self.loaded.order, self.view, self._standing()

    def prices(self) -> tuple[PurchaseOrder, OrderView, Observation] | None:
        """Return an order as it is seen, with what was observed of its prices before; None for no order."""
        if self.loaded.about.order is None or not isinstance(self.view, OrderView):
            return None
        return self.loaded.about.order, self.view, self.known.prices

    def looked_at(self) -> LookedAt:
        """Return the subject as it was judged, for whatever runs beside the live rules."""
        return LookedAt(self.loaded, self.detection, tuple(self.known.agreements))

    def work(self, around: Surroundings) -> Outcome:
        """Bring every case of the subject up to date as it was sorted, and return what that came to."""
        casework = Casework(
            book=self.book,
            scales=self.scales,
            around=around,
            answered=self.answered,
            unshown=self.unshown,
            agreed_keys=self.agreed_keys,
            outcome=self.outcome,
        )
        done = {casework.take_in(filing).pk for filing in self.filings}
        Shadows(self.known, self.detection, self.modes, self.scales).keep()
        for case in self.book.cases.values():
            if case.is_open and case.pk not in done:
                casework.follow(case)
        return self.outcome

    def next_look(self) -> datetime | None:
        """Return when time, a rule or a second reading could next change the answer."""
        moments = [self.detection.next_look, self.policies.next_change(self.loaded.about.company.pk)]
        moments += [damping.second_reading_at(line) for line in self.book.lines if damping.has_doubt(line)]
        moments += self.decisions.next_looks()
        return min((moment for moment in moments if moment is not None), default=None)

    def _only_what_is_on(self, changes: Changes) -> Changes:
        opening = tuple(each for each in changes.to_open if self.modes.is_in(each, TypeMode.ON))
        return replace(changes, to_open=opening)

    def _without_what_is_still_carried_out(self, changes: Changes) -> Changes:
        """Keep lines open, as settled, that a decision covers and on which the mirror does not agree yet."""
        to_clear = []
        for cleared in changes.to_clear:
            if cleared.reason is not Healing.AGREED or self.decisions.mirror_agrees(cleared):
                to_clear.append(cleared)
                continue
            line = self.book.line(cleared.line.key)
            if line.settled_at is None:
                line.settled_at = self.as_of
                line.save(update_fields=["settled_at"])
        return replace(changes, to_clear=tuple(to_clear))

    def _without_what_flaps(self, changes: Changes) -> Changes:
        """Leave out what opened and cleared again and again, until two readings agree (`damping`)."""
        found = {deviation.key for deviation in self.detection.deviations}
        unjudged = self.detection.unjudged
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
