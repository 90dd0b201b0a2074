"""The filters of lists of cases. Their state is the address: a list can be sent, saved and opened again."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet

from exceptions_app.cases.models import OUR_CLOCKS, CaseState, Clock, ClockKind, Task
from exceptions_app.overrides.models import Override
from exceptions_app.web import labels
from exceptions_app.web.case_text import text_in_case
from exceptions_app.web.types import type_labels

OPEN_STATES = [state for state in CaseState if state not in (CaseState.CLOSED, CaseState.DISMISSED)]
LEAST = {name: level for level, name in labels.SEVERITY_NAMES.items()}
ME, NOBODY = "me", "none"
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
