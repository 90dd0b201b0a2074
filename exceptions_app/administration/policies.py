"""The screens of the rules: what is saved there goes into a draft, and holds once it is published."""

from django.contrib import admin

from exceptions_app.administration import policy_forms
from exceptions_app.administration.drafting import PolicyAdmin
from exceptions_app.administration.recorded import ReadOnlyAdmin
from exceptions_app.policies.matrix import steps_of
from exceptions_app.policies.models import (
    ApprovalRule,
    Calendar,
    ClockWarning,
    CompanyPolicy,
    EscalationStep,
    ExchangeRate,
    ImpactDefaults,
    MessageTemplate,
    PolicyRelease,
    ServiceLevelRow,
    SeverityBands,
    SupplierTimeRow,
    TaskTemplate,
    TermRow,
    ToleranceRow,
    TypeSetting,
)


@admin.register(ToleranceRow)
class ToleranceAdmin(PolicyAdmin):
    """Tolerances by scope."""

    form = policy_forms.ToleranceForm
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

    form = policy_forms.ScopedForm
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

    form = policy_forms.ScopedForm
    change_list_template = "admin/exceptions_app/typesetting/change_list.html"
    list_display = ["type_code", "mode", "company", "supplier", "category", "warehouse", "release"]
    autocomplete_fields = ["supplier"]


@admin.register(ImpactDefaults)
class ImpactDefaultsAdmin(PolicyAdmin):
    """What the expected loss is calculated with where no source says it."""

    form = policy_forms.ImpactDefaultsForm
    list_display = [
        "company",
        "supplier",
        "category",
        "item_number",
        "warehouse",
        "margin_percent",
        "lost_sale_percent",
        "handling_cost",
        "valid_from",
        "release",
    ]
    list_filter = ["company"]
    autocomplete_fields = ["supplier"]


@admin.register(SeverityBands)
class SeverityBandsAdmin(PolicyAdmin):
    """From which expected loss on a case is medium, high or critical."""

    form = policy_forms.SeverityBandsForm
    list_display = ["company", "medium", "high", "critical", "valid_from", "release"]
    list_display_links = ["company", "medium"]


@admin.register(ServiceLevelRow)
class ServiceLevelAdmin(PolicyAdmin):
    """Hours to respond and to resolve."""

    form = policy_forms.ServiceLevelForm
    list_display = ["type_code", "company", "respond_hours", "resolve_hours", "release"]


@admin.register(EscalationStep)
class EscalationAdmin(PolicyAdmin):
    """Who is told when time is up. A case keeps the ladder it opened with."""

    form = policy_forms.EscalationForm
    list_display = ["team", "side", "level", "after_minutes", "role", "valid_from", "release"]
    list_filter = ["team__company", "side"]


@admin.register(ClockWarning)
class ClockWarningAdmin(PolicyAdmin):
    """When the owner is warned that time runs out. Without a rule: once three quarters of ours are used."""

    form = policy_forms.ClockWarningForm
    list_display = ["team", "side", "percent", "minutes_before", "valid_from", "release"]
    list_filter = ["side"]


@admin.register(SupplierTimeRow)
class SupplierTimeAdmin(PolicyAdmin):
    """How long suppliers may take to answer. Without a rule: 16 hours, with a reminder every 8."""

    form = policy_forms.SupplierTimeForm
    list_display = [
        "company",
        "supplier",
        "tier",
        "type_code",
        "answer_hours",
        "remind_every_hours",
        "reminders",
        "valid_from",
        "release",
    ]
    list_filter = ["company", "tier"]
    autocomplete_fields = ["supplier"]


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(PolicyAdmin):
    """Who must agree besides the amount limit."""

    form = policy_forms.ApprovalRuleForm
    list_display = ["name", "company", "type_code", "asks", "valid_from", "release"]
    list_filter = ["company", "type_code"]
    autocomplete_fields = ["supplier"]
    fieldsets = [
        (None, {"fields": ["name", "owner", "valid_from", "valid_until"]}),
        (
            "For decisions on",
            {"fields": ["company", "type_code", "resolutions", "supplier", "category", "uncovered_class"]},
        ),
        ("With more than", {"fields": ["amount_above", "percent_above", "days_above", "charge_above"]}),
        ("Ask", {"fields": ["steps"]}),
    ]

    @admin.display(description="asks")
    def asks(self, row: ApprovalRule) -> str:
        """Return whom the rule asks, step after step."""
        return ", then ".join(map(str, steps_of(row.steps)))


@admin.register(TaskTemplate)
class TaskTemplateAdmin(PolicyAdmin):
    """Which told team gets an alert and which a task, and in which words."""

    form = policy_forms.TaskTemplateForm

    list_display = ["type_code", "team_code", "kind", "title", "company", "due_hours", "release"]
    list_filter = ["kind", "company"]


@admin.register(MessageTemplate)
class MessageTemplateAdmin(PolicyAdmin):
    """The words of mails to suppliers; without a row the standard words hold."""

    form = policy_forms.MessageTemplateForm
    list_display = ["inquiry", "language", "type_code", "company", "subject", "owner", "release"]
    list_filter = ["inquiry", "language", "company"]


@admin.register(Calendar)
class CalendarAdmin(PolicyAdmin):
    """Opening hours and holidays."""

    form = policy_forms.CalendarForm
    list_display = ["name", "zone", "country", "subdivision", "release"]


@admin.register(CompanyPolicy)
class CompanyPolicyAdmin(PolicyAdmin):
    """The calendar and fallback team of a company."""

    form = policy_forms.CompanyPolicyForm
    list_display = ["company", "calendar", "fallback_team", "release"]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(PolicyAdmin):
    """Rates that compare amounts with limits."""

    form = policy_forms.ExchangeRateForm
    list_display = ["company", "currency", "rate", "valid_from", "release"]


@admin.register(PolicyRelease)
class ReleaseAdmin(ReadOnlyAdmin):
    """What was published, and by whom."""

    list_display = ["number", "title", "published_at", "published_by"]
