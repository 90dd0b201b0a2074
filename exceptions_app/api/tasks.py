"""Tasks: the work of told teams on the cases the caller may see."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from exceptions_app.api.access import Scoped, actor, cases_for, person
from exceptions_app.api.moments import MomentFilter
from exceptions_app.api.paging import ByKey
from exceptions_app.api.repeating import IDEMPOTENCY_KEY, once
from exceptions_app.cases import actions
from exceptions_app.cases.models import Task, TaskState


class TaskSerializer(serializers.ModelSerializer):
    """Work of a told team."""

    case = serializers.CharField(source="case.number", read_only=True)
    team = serializers.CharField(source="team.code", read_only=True)
    facts = serializers.DictField(read_only=True)

    class Meta:
        model = Task
        fields = ["id", "case", "team", "title", "body", "facts", "state", "due_at", "done_at", "outcome"]
        read_only_fields = fields


class CompletionSerializer(serializers.Serializer):
    """What came of a task."""

    outcome = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class TaskFilter(django_filters.FilterSet):
    """By state, team, case and due time."""

    state = django_filters.ChoiceFilter(choices=TaskState.choices)
    team = django_filters.CharFilter(field_name="team__code")
    case = django_filters.CharFilter(field_name="case__number")
    due_before = MomentFilter(field_name="due_at", lookup_expr="lt")

    class Meta:
        model = Task
        fields: list[str] = []


class TaskViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Tasks on the cases the caller may see."""

    scopes = {"complete": "cases:write", "*": "cases:read"}
    pagination_class = ByKey
    serializer_class = TaskSerializer
    filterset_class = TaskFilter
    queryset = Task.objects.none()

    def get_queryset(self) -> QuerySet[Task]:
        """Only tasks of visible cases."""
        return Task.objects.filter(case__in=cases_for(self.request)).select_related("team", "case")

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=CompletionSerializer, responses=TaskSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    @once
    def complete(self, request: Request, pk: str) -> Response:
        """Say that the task is done, and what came of it."""
        person(request)
        task = self.get_object()
        given = CompletionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actions.complete_task(task, by=actor(request), outcome=given.validated_data["outcome"])
        return Response(TaskSerializer(Task.objects.select_related("team", "case").get(pk=task.pk)).data)
