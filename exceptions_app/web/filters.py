"""The filters of lists of cases. Their state is the address: a list can be sent, saved and opened again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exceptions_app.cases.models import OUR_CLOCKS, CaseState, Clock, ClockKind, Severity, Task
from exceptions_app.detection.types.base import TeamCode
from exceptions_app.overrides.models import Override
from exceptions_app.people.models import Team, User
from exceptions_app.web import labels
from exceptions_app.web.case_text import text_in_case
from exceptions_app.web.types import type_labels

OPEN_STATES = [state for state in CaseState if state not in (CaseState.CLOSED, CaseState.DISMISSED)]
LEAST = {name: level for level, name in labels.SEVERITY_NAMES.items()}
ME, NOBODY = "me", "none"
TIERS = ("A", "B", "C")
#: Whose promise is broken, as the address says it.
OURS, NOT_OURS, THEIRS = BREACHED = ("true", "false", "supplier")


#: What was set by hand, as the address says it.
EVER, IN_FORCE, CONTRADICTED = OVERRIDDEN = ("true", "in_force", "contradicted")


class CaseFilter(django_filters.FilterSet):
    """Filters cases, or the entries of a queue: `prefix` leads from the rows to the case."""

    type = django_filters.MultipleChoiceFilter(method="of_type", choices=type_labels)
    state = django_filters.MultipleChoiceFilter(
        method="in_state", choices=[(state.value, labels.CASE_STATES[state].label) for state in CaseState]
    )
    severity = django_filters.ChoiceFilter(method="at_least", choices=[(name, name) for name in LEAST])
    supplier = django_filters.CharFilter(method="of_supplier")
    owner = django_filters.CharFilter(method="owned_by")
    breached = django_filters.ChoiceFilter(method="is_breached", choices=[(who, who) for who in BREACHED])
    overridden = django_filters.ChoiceFilter(
        method="is_overridden", choices=[(how, how) for how in OVERRIDDEN]
    )
    invoice = django_filters.CharFilter(method="of_invoice")
    warehouse = django_filters.CharFilter(method="at_warehouse")
    connection = django_filters.CharFilter(method="from_connection")
    tier = django_filters.CharFilter(method="of_tier")
    customer = django_filters.CharFilter(method="for_customer")
    q = django_filters.CharFilter(method="search")

    prefix_to_case = ""

    def _q(self, **conditions: Any) -> Q:
        return Q(**{f"{self.prefix_to_case}{name}": value for name, value in conditions.items()})

    def of_type(self, rows: QuerySet[Any], name: str, codes: Sequence[str]) -> QuerySet[Any]:
        """Keep cases of these types."""
        return rows.filter(self._q(type_code__in=codes)) if codes else rows

    def in_state(self, rows: QuerySet[Any], name: str, states: Sequence[str]) -> QuerySet[Any]:
        """Keep cases in these states."""
        return rows.filter(self._q(state__in=states)) if states else rows

    def at_least(self, rows: QuerySet[Any], name: str, level: str) -> QuerySet[Any]:
        """Keep cases of this severity and above."""
        return rows.filter(self._q(severity__gte=LEAST[level])) if level in LEAST else rows

    def of_supplier(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Keep cases of suppliers with this number, or with this text in their name."""
        return rows.filter(self._q(supplier__number=text) | self._q(supplier__name__icontains=text))

    def owned_by(self, rows: QuerySet[Any], name: str, who: str) -> QuerySet[Any]:
        """Keep cases of one person; `me` is the reader, `none` those that nobody has."""
        if who == ME:
            return rows.filter(self._q(owner=self.request.user))
        if who == NOBODY:
            return rows.filter(self._q(owner=None))
        return rows.filter(self._q(owner__username=who))

    def is_breached(self, rows: QuerySet[Any], name: str, whose: str) -> QuerySet[Any]:
        """Keep cases with a broken promise that still stands: ours, the supplier's, or none of ours."""
        broken = Clock.objects.filter(
            case=OuterRef(f"{self.prefix_to_case}pk"), stopped_at=None, breached_at__isnull=False
        )
        if whose == THEIRS:
            return rows.filter(Exists(broken.filter(kind=ClockKind.SUPPLIER, running_since__isnull=False)))
        ours = Exists(broken.filter(kind__in=OUR_CLOCKS))
        return rows.filter(ours if whose == OURS else ~ours)

    def is_overridden(self, rows: QuerySet[Any], name: str, how: str) -> QuerySet[Any]:
        """Keep cases on which something was set by hand: ever, in force now, or contradicted since."""
        by_hand = Override.objects.filter(case=OuterRef(f"{self.prefix_to_case}pk"))
        if how == IN_FORCE:
            by_hand = by_hand.filter(ended_at=None)
        elif how == CONTRADICTED:
            by_hand = by_hand.filter(is_contradicted=True)
        return rows.filter(Exists(by_hand))

    def of_invoice(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Keep cases about an invoice, or another document, with this text in its number."""
        return rows.filter(self._q(document__number__icontains=text))

    def at_warehouse(self, rows: QuerySet[Any], name: str, last: str) -> QuerySet[Any]:
        """Keep cases all of whose lines are for one of these warehouses."""
        return rows.filter(self._q(warehouse__code__in=self.data.getlist(name)))

    def from_connection(self, rows: QuerySet[Any], name: str, last: str) -> QuerySet[Any]:
        """Keep cases about a message, a stream, a document or an order of one of these connections."""
        found = Q()
        for about in ("interchange", "stream", "document", "order"):
            found |= self._q(**{f"{about}__connection__code__in": self.data.getlist(name)})
        return rows.filter(found)

    def of_tier(self, rows: QuerySet[Any], name: str, last: str) -> QuerySet[Any]:
        """Keep cases of suppliers in one of these tiers."""
        return rows.filter(self._q(supplier__tier__in=self.data.getlist(name)))

    def for_customer(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Keep cases that leave orders of a customer uncovered: by its name, or the number of its order."""
        told = Task.objects.filter(case=OuterRef(f"{self.prefix_to_case}pk"), facts__icontains=text)
        return rows.filter(Exists(told))

    def search(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Keep cases whose number, headline, order, document, supplier, item or file has this text."""
        return rows.filter(text_in_case(text.strip(), self.prefix_to_case))


class QueueFilter(CaseFilter):
    """The same filters over what leads to a case: the entries of a queue, the tasks or alerts of a team."""

    prefix_to_case = "case__"


# --- how the filters look -----------------------------------------------------------------------------------


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
