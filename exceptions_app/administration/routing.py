"""Where cases go: the rules in order with their test bench, who looks after what, and who is away."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from erp_connectors import clock
from erp_connectors.companies import Company
from erp_connectors.errors import RightlineError
from exceptions_app.administration import policy_forms
from exceptions_app.administration.drafting import PolicyAdmin
from exceptions_app.cases.models import Case, Severity
from exceptions_app.detection.registry import all_types
from exceptions_app.policies import lookup
from exceptions_app.policies.conditions import ConditionError, Fact, Kind
from exceptions_app.policies.models import Responsibility, RoutingRule
from exceptions_app.routing.asking import question_about, question_of
from exceptions_app.routing.facts import FACTS, CaseFacts, read_by_hand
from exceptions_app.routing.route import Question, explain
from exceptions_app.web.why import answer_view

#: What follows from the type and the company, and is not entered.
IMPLIED = ("company", "family", "subject", "group")


class BenchForm(forms.Form):
    """Takes the facts of a case by hand; a field left empty is not known."""

    company = forms.ModelChoiceField(Company.objects.all(), empty_label=None, label=_("Company"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for fact in FACTS.values():
            if fact.name not in IMPLIED:
                self.fields[fact.name] = _field_for(fact)

    def clean(self) -> dict[str, Any]:
        """Read every fact, or say what it must look like."""
        entered = super().clean() or {}
        for name in set(entered) & set(FACTS) - {"company"}:
            try:
                entered[name] = read_by_hand(name, entered[name])
            except ConditionError as problem:
                self.add_error(name, str(problem))
        return entered


def _field_for(fact: Fact) -> forms.Field:
    label = gettext(fact.label)
    if fact.name == "type":
        types = sorted((each.code, f"{gettext(each.label)} ({each.code})") for each in all_types())
        return forms.ChoiceField(choices=types, label=label)
    if fact.kind is Kind.LEVEL:
        levels = [("", gettext("not known")), *((level, level) for level in fact.levels)]
        return forms.ChoiceField(choices=levels, label=label, required=False)
    several = gettext("several with commas") if fact.kind is Kind.TEXTS else ""
    return forms.CharField(label=label, required=False, help_text=several)


def _as_entered(company: Company, facts: CaseFacts) -> dict[str, Any]:
    """Return facts as somebody would enter them."""
    entered: dict[str, Any] = {"company": company.pk}
    for name, value in facts.items():
        if isinstance(value, frozenset | set):
            entered[name] = ", ".join(sorted(value))
        elif name == "severity" and value is not None:
            entered[name] = Severity(value).name.lower()
        elif value is not None:
            entered.setdefault(name, str(value))
    return entered


@admin.register(RoutingRule)
class RoutingRuleAdmin(PolicyAdmin):
    """Which team takes a case; the first rule that holds decides."""

    form = policy_forms.RoutingRuleForm
    change_list_template = "admin/exceptions_app/routingrule/change_list.html"
    list_display = ["position", "name", "company", "team", "person", "is_active", "release"]
    list_display_links = ["name"]
    list_filter = ["company", "is_active"]

    def get_urls(self) -> list[Any]:
        """Add the test bench to the screens of the rules."""
        bench = path("bench/", self.admin_site.admin_view(self.bench), name="routing_bench")
        return [bench, *super().get_urls()]

    def bench(self, request: HttpRequest) -> HttpResponse:
        """Show which rule takes a case and whom it goes to: a case by its number, or facts by hand."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context: dict[str, Any] = {"number": request.GET.get("case", "").strip(), "facts_open": False}
        question = self._by_hand(request, context) if "type" in request.GET else self._by_number(context)
        if question is not None:
            try:
                context["answer"] = answer_view(
                    explain(question, lookup.load([question.company_id], clock.now()))
                )
            except RightlineError as problem:
                context["problem"] = str(problem)
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Test bench"),
        }
        return TemplateResponse(request, "admin/routing_bench.html", context)

    def _by_number(self, context: dict[str, Any]) -> Question | None:
        context["form"] = BenchForm()
        if not context["number"]:
            return None
        related = ("company", "supplier", "order__supplier", "order__connection", "team", "owner")
        case = Case.objects.select_related(*related).filter(number__iexact=context["number"]).first()
        if case is None:
            context["problem"] = gettext("There is no case %(number)s.") % {"number": context["number"]}
            return None
        question = question_of(case, clock.now())
        context |= {"case": case, "form": BenchForm(initial=_as_entered(case.company, question.facts))}
        return question

    def _by_hand(self, request: HttpRequest, context: dict[str, Any]) -> Question | None:
        form = context["form"] = BenchForm(request.GET)
        if not form.is_valid():
            return None
        facts = {name: value for name, value in form.cleaned_data.items() if name in FACTS}
        return question_about(form.cleaned_data["company"], facts)


class ResponsibilityForm(policy_forms.ScopedForm):
    """Refuses a person who does not work in the team, and what is of another company."""

    def clean(self) -> dict[str, Any]:
        """Let the row hold in the company of the team, and compare the person with the team."""
        cleaned = super().clean()
        team, person = cleaned.get("team"), cleaned.get("person")
        if team is None:
            return cleaned
        if cleaned.get("company") not in (None, team.company):
            raise ValidationError({"company": f"The team is of {team.company}: it can hold only there."})
        cleaned["company"] = team.company
        for name in ("supplier", "warehouse"):
            row = cleaned.get(name)
            if row is not None and row.company != team.company:
                raise ValidationError({name: f"{row} belongs to {row.company}, the team to {team.company}."})
        if person is not None and not policy_forms.works_in(person, team):
            raise ValidationError({"person": f"{person} does not work in {team}."})
        return cleaned


@admin.register(Responsibility)
class ResponsibilityAdmin(PolicyAdmin):
    """Who in a team looks after which supplier, category, item or site."""

    form = ResponsibilityForm
    list_display = ["team", "person", "supplier", "category", "item_number", "warehouse", "release"]
    list_filter = ["team__company", "team"]
    autocomplete_fields = ["supplier"]
