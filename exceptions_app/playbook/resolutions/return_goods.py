"""Return: the goods go back, and the supplier owes a credit for them."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import returning, standing
from exceptions_app.playbook.claiming import worth
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class ReturnGoods(Resolution):
    """Gives the warehouse the task to send the goods back, and expects a credit of what they are worth."""

    code = "return_goods"
    label = "Return the goods"
    description = (
        "Send them back and expect a credit. The warehouse gets the task; nothing is written to the ERP."
    )
    icon = "undo-2"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree on a credit for all that deviates, at the order's price."""
        return standing.unchanged(line, AgreementKind.CREDIT, money=worth(line))

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing, and ask the warehouse."""
        return Plan(
            lines=lines,
            summary=f"Return {returning.in_words(lines)}",
            tasks=(returning.task("Return", lines, situation),),
        )
