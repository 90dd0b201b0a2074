"""Treat as a mismatch: the basis is right, so the price itself differs."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class TreatAsMismatch(Resolution):
    """Decides that both prices are meant as they stand: `price_mismatch` judges the difference then."""

    code = "treat_as_mismatch"
    label = "The basis is right"
    description = "Both prices are meant as they stand: judge the difference. Nothing is written to the ERP."
    icon = "scale"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree on the basis alone."""
        return standing.unchanged(line, AgreementKind.ACCEPTED)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        return Plan(
            lines=lines, summary=f"The basis is right, line {', '.join(line.number for line in lines)}"
        )
