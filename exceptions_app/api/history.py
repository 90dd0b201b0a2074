"""The history of everything: for auditors' programs, as for auditors on their screen."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, viewsets

from exceptions_app.api.access import Scoped
from exceptions_app.api.case_shapes import EventSerializer
from exceptions_app.api.moments import MomentFilter
from exceptions_app.api.paging import NewestFirst
from exceptions_app.audit import queries
from exceptions_app.audit.models import Event
from exceptions_app.audit.queries import Search
from exceptions_app.people.models import ApiToken, User


class LatestFirst(NewestFirst):
    """What happened last comes first."""

    ordering = ("-at", "-id")


class SealedEventSerializer(EventSerializer):
    """One event, with its place and hash in the chain; null: it waits for its seal, for a second.

    `company` null: it is about the installation, about several companies, or about every one.
    """

    company = serializers.CharField(source="company.code", default=None, allow_null=True, read_only=True)
    case = serializers.CharField(source="case.number", default=None, allow_null=True, read_only=True)
    seal = serializers.IntegerField(source="seal.sequence", default=None, allow_null=True, read_only=True)
    hash = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = [
            *EventSerializer.Meta.fields,
            "company",
            "case",
            "subject_kind",
            "subject_id",
            "seal",
            "hash",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_hash(self, event: Event) -> str | None:
        """The hash of its seal, in hexadecimal."""
        seal = getattr(event, "seal", None)
        return bytes(seal.hash).hex() if seal else None


class EventFilter(django_filters.FilterSet):
    """As on the auditor's screen: `since` inclusive, `until` exclusive; `q` are three letters or more."""

    since = MomentFilter(method="look_for")
    until = MomentFilter(method="look_for")
    kind = django_filters.CharFilter(method="look_for")
    who = django_filters.CharFilter(method="look_for")
    subject = django_filters.CharFilter(method="look_for")
    q = django_filters.CharFilter(method="look_for")

    class Meta:
        model = Event
        fields: list[str] = []

    def look_for(self, events: QuerySet[Event], name: str, value: Any) -> QuerySet[Event]:
        """Return what is looked for by one of the filters."""
        wanted = {"kind": {"kinds": (value,)}, "q": {"text": value}}.get(name, {name: value})
        return queries.found(events, Search(**wanted))


class EventViewSet(Scoped, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Everything that happened and the caller may read of, newest first."""

    scopes = {"*": "history:read"}
    pagination_class = LatestFirst
    serializer_class = SealedEventSerializer
    filterset_class = EventFilter
    queryset = Event.objects.none()

    def get_queryset(self) -> QuerySet[Event]:
        """A token reads of its company, a person as on the screen; a token of a person what both may."""
        token, person = self.request.auth, self.request.user
        events = queries.visible_events(person) if isinstance(person, User) else Event.objects.all()
        if isinstance(token, ApiToken):
            events = queries.of_companies(events, [token.company_id])
        return events.select_related("company", "case", "release", "seal")
