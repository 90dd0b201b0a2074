"""Raise the line: the order takes over the larger quantity that is offered, shipped or received."""

from dataclasses import replace

from erp_connectors.canonical.commands import CommandKind
from erp_connectors.canonical.values import Quantity, SchedulePart
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import add, quantity
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Plan, Situation


class RaiseLine(Resolution):
    """Orders what is too much as well, on the line's last day."""

    code = "raise_line"
    label = "Raise the line"
    description = "Order the larger quantity. The order is changed."
    icon = "package-plus"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Add what is too much to the last part of the schedule."""
        if not line.deviating:
            inputs.refuse("", f"Line {line.number}: how much is too much is not known.")
            return None
        last = line.values.schedule[-1]
        more = SchedulePart(Quantity(line.deviating, line.unit), last.date, last.date_kind)
        after = replace(
            line.values,
            quantity=Quantity(line.ordered + line.deviating, line.unit),
            schedule=add(line.values.schedule, more),
            cancelled=False,
        )
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=after,
            agreement=AgreementPlan(kind=AgreementKind.ACCEPTED, quantity=line.deviating),
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Change the quantities with one command."""
        words = "; ".join(
            f"line {line.number} from {quantity(line.before.quantity)} to {quantity(line.after.quantity)}"
            for line in lines
        )
        return Plan(lines=lines, summary=f"Raise {words}", command=CommandKind.CHANGE_QUANTITY)
