"""The verbs of a case as buttons, each with the fields it needs."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.forms import BoundField
from django.urls import reverse
from django.utils.translation import gettext

from exceptions_app.cases.actions import AllowedAction
from exceptions_app.cases.models import Case
from exceptions_app.web.forms import VerbForm
from exceptions_app.web.unsent_view import OpenForm

#: What the button of a verb looks like.
ICONS = {
    "take": "user-check",
    "start": "play",
    "assign": "users",
    "wait_for_supplier": "hourglass",
    "note_answer": "message-square",
    "resume": "redo-2",
    "escalate": "arrow-up-right",
    "override_severity": "flag",
    "override_state": "pen-line",
    "override_owner": "pen-line",
    "override_clock": "pen-line",
    "override_position": "pen-line",
    "settle_command": "pen-line",
    "end_override": "undo-2",
    "hand_over": "arrow-left-right",
    "dismiss": "circle-slash",
    "reopen": "rotate-ccw",
}
#: Verbs that stand as buttons; the others are behind "more". The first of PRIMARY is the accented one.
VISIBLE = ("take", "start", "note_answer", "resume", "reopen", "wait_for_supplier", "escalate")
PRIMARY = ("take", "start", "resume", "reopen")
#: Verbs with a form of their own elsewhere on the page.
OWN_PLACE = ("comment", "ask")


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One verb as a button, with the fields it needs."""

    code: str
    label: str
    url: str
    icon: str
    fields: list[BoundField]
    is_primary: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Buttons:
    """The verbs in view, and those behind "more"."""

    visible: list[Button]
    more: list[Button]

    @property
    def more_open(self) -> bool:
        """True when a form behind "more" was sent and has to be seen."""
        return any(button.is_open for button in self.more)


def buttons_of(case: Case, verbs: Iterable[AllowedAction], sent: OpenForm | None) -> Buttons:
    """Return the verbs of a case as buttons; the form of `sent` is open, with what was typed."""
    shown = [verb for verb in verbs if verb.code not in OWN_PLACE]
    codes = [verb.code for verb in shown]
    primary = next((code for code in PRIMARY if code in codes), "")
    buttons = [_button(case, verb, primary, sent) for verb in shown]
    return Buttons(
        visible=[button for button in buttons if button.code in VISIBLE],
        more=[button for button in buttons if button.code not in VISIBLE],
    )


def _button(case: Case, verb: AllowedAction, primary: str, sent: OpenForm | None) -> Button:
    is_sent = sent is not None and sent.code == verb.code
    form = VerbForm(case=case, needs=verb.needs, takes=verb.takes, auto_id=f"{verb.code}-%s")
    if is_sent and sent is not None and sent.form is not None:
        form = sent.form
    return Button(
        code=verb.code,
        label=gettext(verb.label),
        url=reverse("web:verb", args=[case.number, verb.code]),
        icon=ICONS.get(verb.code, "circle-dot"),
        fields=list(form),
        is_primary=verb.code == primary,
        is_open=is_sent,
    )
