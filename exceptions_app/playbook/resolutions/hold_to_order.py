"""Hold to the order: no more is taken than was ordered."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class HoldToOrder(Resolution):
    """Settles an offer of too much: the order stands. Should more be shipped, that is another case."""

    code = "hold_to_order"
    label = "Hold to the order"
    description = "Take only what is ordered. Nothing is changed; should more be shipped, you will be told."
    icon = "lock"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree that the order stands."""
        return standing.unchanged(line, AgreementKind.ACCEPTED)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        return Plan(
            lines=lines, summary=f"Hold to the order, line {', '.join(line.number for line in lines)}"
        )
