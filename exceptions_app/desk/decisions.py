"""What was decided on the lines of one subject, held against what there is to be seen of it by now."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from exceptions_app.cases.book import Book
from exceptions_app.cases.models import CaseLine
from exceptions_app.detection import registry
from exceptions_app.detection.agreement import Agreement, AgreementKind, AgreementState
from exceptions_app.detection.agreements import Holding, holding
from exceptions_app.detection.detect import Detection
from exceptions_app.detection.reconcile import Cleared
from exceptions_app.detection.subject import SubjectView
from exceptions_app.detection.view import LineView, OrderView

ACTIVE = frozenset({AgreementState.ACTIVE})
#: What ends a deviation by being agreed. A wait and an awaited credit end with what comes of them.
FINAL = frozenset({AgreementKind.ACCEPTED, AgreementKind.WAIVED})
#: A document we enter ourselves, a confirmation on the supplier's behalf, is in the mirror by then.
ENTERED_WITHIN = timedelta(minutes=10)
#: Clocks differ: what the ERP dates so soon after it answered may have been said before it acted.
SHOWN_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """The decided lines of a subject as it is seen; `agreed_keys` are of lines with an agreement on file."""

    book: Book
    snapshot: Any
    view: OrderView | SubjectView
    detection: Detection
    agreed_keys: Collection[str]
    as_of: datetime

    def mirror_agrees(self, cleared: Cleared) -> bool:
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

    def late_to_show(self) -> list[CaseLine]:
        """Return the decided lines on which the ERP does not show in time what it said it has done."""
        return [line for line in self._being_carried_out() if self._is_late_to_show(line)]

    def returned(self) -> list[str]:
        """Return the keys of lines that were decided and deviate all the same."""
        return [line.key for line in self._decided_lines() if self._is_due_back(line)]

    def next_looks(self) -> Iterator[datetime]:
        """Yield when what was decided must be here, or be shown by the ERP."""
        yield from (self._expected_by(line) for line in self._decided_lines() if not self._is_due_back(line))
        yield from (self._shows_by(line) for line in self._being_carried_out())

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
        shown_by: datetime = self.snapshot.calendar.add_business_days(line.settled_at or self.as_of, 1)
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
        held = holding(self.snapshot, view.line, [carried_out], ACTIVE, self.as_of)
        return any(agreed.aspects <= each.aspects for each in held)

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
