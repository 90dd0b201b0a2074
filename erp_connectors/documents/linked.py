"""What is linked to the number of an order: by its ERP, and by each partner."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F

from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.companies import Connection
from erp_connectors.documents.heads import newest_of
from erp_connectors.documents.models import Document


@dataclass(slots=True)
class Heard:
    """What is linked to one order number: by the ERP, by each partner; the findings of its transactions."""

    by_erp: list[Document] = field(default_factory=list)
    findings: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    by_partner: dict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))

    @property
    def newest_order(self) -> Document | None:
        """The newest revision of the order itself, ties told apart as the positions do."""
        revisions = [row for row in self.by_erp if row.kind == DocumentKind.PURCHASE_ORDER]
        return newest_of(revisions) if revisions else None

    @property
    def rows(self) -> Iterable[Document]:
        """Everything that is linked, once for every name."""
        return [*self.by_erp, *(row for some in self.by_partner.values() for row in some)]

    def about(self, supplier: str) -> list[Document]:
        """Return what counts for the order of this supplier; another's word on its number does not."""
        counting = [*self.by_erp, *self.by_partner.get(supplier, ())]
        return list({row.pk: row for row in counting}.values())

    def by(self, moment: datetime) -> "Heard":
        """Return what was linked and recorded by a moment."""
        return Heard(
            by_erp=[row for row in self.by_erp if row.recorded_at <= moment],
            by_partner=defaultdict(
                list,
                {
                    partner: [row for row in rows if row.recorded_at <= moment]
                    for partner, rows in self.by_partner.items()
                },
            ),
        )


def heard_of(numbers: Collection[str], connection: Connection) -> dict[str, Heard]:
    """Return the documents linked to each order, once for every name they are linked under."""
    named = Document.objects.filter(orders__connection=connection, orders__order_number__in=numbers).annotate(
        named_under=F("orders__supplier_number"),
        named=F("orders__order_number"),
        noted=F("transaction__findings"),
    )
    heard = {number: Heard() for number in numbers}
    for row in named:
        one = heard[row.named]
        if row.transaction_id:
            one.findings[row.transaction_id] = row.noted
        (one.by_partner[row.named_under] if row.named_under else one.by_erp).append(row)
    return heard
