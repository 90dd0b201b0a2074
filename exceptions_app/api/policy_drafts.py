"""Drafts and releases of the rules: read in sentences, written as a list of changes, reviewed, published."""

from collections.abc import Callable
from typing import Any

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors import clock
from erp_connectors.companies import Company
from exceptions_app.api.access import Scoped, actor, companies, person
from exceptions_app.api.paging import NewestFirst
from exceptions_app.api.policies import ReleaseSerializer
from exceptions_app.api.repeating import IDEMPOTENCY_KEY, once
from exceptions_app.people.models import ApiToken, User
from exceptions_app.people.permissions import NotAllowed, companies_open
from exceptions_app.policies import drafts, policy_files, publishing
from exceptions_app.policies.draft_models import Action, DraftState, PolicyDraft
from exceptions_app.policies.models import PolicyRelease
from exceptions_app.policies.sentences import sentences

#: Verb -> the permission it takes in every company the draft is about.
VERBS: dict[str, str] = {
    "submit": "edit_policies",
    "reopen": "edit_policies",
    "withdraw": "edit_policies",
    "rebase": "edit_policies",
    "approve": "review_policies",
    "ask_back": "review_policies",
    "schedule": "publish_policies",
    "publish": "publish_policies",
    "comment": "view_policies",
}


class ChangeSerializer(serializers.Serializer):
    """One change of one rule: in words, and with all its values before and after.

    Values are those of the files of rules; other rows are named as there (a supplier as "connection/number").
    """

    table = serializers.CharField()
    action = serializers.ChoiceField(choices=Action.choices)
    sentence = serializers.CharField(read_only=True)
    changed_by = serializers.CharField(read_only=True, allow_null=True)
    conflict = serializers.CharField(
        read_only=True, help_text="Why it cannot be made any more as it was written; empty: it can."
    )
    before = serializers.DictField()
    after = serializers.DictField()


class DraftSerializer(serializers.ModelSerializer):
    """A list of changes that becomes a release once somebody agreed who wrote none of it."""

    state = serializers.ChoiceField(choices=DraftState.choices, read_only=True)
    created_by = serializers.CharField(
        source="created_by.username", default=None, allow_null=True, read_only=True
    )
    approved_by = serializers.CharField(
        source="approved_by.username", default=None, allow_null=True, read_only=True
    )
    release = serializers.IntegerField(source="release.number", default=None, allow_null=True, read_only=True)
    takes_back = serializers.IntegerField(
        source="takes_back.number", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = PolicyDraft
        fields = [
            "id",
            "title",
            "reason",
            "state",
            "version",
            "created_at",
            "created_by",
            "changed_at",
            "approved_by",
            "approved_at",
            "publish_at",
            "trouble",
            "release",
            "takes_back",
        ]
        read_only_fields = fields


class DraftDetailSerializer(DraftSerializer):
    """A draft with its changes."""

    authors = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    class Meta(DraftSerializer.Meta):
        fields = [*DraftSerializer.Meta.fields, "authors", "changes"]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_authors(self, draft: PolicyDraft) -> list[str]:
        """Everybody who ever wrote in it."""
        return [author.username for author in draft.authors.order_by("username")]

    @extend_schema_field(ChangeSerializer(many=True))
    def get_changes(self, draft: PolicyDraft) -> Any:
        """What it changes, in the order it was written."""
        return changes_of(draft)


class ReleaseDetailSerializer(ReleaseSerializer):
    """A release with what it changed; nothing where it was set up without a draft, or is of others."""

    changes = serializers.SerializerMethodField()

    class Meta(ReleaseSerializer.Meta):
        fields = [*ReleaseSerializer.Meta.fields, "changes"]
        read_only_fields = fields

    @extend_schema_field(ChangeSerializer(many=True))
    def get_changes(self, release: PolicyRelease) -> Any:
        """What it changed."""
        draft = visible_drafts(self.context["request"]).filter(release=release).first()
        return [] if draft is None else changes_of(draft)


class NewDraftSerializer(serializers.Serializer):
    """A draft to begin: its changes as a file of a draft has them."""

    title = serializers.CharField(max_length=200)
    reason = serializers.CharField(max_length=1000)
    changes = ChangeSerializer(many=True)


class DraftActionSerializer(serializers.Serializer):
    """What a verb needs: words to ask back, reopen, withdraw and comment; a time to schedule (null: none)."""

    words = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)
    publish_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    expected_version = serializers.IntegerField(required=False, allow_null=True, default=None)


class DraftFilter(django_filters.FilterSet):
    """By state; several as `state=written&state=in_review`."""

    state = django_filters.MultipleChoiceFilter(choices=DraftState.choices, distinct=False)

    class Meta:
        model = PolicyDraft
        fields: list[str] = []


def changes_of(draft: PolicyDraft) -> Any:
    """Return the changes of a draft in words and values."""
    listed = list(draft.changes.select_related("changed_by"))
    moved = {}
    if draft.state in drafts.OPEN:
        moved = {each.change.pk: each.words for each in publishing.conflicts_of(listed)}
    shown = [
        told
        | {
            "sentence": words,
            "changed_by": change.changed_by.username if change.changed_by else None,
            "conflict": moved.get(change.pk, ""),
        }
        for (change, words), told in zip(
            sentences(listed), policy_files.of_draft(draft)["changes"], strict=True
        )
    ]
    return ChangeSerializer(shown, many=True).data


def visible_drafts(request: Request) -> QuerySet[PolicyDraft]:
    """Return the drafts the caller may see: a token those of its company, a person those of theirs."""
    found = PolicyDraft.objects.all()
    if isinstance(request.auth, ApiToken):
        found = drafts.of_companies([request.auth.company_id])
    if isinstance(request.user, User):
        found = found.filter(pk__in=drafts.visible_to(request.user).values("pk"))
    related = ("created_by", "approved_by", "release", "takes_back")
    return found.select_related(*related)


def require(request: Request, draft: PolicyDraft, permission: str) -> None:
    """Raise NotAllowed where the caller may not do this with the draft: a token acts in its company only."""
    someone = person(request)
    if permission != "view_policies" and not drafts.may(someone, permission, draft):
        raise NotAllowed(f"{someone} may not do this with {str(draft).lower()}.")
    if isinstance(request.auth, ApiToken):
        touched = set(draft.changes.values_list("company", flat=True))
        if None in touched:
            touched = set(Company.objects.values_list("pk", flat=True))
        if not touched <= {request.auth.company_id}:
            raise NotAllowed("This token acts in its company only, and the draft is about others too.")


class DraftViewSet(
    Scoped,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    """Drafts of the rules of the caller's companies, newest first."""

    scopes = {"act": "policies:write", "create": "policies:write", "*": "policies:read"}
    pagination_class = NewestFirst
    filterset_class = DraftFilter
    lookup_value_regex = "[0-9]{1,18}"
    queryset = PolicyDraft.objects.none()

    def get_queryset(self) -> QuerySet[PolicyDraft]:
        """Only what the caller may see."""
        return visible_drafts(self.request)

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One draft says what it changes."""
        return DraftSerializer if self.action == "list" else DraftDetailSerializer

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], request=NewDraftSerializer, responses={201: DraftDetailSerializer}
    )
    @once
    def create(self, request: Request) -> Response:
        """Begin a draft with changes; one that cannot be read is named with its place, and none is taken."""
        if not companies_open(person(request), "edit_policies"):
            raise NotAllowed("Rules are changed by managers and administrators.")
        given = NewDraftSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        with transaction.atomic():
            taken = policy_files.take(
                {"format": policy_files.DRAFT, "changes": wanted["changes"]},
                title=wanted["title"],
                reason=wanted["reason"],
                by=actor(request),
                at=clock.now(),
            )
            if taken.problems:
                raise exceptions.ValidationError({"changes": taken.problems})
            if taken.draft is None:
                raise exceptions.ValidationError({"changes": "Nothing is different in these changes."})
            require(request, taken.draft, "edit_policies")
        draft = self.get_queryset().get(pk=taken.draft.pk)
        return Response(self.get_serializer(draft).data, status=201)

    @extend_schema(
        parameters=[
            OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=list(VERBS)),
            IDEMPOTENCY_KEY,
        ],
        request=DraftActionSerializer,
        responses=DraftDetailSerializer,
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=f"actions/(?P<verb>{'|'.join(VERBS)})",
        filterset_class=None,
    )
    @once
    def act(self, request: Request, pk: str, verb: str) -> Response:
        """Put a draft to review, approve, ask back, publish, set a time, withdraw, or comment."""
        person(request)
        draft = self.get_object()
        given = DraftActionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        require(request, draft, VERBS[verb])
        _do(verb, draft, request, given.validated_data)
        return Response(self.get_serializer(self.get_queryset().get(pk=draft.pk)).data)


def _do(verb: str, draft: PolicyDraft, request: Request, wanted: dict[str, Any]) -> None:
    by: dict[str, Any] = {"by": actor(request), "at": clock.now()}
    seen = by | {"version": wanted["expected_version"]}
    words = wanted["words"]
    done: dict[str, Callable[[], object]] = {
        "submit": lambda: drafts.submit(draft.pk, **seen),
        "reopen": lambda: drafts.reopen(draft.pk, words, **seen),
        "withdraw": lambda: drafts.withdraw(draft.pk, words, **seen),
        "rebase": lambda: publishing.rebase(draft.pk, **seen),
        "approve": lambda: drafts.approve(draft.pk, reason=words, **seen),
        "ask_back": lambda: drafts.ask_back(draft.pk, words, **seen),
        "schedule": lambda: drafts.schedule(draft.pk, wanted["publish_at"], **seen),
        "publish": lambda: publishing.publish_draft(draft.pk, **seen),
        "comment": lambda: drafts.comment(draft.pk, words, **by),
    }
    done[verb]()


class ReleaseViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Releases of the rules, newest first."""

    scopes = {"*": "policies:read"}
    pagination_class = NewestFirst
    filterset_class = None
    lookup_field = "number"
    lookup_value_regex = "[0-9]{1,9}"
    queryset = PolicyRelease.objects.none()

    def get_queryset(self) -> QuerySet[PolicyRelease]:
        """All of them, for those who may see the rules of some company."""
        if not companies(self.request, "view_policies"):
            return PolicyRelease.objects.none()
        return PolicyRelease.objects.select_related("published_by")

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One release says what it changed."""
        return ReleaseSerializer if self.action == "list" else ReleaseDetailSerializer
