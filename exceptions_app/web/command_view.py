"""How a write to the ERP looks: how far it has come."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.web.labels import Text


@dataclass(frozen=True, slots=True)
class CommandWords:
    """What became of the write to the ERP."""

    text: str
    icon: str
    tone: str


COMMANDS: dict[str, tuple[Text, str, str]] = {
    CommandState.WAITING: (_("Waiting to be sent to the ERP"), "hourglass", ""),
    CommandState.SENDING: (_("Sent to the ERP, which has not answered yet"), "send", ""),
    CommandState.DONE: (_("The ERP has carried it out"), "circle-check", "good"),
    CommandState.UNKNOWN: (
        _("The answer of the ERP was lost; we look for its effect"),
        "circle-help",
        "warn",
    ),
    CommandState.CONFLICT: (_("The ERP has other values by now"), "git-compare-arrows", "crit"),
    CommandState.DEAD: (_("The ERP refused it"), "circle-alert", "crit"),
    CommandState.WITHDRAWN: (_("Taken back before it was sent"), "undo-2", ""),
}


def command_words(command: Command) -> CommandWords:
    """Return how far a write has come, with the ERP's own words where it said any."""
    text, icon, tone = COMMANDS[command.state]
    words = command.answer.get("words") or command.last_error
    return CommandWords(f"{text}: {words}" if words else str(text), icon, tone)
