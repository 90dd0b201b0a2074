"""A document of which something fits no order, as detection sees it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from erp_connectors.canonical.documents import DocumentKind
from exceptions_app.detection.agreement import Agreement, AgreementState
from exceptions_app.detection.deadlines import Deadline
from exceptions_app.detection.subject import ACTIVE, SubjectSnapshot, SubjectView, counting

OTHER_SUPPLIER = "other_supplier"
#: Reasons why a line is about no order that is here (`heads.unplaced`); others: it fits no line of one.
WITHOUT_ORDER = frozenset({"order_unknown", OTHER_SUPPLIER, "no_order_named"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseLine:
    """A line that fits no order: its index (None: the document as a whole), the order it names, and why."""

    order: str
    index: int | None
    reason: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DocumentSnapshot(SubjectSnapshot):
    """One document in its newest revision: `content` is the canonical one, `loose` what fits no order of it.

    `seen_until`: until when both its own stream and that of orders would have told us; None is blind.
    """

    kind: DocumentKind
    key: str
    number: str
    supplier_number: str | None
    first_said_at: datetime
    content: Any
    loose: tuple[LooseLine, ...] = ()
    is_cancelled: bool = False
    seen_until: datetime | None = None

    def look(
        self, agreements: Iterable[Agreement], as_of: datetime, states: frozenset[AgreementState] = ACTIVE
    ) -> "DocumentView":
        """Return the document as it is at `as_of`."""
        return DocumentView(self, as_of, counting(self.calendar, agreements, as_of, states))


@dataclass(frozen=True)
class DocumentView(SubjectView):
    """One document at one moment."""

    @property
    def group(self) -> str:
        """What groups all that is wrong with the document: it, among those of its kind and sender."""
        snapshot = self.snapshot
        return f"{snapshot.supplier_number or ''}/{snapshot.kind}/{snapshot.key}"

    @property
    def deadline(self) -> Deadline:
        """By when its order must be here, as far as both streams are current."""
        return matched_by(self.snapshot)


def matched_by(snapshot: Any) -> Deadline:
    """Return by when what a document names must be here: a business day after it was said first."""
    at = snapshot.calendar.add_business_days(snapshot.first_said_at, 1)
    return Deadline(at, snapshot.seen_until)
