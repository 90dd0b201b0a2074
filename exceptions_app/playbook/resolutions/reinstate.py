"""Reinstate: goods came for a line that was cancelled, and it is ordered again to take them in."""

from dataclasses import replace

from erp_connectors.canonical.commands import CommandKind
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Plan, Situation


class Reinstate(Resolution):
    """Takes back the cancellation of the line, with the quantity and the days it had."""

    code = "reinstate"
    label = "Accept it and order again"
    description = "Take back the cancellation of the line. The order is changed."
    icon = "redo-2"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Open the line again; an order that is cancelled as a whole cannot be opened from here."""
        if not line.values.cancelled:
            inputs.refuse(
                "",
                f"Line {line.number}: the whole order is cancelled; reinstate it in the ERP, or refuse it.",
            )
            return None
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=replace(line.values, cancelled=False),
            agreement=AgreementPlan(kind=AgreementKind.ACCEPTED, quantity=line.deviating),
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Open the lines with one command."""
        words = ", ".join(line.number for line in lines)
        return Plan(lines=lines, summary=f"Order line {words} again", command=CommandKind.CHANGE_QUANTITY)
