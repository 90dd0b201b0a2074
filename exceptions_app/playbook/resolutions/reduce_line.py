"""Reduce: the order line gets a smaller quantity, and nothing more is expected."""

from erp_connectors.canonical.commands import CommandKind
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import plain, quantity, reduced
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Plan, Situation


class ReduceLine(Resolution):
    """Lowers the ordered quantity to what is offered, or to less."""

    code = "reduce_line"
    label = "Reduce the line"
    description = "Order only what is offered, or less. The order is changed; nothing more is expected."
    icon = "package-minus"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for the new quantity; what is offered is most likely."""
        offered = "" if line.deviating is None else plain(line.ordered - line.deviating)
        return (
            InputField(
                name="quantity",
                label="New quantity",
                kind=FieldKind.QUANTITY,
                unit=line.unit,
                initial=offered,
            ),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Cut the line down to the entered quantity, between what is delivered and what is offered."""
        if line.deviating is None:
            inputs.refuse("", f"Line {line.number}: how much is missing is not known.")
            return None
        offered = line.ordered - line.deviating
        if offered <= 0:
            inputs.refuse("", f"Line {line.number}: nothing is offered; cancel the remainder instead.")
            return None
        value = inputs.quantity("quantity", line.number, "New quantity", unit=line.unit, most=offered)
        if value is None:
            return None
        if value < line.delivered:
            delivered = f"{plain(line.delivered)} {line.unit}"
            inputs.refuse_field("quantity", line.number, f"{delivered} are already shipped or received.")
            return None
        agreement = AgreementPlan(kind=AgreementKind.ACCEPTED, quantity=line.deviating)
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=reduced(line.values, value),
            agreement=agreement,
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Change the quantities with one command."""
        words = "; ".join(
            f"line {line.number} from {quantity(line.before.quantity)} to {quantity(line.after.quantity)}"
            for line in lines
        )
        return Plan(lines=lines, summary=f"Reduce {words}", command=CommandKind.CHANGE_QUANTITY)
