"""Questions on incidents: how much came together in each, how much of it is open, and what belongs there."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from exceptions_app.cases.models import ENDED, Case
from exceptions_app.incidents.models import LIVE, Incident


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


def could_join(incident: Incident, cases: QuerySet[Case]) -> QuerySet[Case]:
    """Return those of `cases` that may be added to an incident, the newest first."""
    alike = cases.filter(
        company=incident.company, supplier=incident.supplier, type_code=incident.type_code, incident=None
    )
    return alike.exclude(state__in=ENDED).order_by("-opened_at", "-pk")


def suitable_for(case: Case) -> QuerySet[Incident]:
    """Return the live incidents a case could be added to, the newest first; none where it is in one."""
    if case.incident_id is not None or case.supplier_id is None or case.state in ENDED:
        return Incident.objects.none()
    alike = Incident.objects.filter(
        company=case.company_id, supplier=case.supplier_id, type_code=case.type_code, state__in=LIVE
    )
    return alike.order_by("-suggested_at", "-pk")


def _counted(found: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(found.values("found"), output_field=IntegerField()), 0)
