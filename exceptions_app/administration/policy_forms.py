"""The forms of rules: what can be read as a rule is saved, everything else is refused with its place."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from erp_connectors.errors import RightlineError
from exceptions_app.administration import checks
from exceptions_app.administration.line_fields import HoursField, LinesField
from exceptions_app.administration.recorded import RecordedForm
from exceptions_app.asking.facts import OF_LINE, OF_MAIL, OF_REMINDER, OF_SUBJECT
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.registry import all_types, exception_type
from exceptions_app.detection.types.base import TeamCode
from exceptions_app.notifications.words import FACTS_IN_WORDS, FACTS_OF_COVER
from exceptions_app.people.models import Role, Team
from exceptions_app.people.permissions import works_in
from exceptions_app.policies import condition_text, matrix
from exceptions_app.policies.changes import rows_under
from exceptions_app.policies.conditions import OPERATORS
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.policies.models import EscalationStep, PolicyRow, Side, TellingKind
from exceptions_app.policies.texts import names_in
from exceptions_app.policies.values import STANDARD_FIGURES, LimitState
from exceptions_app.routing.facts import FACTS

ANY = [("", "Any")]
TEAMS = [(code.value, f"{code.name.replace('_', ' ').capitalize()} ({code.value})") for code in TeamCode]
ROLES = [(role.value, str(role.label)) for role in (Role.MEMBER, Role.LEAD, Role.MANAGER)]
LIMITS = ("percent", "amount", "cap")
BANDS = ("medium", "high", "critical")
#: The code of a refusal that is about other rules, which may change in the same draft or file.
BESIDE_OTHERS = "beside_others"


class PolicyForm(RecordedForm):
    """Offers the types, teams and roles there are, and refuses a rule that ends before it begins.

    Whether it can stand beside other rules shows in the draft (`clashes`): two may change places there.
    """

    #: What it is saved into; None: a draft of its own.
    draft: PolicyDraft | None = None
    #: The key of the rule in the draft that is written anew.
    instead_of: int | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._offer("type_code", [(each.code, f"{each.label} ({each.code})") for each in all_types()])
        self._offer("team_code", TEAMS)
        self._offer("role", ROLES)
        self._say_it_in_the_readers_language()
        for name, field in self.fields.items():
            rows = field.queryset if isinstance(field, forms.ModelChoiceField) else None
            if rows is not None and issubclass(rows.model, PolicyRow):
                self.fields[name] = RuleChoiceField(field, rows, self.draft)

    def _say_it_in_the_readers_language(self) -> None:
        known = {each.name: each for each in self._meta.model._meta.concrete_fields}
        for name, field in self.fields.items():
            if name in known:
                field.label = capfirst(gettext(str(known[name].verbose_name)))
            if field.help_text:
                field.help_text = gettext(str(field.help_text))

    def _get_validation_exclusions(self) -> set[str]:
        """Do not look for rows in the database that are only in the draft."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        chosen = [(name, self.cleaned_data.get(name)) for name in self.fields]
        return excluded | {name for name, row in chosen if isinstance(row, PolicyRow) and row._state.adding}

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        if name in self.fields:
            field = self.fields[name]
            self.fields[name] = forms.ChoiceField(
                choices=choices if field.required else [*ANY, *choices],
                required=field.required,
                label=field.label,
                help_text=field.help_text,
                initial=field.initial,
            )

    def clean(self) -> dict[str, Any]:
        """Compare the first and the last day."""
        cleaned = super().clean()
        first, last = cleaned.get("valid_from"), cleaned.get("valid_until")
        if first and last and last < first:
            raise ValidationError({"valid_until": "It ends before it begins."})
        return cleaned


class RuleChoiceField(forms.ModelChoiceField):
    """Offers the rules of a table as a draft has them, also those that it only adds."""

    def __init__(self, field: forms.Field, rows: QuerySet[Any], draft: PolicyDraft | None) -> None:
        super().__init__(
            rows,
            required=field.required,
            label=field.label,
            help_text=field.help_text,
            initial=field.initial,
        )
        changes = draft.changes.order_by("pk") if draft is not None else ()
        self.rows = rows_under(rows.model, changes)
        listed = sorted((str(row), key) for key, row in self.rows.items())
        self.choices = [("", self.empty_label), *((key, name) for name, key in listed)]

    def to_python(self, value: Any) -> Any:
        """Return the rule that was chosen. Raises ValidationError for one there is none of."""
        if value in self.empty_values:
            return None
        row = self.rows.get(int(value)) if str(value).isdigit() else None
        if row is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return row


class ScopedForm(PolicyForm):
    """Refuses a scope that no order line can be in: a supplier or site of another company."""

    def clean(self) -> dict[str, Any]:
        """Compare the company with those of the supplier and the warehouse."""
        cleaned = super().clean()
        rows = {name: cleaned.get(name) for name in ("supplier", "warehouse")}
        told = "{row} belongs to {company}, not to the company of this rule."
        checks.check_same_company(rows, cleaned.get("company"), told=told)
        return cleaned


class ToleranceForm(ScopedForm):
    """Keeps apart what is not checked, what is zero, and what has a value."""

    def clean(self) -> dict[str, Any]:
        """Compare each limit with its state."""
        cleaned = super().clean()
        wrong: dict[str, str] = {}
        for name in LIMITS:
            problem = _problem_of(cleaned.get(f"{name}_state"), cleaned.get(name))
            if problem and name not in self.errors:
                wrong[name] = problem
        if wrong:
            raise ValidationError(wrong)
        return cleaned


class ImpactDefaultsForm(ScopedForm):
    """Refuses a row that says nothing."""

    def clean(self) -> dict[str, Any]:
        """Look for a figure."""
        cleaned = super().clean()
        if not self.errors and all(cleaned.get(name) is None for name in STANDARD_FIGURES):
            raise ValidationError("Enter at least one figure: a row without any changes nothing.")
        return cleaned


class SeverityBandsForm(PolicyForm):
    """Refuses bands that do not rise."""

    def clean(self) -> dict[str, Any]:
        """Compare each band with the one below it."""
        cleaned = super().clean()
        steps = [Decimal(0), *(cleaned.get(name) for name in BANDS)]
        wrong = {
            name: "This must be above nothing." if name == BANDS[0] else "This must be above the band before."
            for name, low, high in zip(BANDS, steps, steps[1:], strict=False)
            if low is not None and high is not None and high <= low
        }
        if wrong:
            raise ValidationError(wrong)
        return cleaned


def _problem_of(state: Any, value: Any) -> str:
    if state == LimitState.VALUE:
        if value is None:
            return "Its state is “value”: enter it, or choose “zero” or “unchecked”."
        if value <= 0:
            return "A value is above zero. For no tolerance at all choose the state “zero”."
    elif state and value is not None:
        meaning = "nothing is tolerated" if state == LimitState.ZERO else "the limit does not count"
        return f"Its state is “{state}”: {meaning}. Empty this, or choose the state “value”."
    return ""


class CalendarForm(PolicyForm):
    """Refuses hours, days and places that no clock could run by."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "hours" in self.fields:
            self.fields["hours"] = HoursField(
                required=True,
                label=self.fields["hours"].label,
                help_text=gettext(
                    "Days that are alike on one line, closed days on none: “Monday to Friday 08:00-12:00, "
                    "13:00-17:00”."
                ),
            )
            self.fields["closed_on"] = LinesField(
                label=self.fields["closed_on"].label,
                help_text=gettext("More days off, one on each line, like 2026-12-24."),
            )

    def clean_zone(self) -> str:
        """Check the zone."""
        return checks.check_zone(self.cleaned_data["zone"])

    def clean_hours(self) -> dict[str, Any]:
        """Check the hours of every weekday."""
        return checks.check_hours(self.cleaned_data["hours"])

    def clean_closed_on(self) -> list[str]:
        """Check the days off."""
        return checks.check_days(self.cleaned_data["closed_on"] or [])

    def clean(self) -> dict[str, Any]:
        """Check that the public holidays are known."""
        cleaned = super().clean()
        checks.check_holidays(cleaned.get("country", ""), cleaned.get("subdivision", ""))
        return cleaned


class ConditionField(forms.CharField):
    """A condition as lines (`condition_text`), kept as the JSON that says the same."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{
                "required": False,
                "strip": False,
                "widget": forms.Textarea(
                    attrs={"rows": 8, "cols": 80, "spellcheck": "false", "class": "condition"}
                ),
                "help_text": _help_with_conditions(),
                **options,
            }
        )

    def prepare_value(self, value: Any) -> Any:
        """Return a condition as lines, and what was typed as it was typed."""
        return value if isinstance(value, str) else condition_text.written(value, FACTS)

    def to_python(self, value: Any) -> Any:
        """Return the condition. Raises ValidationError naming the line."""
        try:
            return condition_text.read(str(value or ""), FACTS)
        except RightlineError as error:
            raise ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Say whether it is another condition, however it was written."""
        try:
            now = condition_text.read(str(data or ""), FACTS)
        except RightlineError:
            return True
        return bool(self.prepare_value(initial or {}) != self.prepare_value(now))


def _help_with_conditions() -> SafeString:
    """Return an example, and every fact with what it can be compared by."""
    rows = format_html_join(
        "",
        "<li><code>{}</code> {}: {}</li>",
        (
            (
                fact.name,
                gettext(fact.label),
                f"{', '.join(code.replace('_', ' ') for code in OPERATORS[fact.kind])}"
                + (f" ({', '.join(fact.levels)})" if fact.levels else ""),
            )
            for fact in sorted(FACTS.values(), key=lambda fact: fact.name)
        ),
    )
    return format_html(
        "Empty: it always holds. One comparison on each line; all of them must hold. Indent below "
        "<code>any of:</code>, <code>all of:</code> or <code>not:</code>. Commas stand between several words."
        "<pre>{}</pre><details><summary>Facts</summary><ul>{}</ul></details>",
        EXAMPLE,
        rows,
    )


EXAMPLE = """amount at least 1000
any of:
  supplier is 77
  category has any of seals, bearings"""


class RoutingRuleForm(PolicyForm):
    """Takes the condition as lines, and shows which facts there are."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "condition" in self.fields:
            self.fields["condition"] = ConditionField(label=self.fields["condition"].label)

    def clean(self) -> dict[str, Any]:
        """Check that the team is of the company, and that the person works in it."""
        cleaned = super().clean()
        team, person, company = (cleaned.get(name) for name in ("team", "person", "company"))
        if team is not None and company is None and "company" not in self.errors:
            raise ValidationError(
                {"company": f"The team is of {team.company}: the rule can hold only there."}
            )
        checks.check_same_company({"team": team}, company, told="This is a team of {company}.")
        if team is not None and person is not None and not works_in(person, team):
            raise ValidationError({"person": f"{person} does not work in {team}."})
        return cleaned


class ServiceLevelForm(PolicyForm):
    """Refuses promises that are over before they begin."""

    def clean(self) -> dict[str, Any]:
        """Compare the two times."""
        cleaned = super().clean()
        respond, resolve = cleaned.get("respond_hours"), cleaned.get("resolve_hours")
        wrong = {
            name: "This must be more than nothing."
            for name, hours in (("respond_hours", respond), ("resolve_hours", resolve))
            if hours is not None and hours <= 0
        }
        if not wrong and respond is not None and resolve is not None and resolve < respond:
            wrong["resolve_hours"] = "A case is resolved no sooner than somebody responds."
        if wrong:
            raise ValidationError(wrong)
        return cleaned


class EscalationForm(PolicyForm):
    """Refuses a step that comes before one of a lower level, which would then never be taken."""

    def clean(self) -> dict[str, Any]:
        """Compare the step with the others of its ladder."""
        cleaned = super().clean()
        level, minutes = cleaned.get("level"), cleaned.get("after_minutes")
        if level is None or minutes is None:
            return cleaned
        others = self._others(cleaned.get("team"), cleaned.get("side", Side.OURS))
        lower = [each for each in others if each.level < level and each.after_minutes > minutes]
        higher = [each for each in others if each.level > level and each.after_minutes < minutes]
        if lower:
            last = max(lower, key=lambda each: each.after_minutes)
            told = f"Level {last.level} comes after {last.after_minutes} minutes: no earlier than that."
            self.add_error("after_minutes", ValidationError(told, code=BESIDE_OTHERS))
        elif higher:
            first = min(higher, key=lambda each: each.after_minutes)
            told = f"Level {first.level} comes after {first.after_minutes} minutes: no later than that."
            self.add_error("after_minutes", ValidationError(told, code=BESIDE_OTHERS))
        return cleaned

    def _others(self, team: Team | None, side: str) -> list[Any]:
        """Return the other steps of the ladder, as the draft has them."""
        changes = self.draft.changes.order_by("pk") if self.draft is not None else ()
        steps: Iterable[Any] = rows_under(EscalationStep, changes).values()
        ladder = [each for each in steps if team is not None and (each.team_id, each.side) == (team.pk, side)]
        return [each for each in ladder if each.pk not in (self.instance.pk, self.instead_of)]


class ClockWarningForm(PolicyForm):
    """Refuses a warning by percent and by minutes at once, and one after time is up."""

    def clean(self) -> dict[str, Any]:
        """Compare both ways to say it."""
        cleaned = super().clean()
        percent, minutes = cleaned.get("percent"), cleaned.get("minutes_before")
        if percent is not None and minutes is not None:
            raise ValidationError({"minutes_before": "Say it in percent or in minutes; empty one of them."})
        if percent is not None and not 0 < percent < 100:
            raise ValidationError({"percent": "A warning comes between 1 and 99 percent of the time."})
        return cleaned


class SupplierTimeForm(ScopedForm):
    """Refuses times that are over before they begin, and tiers of a supplier that is named."""

    def clean(self) -> dict[str, Any]:
        """Check the hours, and that supplier and tier do not contradict each other."""
        cleaned = super().clean()
        wrong = {
            name: "This must be more than nothing."
            for name in ("answer_hours", "remind_every_hours")
            if cleaned.get(name) is not None and cleaned[name] <= 0
        }
        if cleaned.get("supplier") is not None and cleaned.get("tier"):
            wrong["tier"] = "Name a supplier or a tier, not both."
        if wrong:
            raise ValidationError(wrong)
        return cleaned


class ApprovalRuleForm(PolicyForm):
    """Offers the resolutions there are, and reads whom it asks from words, one step a line."""

    steps = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=(
            "One step a line, asked in this order: a team, then if wanted a role and a limit, joined by "
            f"“and” (each is needed) or “or” (one is enough). “PRO lead from 25000 or FIN”. Teams: "
            f"{', '.join(matrix.TEAMS)}; roles: {', '.join(matrix.ROLES)}."
        ),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "resolutions" in self.fields:
            known = sorted({code for kind in all_types() for code in kind.resolutions})
            self.fields["resolutions"] = LinesField(
                label=self.fields["resolutions"].label,
                help_text=gettext("One on each line, of %(known)s. Empty: any.")
                % {"known": ", ".join(known)},
            )
        kept = self.initial.get("steps")
        if isinstance(kept, list):
            self.initial["steps"] = matrix.steps_in_text(matrix.steps_of(kept))

    def clean_resolutions(self) -> list[str]:
        """Refuse what is not a list of resolutions."""
        entered = self.cleaned_data["resolutions"] or []
        known = sorted({code for kind in all_types() for code in kind.resolutions})
        listed = entered if isinstance(entered, list) else [entered]
        unknown = [str(code) for code in listed if code not in known]
        if unknown:
            raise ValidationError(
                f"There is no resolution {', '.join(unknown)}; write a list of {', '.join(known)}, "
                "or leave it empty for all of them."
            )
        return listed

    def clean_steps(self) -> list[dict[str, Any]]:
        """Read the steps, and say what to write where they cannot be read."""
        try:
            return matrix.kept_steps(matrix.read_steps(self.cleaned_data["steps"]))
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from wrong

    def clean(self) -> dict[str, Any]:
        """Keep the supplier in the company, the resolutions to the type, and thresholds above nothing."""
        cleaned = super().clean()
        told = "{row} belongs to {company}, not to the company of this rule."
        checks.check_same_company({"supplier": cleaned.get("supplier")}, cleaned.get("company"), told=told)
        wrong = {
            name: "Write what it must be above, zero or more; leave it empty for any."
            for name in ("amount_above", "percent_above", "charge_above")
            if cleaned.get(name) is not None and cleaned[name] < 0
        }
        type_code, chosen = cleaned.get("type_code"), cleaned.get("resolutions") or []
        foreign = [code for code in chosen if type_code and code not in exception_type(type_code).resolutions]
        if foreign:
            wrong["resolutions"] = f"{', '.join(foreign)} does not resolve a case of this type."
        if wrong:
            raise ValidationError(wrong)
        return cleaned


class TaskTemplateForm(PolicyForm):
    """Refuses words that name facts there are none of, and says which there are."""

    def clean(self) -> dict[str, Any]:
        """Compare what the words name with the facts there are."""
        cleaned = super().clean()
        more = FACTS_OF_COVER if cleaned.get("kind") == TellingKind.COVER else ()
        facts, wrong = (*FACTS_IN_WORDS, *more), {}
        for name in ("title", "body"):
            unknown = [each for each in names_in(cleaned.get(name) or "") if each not in facts]
            if unknown:
                wrong[name] = f"There is no fact {_braced(unknown)} here; use {_braced(facts)}."
        if wrong:
            raise ValidationError(wrong)
        return cleaned


class CompanyPolicyForm(PolicyForm):
    """Keeps the fallback team in the company."""

    def clean(self) -> dict[str, Any]:
        """Compare the companies."""
        cleaned = super().clean()
        rows = {"fallback_team": cleaned.get("fallback_team")}
        checks.check_same_company(rows, cleaned.get("company"), told="This is a team of {company}.")
        return cleaned


class ExchangeRateForm(PolicyForm):
    """Refuses rates that cannot compare anything."""

    def clean_currency(self) -> str:
        """Check the code."""
        return checks.check_currency(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        """Check the rate against the company's own currency."""
        cleaned = super().clean()
        company, rate = cleaned.get("company"), cleaned.get("rate")
        if rate is not None and rate <= 0:
            raise ValidationError({"rate": "A rate is above zero."})
        if company is not None and cleaned.get("currency") == company.currency:
            raise ValidationError({"currency": f"This is the currency of {company} itself."})
        return cleaned


class MessageTemplateForm(PolicyForm):
    """Shows which facts there are, and refuses any other: a supplier must never read a name in braces."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, facts in (("subject", OF_SUBJECT), ("body", OF_MAIL), ("line", OF_LINE)):
            if name in self.fields:
                self.fields[name].help_text = f"Facts: {_braced(facts)}."

    def clean(self) -> dict[str, Any]:
        """Compare the names in braces with the facts there are."""
        cleaned = super().clean()
        more = OF_REMINDER if cleaned.get("inquiry") == Inquiry.REMINDER else ()
        wrong = {}
        for name, facts in (
            ("subject", (*OF_SUBJECT, *more)),
            ("body", (*OF_MAIL, *more)),
            ("line", OF_LINE),
        ):
            unknown = [each for each in names_in(cleaned.get(name) or "") if each not in facts]
            if unknown:
                wrong[name] = f"There is no fact {_braced(unknown)} here; use {_braced(facts)}."
        if wrong:
            raise ValidationError(wrong)
        return cleaned


def _braced(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
