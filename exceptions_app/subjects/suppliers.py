"""Suppliers, with what was observed of them over their orders."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from erp_connectors.documents.models import Supplier
from exceptions_app.cases.about import About
from exceptions_app.cases.models import Case
from exceptions_app.detection.performance import PriceObservation, SupplierSnapshot
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.incidents.models import IncidentState
from exceptions_app.performance.models import PriceObservation as Row
from exceptions_app.policies import lookup
from exceptions_app.policies.lookup import LineScope, Policies
from exceptions_app.subjects.subject import Loaded, Subject, World

#: So many orders back a chart looks.
MOST_OBSERVED = 300
YEAR = timedelta(days=365)


class Suppliers(Subject):
    """A supplier is judged by the newest of its orders. What happened in an incident says nothing of it."""

    kind = SubjectKind.SUPPLIER

    def load(self, ids: Collection[int], as_of: datetime) -> World:
        """Return the suppliers with their observations, in a number of queries that does not grow."""
        suppliers = list(Supplier.objects.filter(pk__in=ids).select_related("company", "connection"))
        policies = lookup.load({supplier.company_id for supplier in suppliers}, as_of)
        rows = _newest(ids)
        return World(
            policies=policies,
            subjects={
                supplier.pk: as_subject(supplier, rows.get(supplier.pk, []), policies, as_of)
                for supplier in suppliers
            },
        )

    def queue_up_for(self, ids: Collection[int]) -> None:
        """Lock the rows of the suppliers."""
        rows = Supplier.objects.filter(pk__in=ids).order_by("pk")
        list(rows.select_for_update(no_key=True).values_list("pk"))


def observed_of(ids: Collection[int]) -> QuerySet[Row]:
    """Return what was observed of suppliers, but on orders in an incident."""
    in_incident = Case.objects.filter(
        incident__state__in=(IncidentState.CONFIRMED, IncidentState.ENDED), supplier__in=ids
    ).values("order")
    observed = Row.objects.filter(supplier__in=ids).select_related("order")
    return observed.exclude(order__in=in_incident.filter(order__isnull=False))


def _newest(ids: Collection[int]) -> dict[int, list[Row]]:
    """Return the newest observations of each supplier, oldest first."""
    ranked = observed_of(ids).annotate(
        rank=Window(
            RowNumber(),
            partition_by=F("supplier"),
            order_by=[F("said_at").desc(), F("order").desc()],
        )
    )
    return in_turn(ranked.filter(rank__lte=MOST_OBSERVED))


def in_turn(observed: Iterable[Row]) -> dict[int, list[Row]]:
    """Return observations by their supplier, the first that was said first."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in observed:
        found[row.supplier_id].append(row)
    # What was said at one moment stands by number: which order came in first says nothing.
    return {
        supplier: sorted(rows, key=lambda row: (row.said_at, row.order.number))
        for supplier, rows in found.items()
    }


def as_subject(supplier: Supplier, rows: Iterable[Row], policies: Policies, as_of: datetime) -> Loaded:
    """Return a supplier with what was observed of it, the oldest first, as the desk takes it."""
    company = supplier.company
    whole = LineScope(company_id=company.pk, supplier_id=supplier.pk)
    observed = [seen for row in rows if (seen := _observation(row, company.pk, policies)) is not None]
    return Loaded(
        about=About(
            kind=SubjectKind.SUPPLIER,
            id=supplier.pk,
            company=company,
            connection=supplier.connection.code,
            supplier=supplier,
            buyer=supplier.buyer,
        ),
        snapshot=SupplierSnapshot(
            company=company.code,
            calendar=policies.of(company.pk).calendar,
            tolerances=policies.tolerances(whole),
            # A plan holds while the supplier goes on drifting: it is about the supplier, not about an order.
            fingerprint=supplier.number,
            number=supplier.number,
            currency=company.currency,
            prices=tuple(observed),
            yearly=sum((each.ordered for each in observed if each.said_at >= as_of - YEAR), Decimal(0)),
        ),
    )


def _observation(row: Row, company_id: int, policies: Policies) -> PriceObservation | None:
    """Return an observation in the company's currency; None without an exchange rate."""
    ordered = policies.in_company_currency(row.ordered, row.currency, company_id)
    difference = policies.in_company_currency(row.difference, row.currency, company_id)
    if not ordered or difference is None:
        return None
    return PriceObservation(
        order=row.order.number, said_at=row.said_at, ordered=ordered, difference=difference
    )
