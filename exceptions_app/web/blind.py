"""Since when a queue cannot see: orders whose streams lag, so that silence proves nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce

from erp_connectors.companies import Company
from erp_connectors.documents.models import PurchaseOrder
from erp_connectors.exchange.models import PartnerProfile
from exceptions_app.detection.models import Watch
from exceptions_app.web import formats


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """One connection whose orders cannot be judged beyond `since`."""

    connection: str
    since: datetime
    since_text: str
    orders: int


def blind_spots(company: Company, *, now: datetime) -> list[BlindSpot]:
    """Return where the company is blind, longest first, in one query."""
    blind = Watch.objects.filter(subject_kind="order", blind_since__isnull=False)
    partner = PartnerProfile.objects.filter(supplier=OuterRef("supplier")).order_by("pk")
    found = (
        PurchaseOrder.objects.filter(company=company, pk__in=blind.values("subject_id"))
        .annotate(
            blind_since=Subquery(blind.filter(subject_id=OuterRef("pk")).values("blind_since")[:1]),
            via=Coalesce(Subquery(partner.values("connection__name")[:1]), F("connection__name")),
        )
        .values("via")
        .annotate(since=Min("blind_since"), orders=Count("pk"))
        .order_by("since")
    )
    return [
        BlindSpot(row["via"], row["since"], formats.since(row["since"], now), row["orders"]) for row in found
    ]
