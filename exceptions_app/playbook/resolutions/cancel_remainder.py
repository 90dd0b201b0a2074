"""Cancel the remainder: what is offered or delivered stays, the rest of the line is cancelled."""

from exceptions_app.playbook import cancelling
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class CancelRemainder(Resolution):
    """Cancels what is missing; a line of which nothing stays is cancelled as a whole."""

    code = "cancel_remainder"
    label = "Cancel the remainder"
    description = "Keep what is offered and cancel the rest of the line. The order is changed."
    icon = "scissors-line-dashed"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Cut the line down to what is offered, never below what is delivered."""
        return cancelling.without_what_deviates(line, inputs)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Cancel with one command."""
        return Plan(
            lines=lines,
            summary=f"Cancel {cancelling.in_words(lines)}",
            command=cancelling.command_for(lines),
        )
