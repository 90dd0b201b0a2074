"""A kind of subject: from its watches to what the desk needs of each, in a fixed number of queries."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from erp_connectors.documents.models import OrderLine
from erp_connectors.errors import RightlineError
from exceptions_app.cases.about import About
from exceptions_app.cases.models import AgreementRow
from exceptions_app.detection.agreement import Agreement, AgreementState
from exceptions_app.detection.agreement_rows import agreement_of
from exceptions_app.detection.load import LoadedOrder
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies.lookup import LineScope, Policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One subject as detection looks at it (`snapshot`), with the rows behind it.

    `lines` are the order lines its deviations may be about, and `scopes` where they stand for the policies,
    by the number a deviation names; what names none stands in the scope of the whole. `order` is the subject
    itself, where it is one.
    """

    about: About
    snapshot: Any
    order: LoadedOrder | None = None
    lines: Mapping[str, OrderLine] = field(default_factory=dict)
    scopes: Mapping[str, LineScope] = field(default_factory=dict)

    @property
    def whole(self) -> LineScope:
        """Where the subject as a whole stands."""
        supplier = self.about.supplier
        return LineScope(
            company_id=self.about.company.pk, supplier_id=supplier.pk if supplier is not None else None
        )

    @property
    def stands_in(self) -> Collection[LineScope]:
        """Every scope in which something of the subject stands."""
        return [*self.scopes.values(), self.whole]

    def scope(self, line_number: str | None) -> LineScope:
        """Return where a line stands, or the whole."""
        return self.scopes.get(line_number or "", self.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Subjects of one kind with the policies they are judged by; `problems` are of those nobody can read."""

    policies: Policies
    subjects: Mapping[int, Loaded] = field(default_factory=dict)
    problems: Mapping[int, RightlineError] = field(default_factory=dict)


def world_of(policies: Policies, loads: Mapping[int, Callable[[], Loaded]]) -> World:
    """Return what each of `loads` gives; what cannot be read is a problem, and harms no other."""
    subjects: dict[int, Loaded] = {}
    problems: dict[int, RightlineError] = {}
    for subject_id, load in loads.items():
        try:
            subjects[subject_id] = load()
        except RightlineError as problem:
            problems[subject_id] = problem
    return World(policies=policies, subjects=subjects, problems=problems)


class Subject(ABC):
    """One kind of subject."""

    kind: ClassVar[SubjectKind]

    @abstractmethod
    def load(self, ids: Collection[int], as_of: datetime) -> World:
        """Return the subjects as they are now, to be judged at `as_of`; what cannot be read is a problem."""

    @abstractmethod
    def queue_up_for(self, ids: Collection[int]) -> None:
        """Lock the subjects, in one order for all, or wait for whoever changes them or looks at them too."""

    def agreements(self, ids: Collection[int]) -> dict[int, list[Agreement]]:
        """Return the pending and active agreements on each subject that has any, in one query."""
        rows = AgreementRow.objects.filter(
            subject_kind=self.kind,
            subject_id__in=ids,
            state__in=(AgreementState.PENDING, AgreementState.ACTIVE),
        )
        found: dict[int, list[Agreement]] = {}
        for row in rows.select_related("order_line").order_by("pk"):
            if row.subject_id is not None:
                found.setdefault(row.subject_id, []).append(agreement_of(row))
        return found
