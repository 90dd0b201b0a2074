"""By what cases are filtered in the API."""

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet

from exceptions_app.api.case_shapes import SEVERITIES
from exceptions_app.api.moments import MomentFilter
from exceptions_app.cases.models import OUR_CLOCKS, Case, CaseLine, CaseState, Clock, Severity
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.overrides.models import Override


class CaseFilter(django_filters.FilterSet):
    """The filters of the interface; several states as `state=new&state=assigned`."""

    state = django_filters.MultipleChoiceFilter(choices=CaseState.choices, distinct=False)
    type = django_filters.CharFilter(field_name="type_code")
    team = django_filters.CharFilter(field_name="team__code")
    owner = django_filters.CharFilter(field_name="owner__username")
    supplier = django_filters.CharFilter(field_name="supplier__number")
    order = django_filters.CharFilter(field_name="order__number")
    incident = django_filters.CharFilter(field_name="incident__number")
    subject = django_filters.ChoiceFilter(
        field_name="subject_kind", choices=[(kind.value, kind.value) for kind in SubjectKind]
    )
    document = django_filters.CharFilter(field_name="document__number")
    interchange = django_filters.UUIDFilter(field_name="interchange_id")
    connection = django_filters.CharFilter(method="filter_connection")
    warehouse = django_filters.CharFilter(field_name="warehouse__code")
    item = django_filters.CharFilter(method="filter_item")
    severity = django_filters.ChoiceFilter(
        choices=[(name, name) for name in SEVERITIES], method="filter_severity"
    )
    breached = django_filters.BooleanFilter(method="filter_breached")
    overridden = django_filters.BooleanFilter(method="filter_overridden")
    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = Case
        fields: list[str] = []

    def filter_item(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Cases with a line on this item."""
        lines = CaseLine.objects.filter(case=OuterRef("pk"), order_line__item_number=value)
        return cases.filter(Exists(lines))

    def filter_connection(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Cases about something of this ERP or mailbox."""
        found = Q()
        for about in ("interchange", "stream", "document", "order"):
            found |= Q(**{f"{about}__connection__code": value})
        return cases.filter(found)

    def filter_severity(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Cases of one band."""
        return cases.filter(severity=Severity[value.upper()])

    def filter_overridden(self, cases: QuerySet[Case], name: str, value: bool) -> QuerySet[Case]:
        """Cases on which something was ever set by hand, or nothing was."""
        by_hand = Exists(Override.objects.filter(case=OuterRef("pk")))
        return cases.filter(by_hand) if value else cases.filter(~by_hand)

    def filter_breached(self, cases: QuerySet[Case], name: str, value: bool) -> QuerySet[Case]:
        """Cases with a clock of ours that ran out and has not stopped, or without one."""
        out = Exists(
            Clock.objects.filter(
                case=OuterRef("pk"),
                kind__in=OUR_CLOCKS,
                breached_at__isnull=False,
                stopped_at__isnull=True,
            )
        )
        return cases.filter(out) if value else cases.filter(~out)
