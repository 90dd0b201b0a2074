"""Rules: every change publishes a release of its own, which decisions name from then on."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from erp_connectors import clock
from erp_connectors.errors import PermanentError
from exceptions_app.administration.recorded import ReadOnlyAdmin, RecordedAdmin, actor_of
from exceptions_app.detection.registry import all_types
from exceptions_app.policies import conditions
from exceptions_app.policies.models import (
    ApprovalRule,
    Calendar,
    CompanyPolicy,
    EscalationStep,
    ExchangeRate,
    PolicyRelease,
    PolicyRow,
    RoutingRule,
    ServiceLevelRow,
    TaskTemplate,
    TermRow,
    ToleranceRow,
    TypeSetting,
)
from exceptions_app.policies.release import publish
from exceptions_app.routing import FACTS


class PolicyAdmin(RecordedAdmin):
    """Publishes a release for every change of a rule."""

    subject_kind = "policy"
    readonly_fields = ("release",)

    def save_model(self, request: HttpRequest, row: PolicyRow, form: forms.ModelForm, change: bool) -> None:
        """Save the rule under a release of its own."""
        title = f"{self.opts.verbose_name} {'changed' if change else 'added'}: {row}"
        row.release = publish(title[:200], by=actor_of(request), at=clock.now())
        super().save_model(request, row, form, change)

    def delete_model(self, request: HttpRequest, row: PolicyRow) -> None:
        """Remove the rule under a release of its own."""
        title = f"{self.opts.verbose_name} removed: {row}"
        publish(title[:200], by=actor_of(request), at=clock.now())
        super().delete_model(request, row)


class TypeCodeForm(forms.ModelForm):
    """Offers the exception types there are."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "type_code" in self.fields:
            required = self.fields["type_code"].required
            choices = [(each.code, f"{each.label} ({each.code})") for each in all_types()]
            self.fields["type_code"] = forms.ChoiceField(
                choices=choices if required else [("", "Any type"), *choices], required=required
            )


class RoutingRuleForm(forms.ModelForm):
    """Checks the condition and shows which facts there are."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["condition"].help_text = (
            'Empty holds always. {"all": [{"fact": "amount", "op": "at_least", "value": "1000"}]}. '
            f"Facts: {', '.join(sorted(FACTS))}."
        )

    def clean_condition(self) -> dict[str, Any]:
        """Refuse a condition that cannot be read, naming the place."""
        tree: dict[str, Any] = self.cleaned_data["condition"] or {}
        try:
            conditions.read(tree, FACTS)
        except PermanentError as error:
            raise ValidationError(str(error)) from error
        return tree


@admin.register(ToleranceRow)
class ToleranceAdmin(PolicyAdmin):
    """Tolerances by scope."""

    form = TypeCodeForm
    list_display = [
        "type_code",
        "direction",
        "company",
        "supplier",
        "category",
        "item_number",
        "valid_from",
        "release",
    ]
    list_filter = ["type_code", "company"]
    autocomplete_fields = ["supplier"]


@admin.register(TermRow)
class TermAdmin(PolicyAdmin):
    """What suppliers owe by when."""

    list_display = [
        "company",
        "supplier",
        "category",
        "confirm_days",
        "transit_days",
        "valid_from",
        "release",
    ]
    list_filter = ["company"]
    autocomplete_fields = ["supplier"]


@admin.register(TypeSetting)
class TypeSettingAdmin(PolicyAdmin):
    """Which types open cases."""

    form = TypeCodeForm
    list_display = ["type_code", "mode", "company", "supplier", "category", "warehouse", "release"]
    autocomplete_fields = ["supplier"]


@admin.register(RoutingRule)
class RoutingRuleAdmin(PolicyAdmin):
    """Which team takes a case; the first rule that holds decides."""

    form = RoutingRuleForm
    list_display = ["position", "name", "company", "team", "person", "is_active", "release"]
    list_display_links = ["name"]
    list_filter = ["company", "is_active"]


@admin.register(ServiceLevelRow)
class ServiceLevelAdmin(PolicyAdmin):
    """Hours to respond and to resolve."""

    form = TypeCodeForm
    list_display = ["type_code", "company", "respond_hours", "resolve_hours", "release"]


@admin.register(EscalationStep)
class EscalationAdmin(PolicyAdmin):
    """Who is told when time is up."""

    list_display = ["team", "level", "after_minutes", "role", "release"]
    list_filter = ["team__company"]


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(PolicyAdmin):
    """Who must agree besides the amount limit."""

    form = TypeCodeForm
    list_display = ["name", "company", "type_code", "percent_above", "team_code", "role", "release"]


@admin.register(TaskTemplate)
class TaskTemplateAdmin(PolicyAdmin):
    """The words of alerts and tasks."""

    form = TypeCodeForm
    list_display = ["type_code", "team_code", "title", "due_hours", "release"]


@admin.register(Calendar)
class CalendarAdmin(PolicyAdmin):
    """Opening hours and holidays."""

    list_display = ["name", "zone", "country", "subdivision", "release"]


@admin.register(CompanyPolicy)
class CompanyPolicyAdmin(PolicyAdmin):
    """The calendar and fallback team of a company."""

    list_display = ["company", "calendar", "fallback_team", "release"]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(PolicyAdmin):
    """Rates that compare amounts with limits."""

    list_display = ["company", "currency", "rate", "valid_from", "release"]


@admin.register(PolicyRelease)
class ReleaseAdmin(ReadOnlyAdmin):
    """What was published, and by whom."""

    list_display = ["number", "title", "published_at", "published_by"]
