"""Send it back: goods nobody ordered leave again."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation, TaskPlan

WAREHOUSE = "WHS"


class SendBack(Resolution):
    """Gives the warehouse the task to return what came without an order."""

    code = "send_back"
    label = "Send it back"
    description = "The warehouse returns what came without an order. Nothing is written to the ERP."
    icon = "undo-2"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree that it goes back."""
        return standing.unchanged(line, AgreementKind.ACCEPTED)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing, and ask the warehouse."""
        words = standing.named(lines)
        task = TaskPlan(team=WAREHOUSE, title=f"Send back what came without an order: {words}"[:200])
        return Plan(lines=lines, summary=f"Send back: {words}", tasks=(task,))
