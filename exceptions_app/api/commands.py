"""Commands: what is written to an ERP, under whose authorisation, and what came of it."""

import django_filters
from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets

from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.api.access import Scoped, within
from exceptions_app.api.paging import NewestFirst


class CommandSerializer(serializers.ModelSerializer):
    """One write to an ERP, under whose authorisation, and what came of it."""

    connection = serializers.CharField(source="connection.code", read_only=True)
    order = serializers.CharField(source="order.number", read_only=True)
    content = serializers.DictField(read_only=True)
    authorisation = serializers.DictField(read_only=True)
    state = serializers.ChoiceField(choices=CommandState.choices, read_only=True)
    answer = serializers.DictField(read_only=True)

    class Meta:
        model = Command
        fields = [
            "id",
            "connection",
            "order",
            "kind",
            "content",
            "authorisation",
            "case_number",
            "group",
            "state",
            "attempts",
            "last_error",
            "created_at",
            "sent_at",
            "settled_at",
            "answer",
        ]
        read_only_fields = fields


class CommandFilter(django_filters.FilterSet):
    """By state, case, order, kind and group."""

    state = django_filters.ChoiceFilter(choices=CommandState.choices)
    case = django_filters.CharFilter(field_name="case_number")
    order = django_filters.CharFilter(field_name="order__number")
    kind = django_filters.CharFilter()
    group = django_filters.UUIDFilter()

    class Meta:
        model = Command
        fields: list[str] = []


class CommandViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Commands to the ERPs of the caller's companies, newest first."""

    scopes = {"*": "orders:read"}
    pagination_class = NewestFirst
    serializer_class = CommandSerializer
    filterset_class = CommandFilter
    queryset = Command.objects.none()

    def get_queryset(self) -> QuerySet[Command]:
        """Only commands of the caller's companies."""
        commands = Command.objects.filter(within(self.request, "connection__company"))
        return commands.select_related("connection", "order")
