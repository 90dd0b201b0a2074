"""Cancel the line: what the supplier rejects is not expected any more."""

from exceptions_app.playbook import cancelling
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class CancelLine(Resolution):
    """Cancels what was rejected; a line that was rejected in part keeps the rest."""

    code = "cancel_line"
    label = "Cancel the line"
    description = "Cancel what the supplier rejects, and expect it no longer. The order is changed."
    icon = "ban"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Cut the line down to what was not rejected."""
        return cancelling.without_what_deviates(line, inputs)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Cancel with one command."""
        return Plan(
            lines=lines,
            summary=f"Cancel {cancelling.in_words(lines)}",
            command=cancelling.command_for(lines),
        )
