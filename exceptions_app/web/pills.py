"""How filters look: each as a pill, with what it is set to and what can be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exceptions_app.cases.models import CaseState, Severity
from exceptions_app.detection.types.base import TeamCode
from exceptions_app.people.models import Team, User
from exceptions_app.web import labels
from exceptions_app.web.filters import CONTRADICTED, EVER, IN_FORCE, ME, NOBODY, OPEN_STATES, OURS, THEIRS
from exceptions_app.web.types import type_labels

TIERS = ("A", "B", "C")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter."""

    value: str
    label: Any
    is_set: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pill:
    """A filter as a pill: its name, what it is set to in words, and its choices."""

    name: str
    label: Any
    value: str
    any: Any = _("All")
    icon: str = ""
    input: str = "checkbox"
    choices: tuple[Choice, ...] = ()
    text: str = ""
    hint: Any = ""
    typed: str = "text"


def pills(
    query: Any, people: Sequence[User], *, ended: bool = False, more: Sequence[Pill] = ()
) -> list[Pill]:
    """Return the filter pills for what `query` (the address) says; `more` are those of a team."""
    states = list(CaseState) if ended else OPEN_STATES
    return [
        *more,
        several_of("type", _("Type"), type_labels(), query.getlist("type"), icon="list-filter"),
        several_of(
            "state",
            _("Status"),
            [(s.value, labels.CASE_STATES[s].label) for s in states],
            query.getlist("state"),
        ),
        one_of(
            "severity",
            _("Severity"),
            [("", _("Any"))]
            + [
                (labels.SEVERITY_NAMES[level], _at_least(level))
                for level in (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM)
            ],
            query.get("severity", ""),
        ),
        text_of("supplier", _("Supplier"), query.get("supplier", ""), hint=_("Name or number")),
        one_of(
            "owner",
            _("Owner"),
            [("", _("Anybody")), (ME, _("Me")), (NOBODY, _("Nobody"))]
            + [(person.username, str(person)) for person in people],
            query.get("owner", ""),
        ),
        one_of(
            "breached",
            _("SLA"),
            [("", _("Any")), (OURS, _("Breached")), (THEIRS, _("Overdue at the supplier"))],
            query.get("breached", ""),
        ),
        one_of(
            "overridden",
            _("By hand"),
            [
                ("", _("Any")),
                (EVER, _("Something was set by hand")),
                (IN_FORCE, _("It is in force")),
                (CONTRADICTED, _("It was contradicted")),
            ],
            query.get("overridden", ""),
        ),
    ]


def team_pills(team: Team, query: Any) -> list[Pill]:
    """Return the filters that only this team has: by what it sees of a case that others do not."""
    if team.code == TeamCode.FINANCE:
        return [text_of("invoice", _("Invoice"), query.get("invoice", ""), hint=_("Number"))]
    if team.code in (TeamCode.WAREHOUSE, TeamCode.PLANNING):
        sites = team.company.warehouses.order_by("name").values_list("code", "name")
        return [several_of("warehouse", _("Warehouse"), list(sites), query.getlist("warehouse"))]
    if team.code == TeamCode.CUSTOMER_SERVICE:
        return [text_of("customer", _("Customer"), query.get("customer", ""), hint=_("Name or order"))]
    if team.code == TeamCode.SUPPLIER_MANAGEMENT:
        return [several_of("tier", _("Tier"), [(tier, tier) for tier in TIERS], query.getlist("tier"))]
    if team.code == TeamCode.INTEGRATION:
        lines = team.company.connections.order_by("name").values_list("code", "name")
        return [several_of("connection", _("Connection"), list(lines), query.getlist("connection"))]
    return []


def _at_least(level: Severity) -> Any:
    label = labels.SEVERITIES[level].label
    return label if level == Severity.CRITICAL else f"≥ {label}"


def text_of(name: str, label: Any, entered: str, *, hint: Any) -> Pill:
    """Return a filter into which something is typed."""
    return Pill(name=name, label=label, value=entered, any=_("Any"), text=entered, hint=hint)


def day_of(name: str, label: Any, entered: str) -> Pill:
    """Return a filter by a day."""
    return Pill(name=name, label=label, value=entered, any=_("Any"), text=entered, typed="date")


def several_of(
    name: str, label: Any, options: Sequence[tuple[str, Any]], chosen: list[str], **more: Any
) -> Pill:
    """Return a filter of which several values can be chosen."""
    words = [str(text) for value, text in options if value in chosen]
    value = words[0] if len(words) == 1 else gettext("%(n)s chosen") % {"n": len(words)} if words else ""
    choices = tuple(Choice(value, text, value in chosen) for value, text in options)
    return Pill(name=name, label=label, value=value, choices=choices, **more)


def one_of(name: str, label: Any, options: Sequence[tuple[str, Any]], chosen: str) -> Pill:
    """Return a filter of which one value can be chosen; the first option is none."""
    words = {value: str(text) for value, text in options}
    return Pill(
        name=name,
        label=label,
        value=words.get(chosen, chosen) if chosen else "",
        any=options[0][1],
        input="radio",
        choices=tuple(Choice(value, text, value == chosen) for value, text in options),
    )
