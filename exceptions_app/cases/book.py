"""The cases of one subject, and which of them a deviation belongs to.

One case is open per type and group. A new deviation joins it; without one, the case in which the same key
ended within 14 days is taken up again; else a new case opens. What a lead dismissed stays so until its values
change.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from exceptions_app.cases.about import About
from exceptions_app.cases.change import RELATED
from exceptions_app.cases.lines import open_line_of
from exceptions_app.cases.models import ENDED, Case, CaseLine, CaseState
from exceptions_app.detection.reconcile import Changes, OpenLine
from exceptions_app.deviation import Deviation

REOPEN_WITHIN = timedelta(days=14)


@dataclass(slots=True, kw_only=True)
class Filing:
    """What happens to one case: lines to add, to give new values, to clear (with the reason).

    `case` None: a new one opens. `returned` are lines that were decided and deviate again.
    """

    type_code: str
    group_key: str
    case: Case | None
    added: list[Deviation] = field(default_factory=list)
    updated: list[tuple[CaseLine, Deviation]] = field(default_factory=list)
    cleared: list[tuple[CaseLine, str]] = field(default_factory=list)
    returned: list[CaseLine] = field(default_factory=list)


#: By the primary key of the case, or by type and group where a new one opens.
Filings = dict[int | tuple[str, str], Filing]


class Book:
    """The open cases of a subject, the dismissed ones that still deviate, and those that ended lately."""

    def __init__(self, about: About, cases: Iterable[Case], lines: Iterable[CaseLine]) -> None:
        self.about = about
        self.cases = {case.pk: case for case in cases}
        self.lines = list(lines)

    def of(self, line: CaseLine) -> Case:
        """Return the case of a line."""
        return self.cases[line.case_id]

    def open_lines(self) -> list[OpenLine]:
        """Return the lines that are not cleared, as reconciliation looks at them."""
        return [open_line_of(line, self.of(line).type_code) for line in self.lines if not line.cleared_at]

    def uncleared(self, case: Case) -> list[CaseLine]:
        """Return the lines of a case that are not cleared."""
        return [line for line in self.lines if line.case_id == case.pk and not line.cleared_at]

    def line(self, key: str) -> CaseLine:
        """Return the line with this key that is not cleared. Raises KeyError."""
        return {line.key: line for line in self.lines if not line.cleared_at}[key]

    def history(self, key: str) -> list[CaseLine]:
        """Return all lines with this key, the oldest first."""
        return [line for line in self.lines if line.key == key]

    def newest_lines(self) -> list[CaseLine]:
        """Return the newest line of every key."""
        return list({line.key: line for line in self.lines}.values())

    def group_key(self, deviation: Deviation) -> str:
        """Return what groups a deviation: what its type says, within the ERP it is from."""
        return f"{self.about.connection}/{deviation.group}"

    def open_case(self, type_code: str, group_key: str) -> Case | None:
        """Return the open case of a type and group."""
        return next(
            (
                case
                for case in self.cases.values()
                if case.is_open and (case.type_code, case.group_key) == (type_code, group_key)
            ),
            None,
        )

    def ended_case(self, keys: Iterable[str], as_of: datetime) -> Case | None:
        """Return the case that ended last, within 14 days, of those in which one of `keys` was open."""
        wanted = set(keys)
        ended = [
            case
            for line in self.lines
            if line.key in wanted and not (case := self.of(line)).is_open
            if case.closed_at is not None and case.closed_at > as_of - REOPEN_WITHIN
        ]
        return max(ended, key=lambda case: (case.closed_at, case.pk), default=None)

    def file(self, changes: Changes, returned: Iterable[str], as_of: datetime) -> list[Filing]:
        """Return what happens to each case: of the changes, and of decided lines that have `returned`."""
        filings: Filings = {}
        for cleared in changes.to_clear:
            line = self.line(cleared.line.key)
            self._filing(filings, self.of(line)).cleared.append((line, cleared.reason.value))
        for deviation in changes.to_update:
            self._file_update(filings, deviation)
        for key in returned:
            line = self.line(key)
            self._filing(filings, self.of(line)).returned.append(line)
        for deviation in changes.to_open:
            self._file_new(filings, deviation)
        for filing in [filing for filing in filings.values() if filing.case is None]:
            filing.case = self.ended_case((deviation.key for deviation in filing.added), as_of)
        return list(filings.values())

    def _file_update(self, filings: Filings, deviation: Deviation) -> None:
        """File new values; what was dismissed with others is taken up again, by the open case if any."""
        line = self.line(deviation.key)
        case = self.of(line)
        open_case = self.open_case(deviation.type_code, self.group_key(deviation))
        if not case.is_open and open_case is not None:
            self._filing(filings, case).cleared.append((line, f"taken up in {open_case.number}"))
            self._filing(filings, open_case).added.append(deviation)
            return
        self._filing(filings, case).updated.append((line, deviation))

    def _file_new(self, filings: Filings, deviation: Deviation) -> None:
        group = (deviation.type_code, self.group_key(deviation))
        case = self.open_case(*group) or self._taken_up(filings, group)
        if case is not None:
            self._filing(filings, case).added.append(deviation)
            return
        new = filings.setdefault(group, Filing(type_code=group[0], group_key=group[1], case=None))
        new.added.append(deviation)

    @staticmethod
    def _taken_up(filings: Filings, group: tuple[str, str]) -> Case | None:
        """Return the ended case of the group that other news takes up again."""
        for filing in filings.values():
            if (filing.type_code, filing.group_key) == group and filing.updated:
                return filing.case
        return None

    @staticmethod
    def _filing(filings: Filings, case: Case) -> Filing:
        new = Filing(type_code=case.type_code, group_key=case.group_key, case=case)
        return filings.setdefault(case.pk, new)


def locked_books(abouts: Iterable[About], as_of: datetime) -> dict[int, Book]:
    """Lock the cases of subjects of one kind and return the book of each, in two queries."""
    known = {about.id: about for about in abouts}
    still_deviates = CaseLine.objects.filter(case=OuterRef("pk"), cleared_at=None)
    cases: dict[int, list[Case]] = defaultdict(list)
    for case in (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related(*RELATED)
        .filter(
            ~Q(state__in=ENDED)
            | Q(closed_at__gt=as_of - REOPEN_WITHIN)
            | (Q(state=CaseState.DISMISSED) & Exists(still_deviates)),
            subject_kind__in={about.kind for about in known.values()},
            subject_id__in=known,
        )
        .order_by("pk")
    ):
        if case.subject_id is not None:
            cases[case.subject_id].append(case)
    subject_of = {case.pk: subject_id for subject_id, some in cases.items() for case in some}
    lines: dict[int, list[CaseLine]] = defaultdict(list)
    for line in CaseLine.objects.filter(case__in=subject_of).select_related("order_line").order_by("pk"):
        lines[subject_of[line.case_id]].append(line)
    return {
        subject_id: Book(about, cases[subject_id], lines[subject_id]) for subject_id, about in known.items()
    }
