"""Questions on incidents: how much came together in each, and how much of it is still open."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from exceptions_app.cases.models import ENDED, Case
from exceptions_app.incidents.models import Incident


def with_figures(incidents: QuerySet[Incident]) -> QuerySet[Any]:
    """Return incidents with `case_count`, `open_count`, `order_count`, `value` and `expected_loss`.

    Counted for each incident that is shown, not for all there are. The sums are of its open cases, in the
    company's currency; None: there is none, or their value is unknown.
    """
    cases = Case.objects.filter(incident=OuterRef("pk")).order_by().values("incident")
    still_open = cases.exclude(state__in=ENDED)
    return incidents.annotate(
        case_count=_counted(cases.annotate(found=Count("pk"))),
        open_count=_counted(still_open.annotate(found=Count("pk"))),
        order_count=_counted(cases.annotate(found=Count("order", distinct=True))),
        value=Subquery(still_open.annotate(found=Sum("amount")).values("found")),
        expected_loss=Subquery(still_open.annotate(found=Sum("expected_loss")).values("found")),
    )


def _counted(found: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(found.values("found"), output_field=IntegerField()), 0)
