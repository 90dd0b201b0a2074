"""What was known of suppliers at moments that have passed: by the prices said until then, order by order.

Of an order only what it came to last is kept, from when its prices were said first: a price that was
corrected counts as if it had been right at once.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import datetime

from erp_connectors.documents.models import Supplier
from exceptions_app.cases.models import AgreementRow
from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.agreement_rows import agreement_of
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.performance.models import PriceObservation
from exceptions_app.policies.lookup import Policies
from exceptions_app.subjects.subject import Loaded
from exceptions_app.subjects.suppliers import MOST_OBSERVED, as_subject, in_turn, observed_of


class SupplierPast:
    """One supplier through time."""

    kind = SubjectKind.SUPPLIER

    def __init__(
        self, supplier: Supplier, observed: Sequence[PriceObservation], agreed: Sequence[AgreementRow]
    ) -> None:
        self.supplier, self.observed, self.agreed = supplier, observed, agreed
        self.id, self.company_id, self.number = supplier.pk, supplier.company_id, supplier.number
        self._said = [row.said_at for row in observed]

    def moments(self) -> set[datetime]:
        """Return when prices of an order were said first, or something was agreed."""
        return {*self._said, *(row.made_at for row in self.agreed)}

    def at(self, moment: datetime, policies: Policies) -> Loaded | None:
        """Return it with what was said by a moment; None: nothing was. Raises ConfigurationError."""
        known = self.observed[: bisect_right(self._said, moment)]
        return as_subject(self.supplier, known[-MOST_OBSERVED:], policies, moment) if known else None

    def agreements(self, moment: datetime) -> list[Agreement]:
        """Return what had been agreed on it by a moment."""
        return [agreement_of(row) for row in self.agreed if row.made_at <= moment]


def suppliers_then(ids: Collection[int], agreed: dict[int, list[AgreementRow]]) -> list[SupplierPast]:
    """Return the past of suppliers, in the order of their primary keys; `agreed`: what was agreed on each."""
    observed = in_turn(observed_of(ids))
    suppliers = Supplier.objects.filter(pk__in=ids).select_related("company", "connection").order_by("pk")
    return [SupplierPast(each, observed.get(each.pk, []), agreed.get(each.pk, [])) for each in suppliers]
