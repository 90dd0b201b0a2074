"""Changes of rules as people say them: one sentence for each, of whatever table, never its JSON.

    Tolerance for price mismatch at Nordmann: 2 % becomes 1.5 %

What stands in a row is either what the row is about (its type, supplier, team ...) or what it says; a field
that nobody named here is something it says, under its own name.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Field, ForeignKey, JSONField, Model
from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, gettext_noop, pgettext

from exceptions_app.detection.registry import all_types
from exceptions_app.people.models import Role
from exceptions_app.policies import condition_text, matrix
from exceptions_app.policies.changes import fields_of, lay_upon, table_of, tables
from exceptions_app.policies.draft_models import Action, PolicyChange
from exceptions_app.policies.models import PolicyRow
from exceptions_app.policies.values import Direction, LimitState
from exceptions_app.routing.facts import FACTS

NOUNS = {
    "approvalrule": gettext_noop("Approval rule"),
    "calendar": gettext_noop("Calendar"),
    "clockwarning": gettext_noop("Warning before time is up"),
    "companypolicy": gettext_noop("Company policy"),
    "escalationstep": gettext_noop("Escalation"),
    "exchangerate": gettext_noop("Exchange rate"),
    "impactdefaults": gettext_noop("Impact defaults"),
    "messagetemplate": gettext_noop("Mail to suppliers"),
    "responsibility": gettext_noop("Responsibility"),
    "routingrule": gettext_noop("Routing rule"),
    "servicelevelrow": gettext_noop("Service level"),
    "severitybands": gettext_noop("Severity bands"),
    "suppliertimerow": gettext_noop("Time to answer"),
    "tasktemplate": gettext_noop("Task or alert"),
    "termrow": gettext_noop("Terms"),
    "tolerancerow": gettext_noop("Tolerance"),
    "typesetting": gettext_noop("Exception type"),
}
#: Fields that say what a row is about, in the order in which they are said, and how.
ABOUT = {
    "name": gettext_noop("“%(word)s”"),
    "inquiry": gettext_noop("“%(word)s”"),
    "type_code": gettext_noop("for %(word)s"),
    "direction": gettext_noop("(%(word)s)"),
    "team": gettext_noop("of %(word)s"),
    "side": gettext_noop("(%(word)s)"),
    "level": gettext_noop("level %(word)s"),
    "person": gettext_noop("by %(word)s"),
    "team_code": gettext_noop("to %(word)s"),
    "currency": gettext_noop("of %(word)s"),
    "language": gettext_noop("in %(word)s"),
    "tier": gettext_noop("at suppliers of tier %(word)s"),
    "supplier": gettext_noop("at %(word)s"),
    "item_number": gettext_noop("for item %(word)s"),
    "category": gettext_noop("in category %(word)s"),
    "warehouse": gettext_noop("in warehouse %(word)s"),
    "company": gettext_noop("in %(word)s"),
}
#: A named row is known by its name; what else it is about is something it says.
NAMED_BY = ("name", "company")
#: These already say which company a row holds in.
IN_A_COMPANY = ("supplier", "warehouse", "team")
LIMITS = ("percent", "amount", "cap")
WEEKDAYS = (
    gettext_noop("Monday"),
    gettext_noop("Tuesday"),
    gettext_noop("Wednesday"),
    gettext_noop("Thursday"),
    gettext_noop("Friday"),
    gettext_noop("Saturday"),
    gettext_noop("Sunday"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a change says: what it is called, and what it was and becomes, in words ("": nothing)."""

    name: str
    label: str
    before: str
    after: str


@dataclass
class Names:
    """What other rows are called that changes point to, each table of them read once."""

    known: dict[type[Model], dict[Any, str]] = field(default_factory=dict)

    def read(self, changes: Iterable[PolicyChange]) -> "Names":
        """Read every name that some changes need, in one query for each table."""
        wanted: dict[type[Model], set[Any]] = defaultdict(set)
        for change in changes:
            for each in fields_of(tables()[change.table]):
                if isinstance(each, ForeignKey):
                    model: Any = each.related_model
                    wanted[model] |= {side.get(each.name) for side in (change.before, change.after)} - {None}
        for model, keys in wanted.items():
            found = model._default_manager.in_bulk(keys)
            self.known[model] = {key: _name_of(row) for key, row in found.items()}
            if issubclass(model, PolicyRow):
                self._read_in_drafts(model, keys - set(found))
        return self

    def _read_in_drafts(self, model: type[PolicyRow], keys: set[Any]) -> None:
        """Read the names of rules that are only in a draft, or were removed by one."""
        told = PolicyChange.objects.filter(table=table_of(model), row_id__in=keys).order_by("pk")
        for change in told:
            row = model()
            lay_upon(row, change.after or change.before)
            self.known[model][change.row_id] = _name_of(row)

    def of(self, model: Any, key: Any) -> str:
        """Return what a row is called; its number where it is gone."""
        return self.known.get(model, {}).get(key) or gettext("no. %(key)s") % {"key": key}


def sentence(change: PolicyChange, names: Names | None = None) -> str:
    """Return a change as one sentence in the reader's language."""
    names = names or Names().read([change])
    about, said = subject(change, names), parts(change, names)
    if change.action == Action.CHANGE:
        return gettext("%(about)s: %(what)s") % {"about": about, "what": _becoming(said)}
    if change.action == Action.ADD:
        told = "; ".join(_said(part.label, part.after) for part in said if part.after)
        return gettext("New: %(about)s: %(what)s") % {"about": about, "what": told or gettext("as it is")}
    told = "; ".join(_said(part.label, part.before) for part in said if part.before)
    return gettext("%(about)s is removed; it was: %(what)s") % {
        "about": about,
        "what": told or gettext("as it is"),
    }


def in_short(change: PolicyChange, names: Names) -> str:
    """Return what becomes of a row, beside the row itself, in the reader's language."""
    if change.action == Action.REMOVE:
        return gettext("It is removed.")
    return _becoming(parts(change, names))


def sentences(changes: Iterable[PolicyChange]) -> list[tuple[PolicyChange, str]]:
    """Return each change with its sentence; names are read for all of them together."""
    listed = list(changes)
    names = Names().read(listed)
    return [(change, sentence(change, names)) for change in listed]


def subject(change: PolicyChange, names: Names) -> str:
    """Return what the row is about: before the change, where there was one."""
    return _subject(change, change.before or change.after, names)


def subject_after(change: PolicyChange, names: Names) -> str:
    """Return what the row will be about."""
    return _subject(change, change.after or change.before, names)


def _subject(change: PolicyChange, values: dict[str, Any], names: Names) -> str:
    model = tables()[change.table]
    words = [gettext(NOUNS.get(change.table, str(model._meta.verbose_name).capitalize()))]
    for name, form in _about(model, values).items():
        words.append(gettext(form) % {"word": _about_word(model, name, values[name], names)})
    return " ".join(words)


def parts(change: PolicyChange, names: Names) -> list[Part]:
    """Return what a change says: of a changed row only what differs, else all but what it is about.

    Of a whole row a limit that is not checked goes without saying, and so does the usual one of some choices.
    """
    model, is_whole = tables()[change.table], change.action != Action.CHANGE
    values = change.before or change.after
    unsaid = set(_about(model, values)) if is_whole else set()
    found = []
    for each in fields_of(model):
        if each.name in unsaid or each.name.removesuffix("_state") in _limits_of(model) - {each.name}:
            continue
        if is_whole and _goes_without_saying(each, values):
            continue
        before, after = (_words(each, side, names) for side in (change.before, change.after))
        if is_whole or before != after:
            found.append(Part(each.name, _label(each), before, after))
    return found


def _goes_without_saying(each: "Field[Any, Any]", values: dict[str, Any]) -> bool:
    if values.get(f"{each.name}_state") == LimitState.UNCHECKED:
        return True
    is_choice = bool(each.flatchoices) or each.get_internal_type() == "BooleanField"
    return is_choice and values.get(each.name) == each.get_default()


def told(change: PolicyChange) -> dict[str, str]:
    """Return what a change makes of the row, for the history, which is in English."""
    return _told(change, lambda part: part.after)


def told_before(change: PolicyChange) -> dict[str, str]:
    """Return what the row said before, for the history."""
    return _told(change, lambda part: part.before)


def in_history(change: PolicyChange) -> str:
    """Return the sentence of a change, for the history."""
    with translation.override("en"):
        return sentence(change)


def _told(change: PolicyChange, side: Callable[[Part], str]) -> dict[str, str]:
    with translation.override("en"):
        names = Names().read([change])
        about = {"about": subject(change, names)}
        said = {part.name: side(part) for part in parts(change, names)}
        return {} if not any(said.values()) else about | {name: word for name, word in said.items() if word}


# --- words --------------------------------------------------------------------------------------------------


def _becoming(said: list[Part]) -> str:
    if len(said) == 1 and said[0].name == "percent":
        return _becomes(said[0])
    return "; ".join(f"{part.label} {_becomes(part)}" for part in said)


def _becomes(part: Part) -> str:
    empty = pgettext("a value of a rule", "nothing")
    return gettext("%(before)s becomes %(after)s") % {
        "before": part.before or empty,
        "after": part.after or empty,
    }


def _said(label: str, word: str) -> str:
    return f"{label} {word}"


def _about(model: type[PolicyRow], values: dict[str, Any]) -> dict[str, str]:
    """Return which fields of a row say what it is about, each with its form of words."""
    is_named = bool(values.get("name"))
    return {
        name: form
        for name, form in ABOUT.items()
        if values.get(name) not in (None, "")
        and (not is_named or name in NAMED_BY)
        and not (name == "direction" and values[name] == Direction.UNDER)
        and not (name == "side" and values[name] == "ours")
        and not (name == "company" and not is_named and any(values.get(other) for other in IN_A_COMPANY))
    }


def _about_word(model: type[PolicyRow], name: str, value: Any, names: Names) -> str:
    if name == "type_code":
        label = _type_label(value)
        return label[:1].lower() + label[1:] if translation.get_language() == "en" else label
    if name == "direction":
        return gettext("over")
    if name == "name":
        return str(value)
    each: Any = model._meta.get_field(name)
    return _words(each, {name: value}, names)


def _limits_of(model: type[PolicyRow]) -> set[str]:
    """Return the limits of a row that say with a state of their own whether they count."""
    own = {each.name for each in fields_of(model)}
    return {name for name in LIMITS if f"{name}_state" in own}


def _words(each: "Field[Any, Any]", values: dict[str, Any], names: Names) -> str:
    """Return one value in words, "" for none."""
    if each.name not in values and f"{each.name}_state" not in values:
        return ""
    value, state = values.get(each.name), values.get(f"{each.name}_state")
    if state == LimitState.ZERO:
        return gettext("zero")
    if state == LimitState.UNCHECKED:
        return gettext("not checked") if values.get(each.name) is None else str(value)
    if value in (None, "", [], {}):
        return ""
    if isinstance(each, ForeignKey):
        return names.of(each.related_model, value)
    if isinstance(each, JSONField):
        return _structure(each.name, value)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return _single(each, value)


def _single(each: "Field[Any, Any]", value: Any) -> str:
    kind = each.get_internal_type()
    if kind == "DateField":
        return date_format(date.fromisoformat(value), pgettext("day with year", "j M Y"))
    if kind == "DecimalField":
        exact = Decimal(value).normalize()
        places = max(0, -int(exact.as_tuple().exponent))
        number = number_format(exact, decimal_pos=places, force_grouping=True)
        return f"{number} %" if "percent" in each.name else number
    if each.name == "type_code":
        return _type_label(value)
    if each.name == "role":
        return str(dict(Role.choices).get(value, value))
    chosen = dict(each.flatchoices).get(value)
    if chosen is not None:
        return gettext(str(chosen))
    return f"“{value}”" if kind == "TextField" or " " in str(value) else str(value)


def _structure(name: str, value: Any) -> str:
    """Return lists, conditions and opening hours in words."""
    if name == "condition":
        lines = condition_text.written(value, FACTS).splitlines()
        return ", ".join(line.strip() for line in lines).replace(":,", ":")
    if name == "steps":
        return gettext(", then ").join(map(str, matrix.steps_of(value)))
    if name == "hours" and isinstance(value, dict):
        return _hours(value)
    return _plainly(value)


def _hours(hours: dict[str, Any]) -> str:
    """Return opening hours with days that are alike together: Monday to Friday 08:00-17:00."""
    days = sorted((int(day), ", ".join("-".join(span) for span in spans)) for day, spans in hours.items())
    told = []
    for spans, alike in groupby(days, key=lambda day: day[1]):
        numbers = [day for day, _ in alike]
        first, last = gettext(WEEKDAYS[numbers[0]]), gettext(WEEKDAYS[numbers[-1]])
        until = gettext("%(first)s to %(last)s") % {"first": first, "last": last}
        told.append(f"{first if len(numbers) == 1 else until} {spans or gettext('closed')}")
    return ", ".join(told)


def _plainly(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plainly(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(_plainly(each) for each in value)
    return str(value).replace("_", " ")


def _label(each: "Field[Any, Any]") -> str:
    return gettext(str(each.verbose_name))


def _type_label(code: str) -> str:
    return next((gettext(each.label) for each in all_types() if each.code == code), code.replace("_", " "))


def _name_of(row: Model) -> str:
    """Return what a row is called in a sentence: a supplier without its number."""
    return str(getattr(row, "name", "") or row) if row._meta.model_name == "supplier" else str(row)
