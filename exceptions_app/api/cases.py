"""Cases: the list, one case, its history, what can be decided, and the verbs the caller may use now."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors import clock
from exceptions_app.api.access import Scoped, actor, cases_for, cases_named, person, within
from exceptions_app.api.case_filters import CaseFilter
from exceptions_app.api.case_shapes import (
    ActionSerializer,
    CaseDetailSerializer,
    CaseSerializer,
    EventSerializer,
    ResolutionSerializer,
)
from exceptions_app.api.messages import InquirySerializer, MessageSerializer, inquiry_of
from exceptions_app.api.paging import InOrder, NewestFirst, UpdatedFirst
from exceptions_app.api.repeating import IDEMPOTENCY_KEY, once
from exceptions_app.asking.ask import send_again
from exceptions_app.asking.draft import draft, inquiries_for
from exceptions_app.audit.models import Event
from exceptions_app.cases import actions
from exceptions_app.cases.change import StaleVersion, changes_since, passed_on_since
from exceptions_app.cases.models import Case, Clock, Severity
from exceptions_app.people.models import Team, User
from exceptions_app.playbook import registry
from suppliers.messaging.outbox import messages_about
from suppliers.profiles import Language

VERBS = [verb.code for verb, _ in actions.VERBS]
ABOUT = (
    "order__connection",
    "document__connection",
    "interchange__connection",
    "stream__connection",
    "warehouse",
    "incident",
)
#: Bytes and findings of what a case is about: not shown with it, and large.
UNSHOWN = ("interchange__payload", "interchange__findings", "interchange__envelope", "document__loose")


def with_what_it_is_about(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Return cases read together with what a list shows of them."""
    related = cases.select_related("company", "team", "owner", "supplier", "release", *ABOUT)
    return related.defer(*UNSHOWN)


AROUND = (
    "lines",
    "tasks__team",
    "overrides",
    Prefetch("clocks", Clock.objects.select_related("calendar", "release").order_by("pk")),
    "clocks__segments__calendar",
)
EMPTY: tuple[Any, ...] = (None, "", [])
NUMBER = OpenApiParameter("number", str, OpenApiParameter.PATH)
VERB = OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=VERBS)


class CaseViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Cases the caller may see, newest change first."""

    scopes = {"act": "cases:write", "send_again": "cases:write", "*": "cases:read"}
    pagination_class = UpdatedFirst
    filterset_class = CaseFilter
    lookup_field = "number"
    lookup_value_regex = "[A-Za-z0-9-]+"
    queryset = Case.objects.none()

    def get_queryset(self) -> QuerySet[Case]:
        """Only what the caller may see."""
        cases = with_what_it_is_about(cases_for(self.request))
        return cases.prefetch_related(*AROUND) if self.action in ("retrieve", "act") else cases

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One case comes whole."""
        return CaseDetailSerializer if self.action in ("retrieve", "act") else CaseSerializer

    @extend_schema(parameters=[NUMBER], responses=EventSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=InOrder, filterset_class=None)
    def events(self, request: Request, number: str) -> Response:
        """The history of the case, oldest first."""
        events = Event.objects.filter(case=self.get_object()).select_related("release")
        page = self.paginate_queryset(events)
        return self.get_paginated_response(EventSerializer(page, many=True).data)

    @extend_schema(parameters=[NUMBER], responses=ResolutionSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def resolutions(self, request: Request, number: str) -> Response:
        """What the caller's person may propose for the case now, with what has to be entered."""
        forms = registry.resolutions_for(self.get_object(), person(request))
        return Response(ResolutionSerializer(forms, many=True).data)

    @extend_schema(
        parameters=[NUMBER, OpenApiParameter("language", str, enum=Language.values)],
        responses=InquirySerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def inquiries(self, request: Request, number: str) -> Response:
        """What the caller's person may ask the supplier about the case, and what would be written."""
        case, someone = self.get_object(), person(request)
        if "ask" not in {each.code for each in actions.allowed(case, someone)}:
            return Response([])
        language = request.query_params.get("language", "")
        chosen = Language(language) if language in Language.values else None
        written = [
            draft([case], person=someone, at=clock.now(), inquiry=inquiry, language=chosen)
            for inquiry in inquiries_for([case])
        ]
        return Response(InquirySerializer([inquiry_of(each) for each in written], many=True).data)

    @extend_schema(parameters=[NUMBER], responses=MessageSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=NewestFirst, filterset_class=None)
    def messages(self, request: Request, number: str) -> Response:
        """The messages to the supplier about the case, newest first."""
        page = self.paginate_queryset(messages_about(self.get_object().number))
        return self.get_paginated_response(MessageSerializer(page, many=True).data)

    @extend_schema(
        parameters=[NUMBER, OpenApiParameter("message", UUID, OpenApiParameter.PATH), IDEMPOTENCY_KEY],
        request=None,
        responses=MessageSerializer,
    )
    @action(
        detail=True,
        methods=["post"],
        url_path="messages/(?P<message>[0-9a-f-]{36})/send-again",
        filterset_class=None,
    )
    @once
    def send_again(self, request: Request, number: str, message: str) -> Response:
        """Send a message that failed once more."""
        person(request)
        case = self.get_object()
        failed = get_object_or_404(messages_about(case.number), pk=_uuid_or_404(message))
        send_again(case, failed, by=actor(request))
        return Response(MessageSerializer(messages_about(case.number).get(pk=failed.pk)).data)

    @extend_schema(
        parameters=[
            NUMBER,
            OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=VERBS),
            IDEMPOTENCY_KEY,
        ],
        request=ActionSerializer,
        responses=CaseDetailSerializer,
    )
    @action(detail=True, methods=["post"], url_path="actions/(?P<verb>[a-z_]+)", filterset_class=None)
    @once
    def act(self, request: Request, number: str, verb: str) -> Response:
        """Use a verb that the case lists under `actions`."""
        if verb not in VERBS:
            raise Http404
        given = ActionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        version = given.validated_data.get("expected_version")
        self._tell_who_passed_it_on(request, number, version)
        case = self.get_object()
        someone = person(request)
        allowed = {each.code: each for each in actions.allowed(case, someone)}
        if verb not in allowed:
            # Why it is not allowed any more says more than that it is not.
            if version is not None and version < case.version:
                raise StaleVersion(case, changes_since(case, version))
            can = ", ".join(sorted(allowed)) or "nothing"
            raise exceptions.PermissionDenied(f"{someone} cannot {verb} {case.number} now, only: {can}.")
        wanted = arguments(case, allowed[verb], given.validated_data)
        if "cases" in wanted:
            wanted["cases"] = cases_named(request, wanted["cases"])
        getattr(actions, verb)(case, by=actor(request), expected_version=version, **wanted)
        # Whoever handed it over may no longer see it, and is shown what became of it once more.
        done = with_what_it_is_about(Case.objects.all())
        return Response(self.get_serializer(done.prefetch_related(*AROUND).get(pk=case.pk)).data)

    def _tell_who_passed_it_on(self, request: Request, number: str, version: int | None) -> None:
        """Raise StaleVersion for a case that went to another team since the caller's person saw it."""
        if not isinstance(request.user, User):
            return
        event = passed_on_since(request.user, number, version)
        if event is not None and event.case is not None and event.case in _within_token(request):
            raise StaleVersion(event.case, [event])


def _within_token(request: Request) -> QuerySet[Case]:
    """Return the cases of the company of a token; all for a person signed in."""
    return Case.objects.filter(within(request, action="view_orders"))


def _uuid_or_404(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def arguments(case: Case, verb: actions.AllowedAction, given: dict[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of a verb. Raises ValidationError naming what is missing or unknown."""
    missing = [name for name in verb.needs if given.get(name) in EMPTY]
    if missing:
        raise exceptions.ValidationError(dict.fromkeys(missing, "This is needed."))
    wanted: dict[str, Any] = {
        name: given[name] for name in (*verb.needs, *verb.takes) if given.get(name) not in EMPTY
    }
    if "to" in wanted:
        people = User.objects.filter(memberships__team__company=case.company, is_active=True).distinct()
        wanted["to"] = people.filter(username=wanted["to"]).first()
    if "team" in wanted:
        wanted["team"] = Team.objects.filter(company=case.company, code=wanted["team"]).first()
    if "severity" in wanted:
        wanted["severity"] = Severity[wanted["severity"].upper()]
    unknown = [name for name, value in wanted.items() if value is None]
    if unknown:
        raise exceptions.ValidationError(
            {name: f"{given[name]!r} is nobody and nothing in {case.company}." for name in unknown}
        )
    return wanted
