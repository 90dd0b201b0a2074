"""A subject that is no order, as detection sees it: an invoice, a document, a message, a stream, a supplier.

Frozen values, no ORM. A decision on it is bound to what the subject says and to what was expected instead: a
third value on either side makes it lapse, and the deviation is judged anew.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from erp_connectors.canonical.codec import to_json
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.detection.agreement import Agreement, AgreementKind, AgreementState
from exceptions_app.detection.deadlines import JUST_AFTER
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction, Tolerance, ToleranceTable

DIGITS = 63
ACTIVE = frozenset({AgreementState.ACTIVE})


def word_of(fingerprint: str, expected: dict[str, Any]) -> str:
    """Return what a decision is bound to: what the subject says, and what was expected; 63 characters."""
    return hashlib.sha256(fingerprint.encode() + b" " + to_json(expected)).hexdigest()[:DIGITS]


@dataclass(frozen=True, kw_only=True)
class SubjectSnapshot:
    """What is known of one subject; `fingerprint` is of its content, whatever it arrived in.

    `calendar` is the company's. `heard`: what the other side said last, and when; it tells an answer. A
    subject that is not `watched` opens no cases: it is older than the cut-over.
    """

    company: str
    calendar: BusinessCalendar
    tolerances: ToleranceTable
    fingerprint: str
    heard: str | None = None
    watched: bool = True

    @abstractmethod
    def look(
        self, agreements: Iterable[Agreement], as_of: datetime, states: frozenset[AgreementState] = ACTIVE
    ) -> "SubjectView":
        """Return the subject as it is at `as_of`, with the agreements in one of `states`."""


@dataclass(frozen=True)
class SubjectView:
    """One subject at one moment, with the decisions that count and have not ended.

    `lines`: it has no order lines that are judged by themselves.
    """

    snapshot: Any
    as_of: datetime
    agreements: tuple[Agreement, ...]
    lines: tuple[()] = ()

    @property
    def heard(self) -> str | None:
        """What the other side said last."""
        said: str | None = self.snapshot.heard
        return said

    def tolerance(self, type_code: str, direction: Direction, default: Tolerance) -> Tolerance:
        """Return the tolerance that holds for a type on the subject."""
        found: Tolerance = self.snapshot.tolerances.get(type_code, direction, default)
        return found

    def holds(self, key: str, type_code: str, expected: dict[str, Any]) -> list[Agreement]:
        """Return the agreements that hold on a deviation from what is expected."""
        word = word_of(self.snapshot.fingerprint, expected)
        return [
            agreement
            for agreement in self.agreements
            if (agreement.key, agreement.type_code, agreement.answer) == (key, type_code, word)
        ]

    def is_settled(self, deviation: Deviation) -> bool:
        """Say whether an agreement that holds covers the whole of a deviation."""
        return any(
            agreement.quantity is None
            or (deviation.quantity is not None and deviation.quantity <= agreement.quantity)
            for agreement in self.holds(deviation.key, deviation.type_code, deviation.expected)
        )

    def next_end(self, type_code: str) -> datetime | None:
        """Return when the next wait on a type ends."""
        ends = (
            ends_at(self.snapshot.calendar, each) for each in self.agreements if each.type_code == type_code
        )
        return min((end + JUST_AFTER for end in ends if end is not None), default=None)


def counting(
    calendar: BusinessCalendar,
    agreements: Iterable[Agreement],
    as_of: datetime,
    states: frozenset[AgreementState],
) -> tuple[Agreement, ...]:
    """Return the agreements in one of `states` that have not ended at `as_of`, oldest first."""
    return tuple(
        agreement
        for agreement in sorted(agreements, key=lambda each: each.id)
        if agreement.state in states and ((end := ends_at(calendar, agreement)) is None or as_of <= end)
    )


def ends_at(calendar: BusinessCalendar, agreement: Agreement) -> datetime | None:
    """Return when a wait ends: at close of business on its last day; None when it has no end."""
    if agreement.kind is not AgreementKind.WAIT_UNTIL or agreement.until is None:
        return None
    return calendar.end_of_business(agreement.until)
