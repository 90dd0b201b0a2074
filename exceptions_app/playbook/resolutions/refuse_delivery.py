"""Refuse the delivery: what nobody ordered, or ordered no longer, is not taken in."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import returning, standing
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class RefuseDelivery(Resolution):
    """Gives the warehouse the task not to take it in. Nothing is written to the ERP."""

    code = "refuse_delivery"
    label = "Refuse it at the dock"
    description = "The warehouse takes only what is ordered. Nothing is written to the ERP."
    icon = "package-x"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree that it is refused."""
        return standing.unchanged(line, AgreementKind.ACCEPTED)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing, and tell the warehouse what to do."""
        return Plan(
            lines=lines,
            summary=f"Refuse {returning.in_words(lines)}",
            tasks=(returning.task("Refuse at the dock", lines, situation),),
        )
