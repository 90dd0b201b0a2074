"""Questions about what types in shadow have found: the list, and what it would have come to by type."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from erp_connectors.companies import Company
from exceptions_app.shadow.models import ShadowFinding

#: What would have come together is counted no further than this.
CAP = 10_000


@dataclass(frozen=True, slots=True)
class Total:
    """What one type would have opened in one company: cases, lines, and the money at risk that is known."""

    type_code: str
    company: str
    currency: str
    cases: int
    lines: int
    at_risk: Decimal | None


def findings_in(companies: Iterable[Company]) -> QuerySet[ShadowFinding]:
    """Return what types in shadow have found in these companies."""
    rows = ShadowFinding.objects.filter(company__in=list(companies))
    return rows.select_related("company", "supplier", "order", "document", "team", "release")


def text_in_finding(text: str) -> Q:
    """Return the condition that a finding has `text` in what people know it by."""
    names = ("headline", "order__number", "document__number", "supplier__name", "supplier__number")
    found = Q(order_line__item_number__icontains=text)
    for name in names:
        found |= Q(**{f"{name}__icontains": text})
    return found


def totals(found: QuerySet[ShadowFinding]) -> list[Total]:
    """Return what the newest CAP of the findings come to, by type and company, the dearest first."""
    newest = found.order_by("-pk").values("pk")[:CAP]
    rows = (
        ShadowFinding.objects.filter(pk__in=newest)
        .order_by()
        .values_list("type_code", "company__name", "company__currency")
        .annotate(cases=Count("group_key", distinct=True), lines=Count("pk"), at_risk=Sum("at_risk"))
    )
    return sorted((Total(*row) for row in rows), key=lambda total: -(total.at_risk or Decimal(0)))
