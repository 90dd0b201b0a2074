"""Cases as the API shows them: in a list, whole, their history, and what can be done with them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exceptions_app.api.clocks import ClockSerializer
from exceptions_app.api.impact import ImpactSerializer
from exceptions_app.api.messages import WritingSerializer
from exceptions_app.api.tasks import TaskSerializer
from exceptions_app.audit.models import Event
from exceptions_app.cases import actions, lifecycle
from exceptions_app.cases.models import Case, CaseLine, CaseState, ClockKind, Severity
from exceptions_app.cases.overriding.clocks import CLOCK_DEEDS
from exceptions_app.cases.overriding.erp_results import OUTCOMES
from exceptions_app.overrides.models import Override, OverrideKind
from exceptions_app.overrides.stated import StatedFact
from exceptions_app.people.models import User
from exceptions_app.playbook.inputs import FieldKind

SEVERITIES = [severity.name.lower() for severity in Severity]


class CaseLineSerializer(serializers.ModelSerializer):
    """One deviation: what was expected, what is, and the tolerance row that decided."""

    expected = serializers.DictField(read_only=True)
    actual = serializers.DictField(read_only=True)
    evidence = serializers.DictField(read_only=True)

    class Meta:
        model = CaseLine
        fields = [
            "id",
            "line_number",
            "quantity",
            "unit",
            "amount",
            "currency",
            "expected",
            "actual",
            "evidence",
            "tolerance_id",
            "opened_at",
            "settled_at",
            "cleared_at",
            "cleared_reason",
        ]


class CaseSerializer(serializers.ModelSerializer):
    """A case as a list shows it."""

    company = serializers.CharField(source="company.code", read_only=True)
    type = serializers.CharField(source="type_code", read_only=True)
    state = serializers.ChoiceField(choices=CaseState.choices, read_only=True)
    team = serializers.CharField(source="team.code", read_only=True)
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True, read_only=True)
    supplier = serializers.CharField(source="supplier.number", default=None, allow_null=True, read_only=True)
    subject = serializers.CharField(source="subject_kind", read_only=True)
    order = serializers.CharField(source="order.number", default=None, allow_null=True, read_only=True)
    document = serializers.CharField(source="document.number", default=None, allow_null=True, read_only=True)
    interchange = serializers.UUIDField(source="interchange_id", allow_null=True, read_only=True)
    stream = serializers.CharField(source="stream.stream", default=None, allow_null=True, read_only=True)
    incident = serializers.CharField(source="incident.number", default=None, allow_null=True, read_only=True)
    warehouse = serializers.CharField(source="warehouse.code", default=None, allow_null=True, read_only=True)
    connection = serializers.SerializerMethodField()
    severity = serializers.SerializerMethodField()

    class Meta:
        model = Case
        fields = [
            "number",
            "company",
            "type",
            "headline",
            "state",
            "severity",
            "amount",
            "expected_loss",
            "priority",
            "team",
            "owner",
            "supplier",
            "subject",
            "order",
            "document",
            "interchange",
            "stream",
            "connection",
            "warehouse",
            "incident",
            "opened_at",
            "updated_at",
            "due_at",
            "escalation_level",
            "closed_at",
            "close_reason",
            "version",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=SEVERITIES))
    def get_severity(self, case: Case) -> str:
        """The band as a word."""
        return Severity(case.severity).name.lower()

    def get_connection(self, case: Case) -> str | None:
        """The ERP or mailbox the case comes from."""
        about = case.interchange or case.stream or case.document or case.order
        return about.connection.code if about is not None else None


class AllowedActionSerializer(serializers.Serializer):
    """A verb the caller may use on the case now, the fields it needs, and those it takes besides."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    needs = serializers.ListField(child=serializers.CharField())
    takes = serializers.ListField(child=serializers.CharField())


class OverrideSerializer(serializers.ModelSerializer):
    """Something that was set by hand: what, by whom, why, until when; it stays when it has ended."""

    kind = serializers.ChoiceField(choices=OverrideKind.choices, read_only=True)
    before = serializers.DictField(read_only=True)
    after = serializers.DictField(read_only=True)
    made_by = serializers.CharField(source="made_by_name", read_only=True)

    class Meta:
        model = Override
        fields = [
            "id",
            "kind",
            "words",
            "before",
            "after",
            "reason",
            "made_by",
            "made_at",
            "until",
            "ended_at",
            "end_reason",
            "is_contradicted",
        ]
        read_only_fields = fields


class CaseDetailSerializer(CaseSerializer):
    """A case with its lines, tasks, clocks, and the verbs the caller may use now."""

    impact = serializers.SerializerMethodField()
    clocks = ClockSerializer(many=True, read_only=True)
    lines = CaseLineSerializer(many=True, read_only=True)
    tasks = TaskSerializer(many=True, read_only=True)
    overrides = OverrideSerializer(many=True, read_only=True)
    routed_by = serializers.CharField(read_only=True)
    assigned_by = serializers.CharField(
        source="route.person_words",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="Why the rules gave it to its first owner.",
    )
    release = serializers.IntegerField(source="release.number", read_only=True)
    actions = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields = [
            *CaseSerializer.Meta.fields,
            "routed_by",
            "assigned_by",
            "release",
            "impact",
            "clocks",
            "lines",
            "tasks",
            "overrides",
            "actions",
        ]
        read_only_fields = fields

    @extend_schema_field(ImpactSerializer(allow_null=True))
    def get_impact(self, case: Case) -> dict[str, Any] | None:
        """The expected loss with every term; null before the case was weighed."""
        return dict(ImpactSerializer(case.impact).data) if case.impact else None

    @extend_schema_field(AllowedActionSerializer(many=True))
    def get_actions(self, case: Case) -> list[dict[str, Any]]:
        """The verbs allowed to the caller's person; none for a token that acts as nobody."""
        someone = self.context["request"].user
        if not isinstance(someone, User):
            return []
        return [
            dict(each) for each in AllowedActionSerializer(actions.allowed(case, someone), many=True).data
        ]


class InputFieldSerializer(serializers.Serializer):
    """A value a resolution asks for; `name` is its key in the inputs of a proposal."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=[kind.value for kind in FieldKind])
    help = serializers.CharField()
    initial = serializers.CharField()
    unit = serializers.CharField()
    line_number = serializers.CharField(allow_null=True)


class ResolutionSerializer(serializers.Serializer):
    """A resolution the caller may propose for the case now, with what has to be entered for it."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    fields = InputFieldSerializer(many=True)  # type: ignore[assignment]


class EventSerializer(serializers.ModelSerializer):
    """One entry of the history."""

    actor = serializers.CharField(source="actor_name", read_only=True)
    before = serializers.DictField(read_only=True)
    after = serializers.DictField(read_only=True)
    release = serializers.IntegerField(source="release.number", default=None, allow_null=True, read_only=True)

    class Meta:
        model = Event
        fields = ["id", "at", "kind", "actor", "summary", "before", "after", "reason", "source", "release"]
        read_only_fields = fields


class ActionSerializer(WritingSerializer):
    """What a verb may need or take, as the case lists it under `needs` and `takes`.

    `expected_version` is the version of the case that was read: if it has changed since, nothing is done.
    """

    expected_version = serializers.IntegerField(required=False, allow_null=True)
    reason = serializers.CharField(required=False, max_length=1000)
    text = serializers.CharField(required=False, max_length=5000)
    to = serializers.CharField(required=False, max_length=150, help_text="User name")
    team = serializers.CharField(required=False, max_length=3, help_text="Team code")
    answer = serializers.CharField(required=False, max_length=1000, help_text="What the supplier said")
    severity = serializers.ChoiceField(required=False, choices=SEVERITIES)
    state = serializers.ChoiceField(required=False, choices=[str(state) for state in lifecycle.BY_HAND])
    clock_kind = serializers.ChoiceField(required=False, choices=ClockKind.choices)
    deed = serializers.ChoiceField(required=False, choices=CLOCK_DEEDS, help_text="What to do with a clock")
    due = serializers.DateTimeField(required=False, help_text="When a clock is due, or is held until")
    line = serializers.CharField(required=False, max_length=32, help_text="Number of the order line")
    fact = serializers.ChoiceField(required=False, choices=[fact.value for fact in StatedFact])
    quantity = serializers.DecimalField(
        required=False, max_digits=20, decimal_places=6, help_text="In the unit of the order line"
    )
    on = serializers.DateField(required=False, help_text="Day of a receipt or a shipment")
    until = serializers.DateTimeField(required=False, help_text="Until when it counts")
    command = serializers.UUIDField(required=False, help_text="One that is unknown or dead")
    outcome = serializers.ChoiceField(required=False, choices=OUTCOMES)
    override = serializers.IntegerField(required=False, help_text="Key of what was set by hand")
