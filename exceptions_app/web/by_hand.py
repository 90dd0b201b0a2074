"""What is entered to set something by hand on a case: the fields of its forms."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from erp_connectors.documents.models import OrderLine
from erp_connectors.exchange.models import Command
from exceptions_app.cases import lifecycle
from exceptions_app.cases.models import Case, ClockKind
from exceptions_app.cases.overriding.clocks import CLOCK_DEEDS
from exceptions_app.cases.overriding.erp_results import DONE, NOT_DONE, commands_to_settle
from exceptions_app.cases.overriding.taking_back import ENDING
from exceptions_app.overrides.stated import StatedFact
from exceptions_app.spoken.reading import in_words
from exceptions_app.web import labels
from exceptions_app.web.labels import Text

DEEDS: dict[str, Text] = {
    "move": _("Move its due time"),
    "hold": _("Let it stand still"),
    "release": _("Let it go on"),
    "end": _("End it"),
}
FACTS: dict[StatedFact, Text] = {
    StatedFact.CONFIRMED: _("Confirmed"),
    StatedFact.SHIPPED: _("Shipped"),
    StatedFact.RECEIVED: _("Received"),
    StatedFact.INVOICED: _("Invoiced"),
}


def _state(case: Case) -> forms.Field:
    states = [state for state in lifecycle.BY_HAND if state != case.state]
    choices = [(str(state), labels.CASE_STATES[state].label) for state in states]
    return forms.ChoiceField(label=_("Status"), choices=choices)


def _clock_kind(case: Case) -> forms.Field:
    kinds = case.clocks.filter(stopped_at=None).order_by("pk").values_list("kind", flat=True)
    choices = [(kind, gettext(ClockKind(kind).label)) for kind in kinds]
    return forms.ChoiceField(label=_("Clock"), choices=choices)


def _deed(case: Case) -> forms.Field:
    return forms.ChoiceField(label=_("What to do"), choices=[(each, DEEDS[each]) for each in CLOCK_DEEDS])


def _line(case: Case) -> forms.Field:
    lines = OrderLine.objects.filter(order=case.order_id, is_present=True).order_by("pk")
    choices = [(each.number, f"{each.number} · {each.item_number} ({each.unit})") for each in lines]
    return forms.ChoiceField(label=_("Line"), choices=choices)


def _fact(case: Case) -> forms.Field:
    return forms.ChoiceField(
        label=_("What is true"), choices=[(fact.value, label) for fact, label in FACTS.items()]
    )


def _quantity(case: Case) -> forms.Field:
    return forms.DecimalField(
        label=_("Quantity, in the unit of the order"), min_value=0, max_digits=20, decimal_places=6
    )


def _day(case: Case) -> forms.Field:
    return forms.DateField(
        label=_("On"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The day of it. Confirmed: the day promised; empty means as requested."),
    )


def _moment(label: Any) -> Callable[[Case], forms.Field]:
    def field(case: Case) -> forms.Field:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        return forms.DateTimeField(label=label, widget=widget)

    return field


def _command(case: Case) -> forms.Field:
    choices = [(str(each.pk), _command_words(each)) for each in commands_to_settle(case)]
    return forms.ChoiceField(label=_("Command"), choices=choices)


def _command_words(command: Command) -> str:
    words = command.answer.get("words") or command.last_error
    return f"{command.connection.name}: {gettext(command.get_state_display())}. {words}"[:120]


def _outcome(case: Case) -> forms.Field:
    choices = [(DONE, _("done")), (NOT_DONE, _("not done"))]
    return forms.ChoiceField(label=_("In the ERP it is"), choices=choices)


def _override(case: Case) -> forms.Field:
    found = case.overrides.filter(ended_at=None, kind__in=ENDING).order_by("-made_at")
    return forms.ChoiceField(
        label=_("Set by hand"), choices=[(str(each.pk), in_words(each.words)) for each in found]
    )


FIELDS: dict[str, Callable[[Case], forms.Field]] = {
    "state": _state,
    "clock_kind": _clock_kind,
    "deed": _deed,
    "due": _moment(_("Due, or until")),
    "line": _line,
    "fact": _fact,
    "quantity": _quantity,
    "on": _day,
    "until": _moment(_("Until")),
    "command": _command,
    "outcome": _outcome,
    "override": _override,
}
