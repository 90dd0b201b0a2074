"""Say which answer holds: two answers contradict each other, and the supplier has said which is meant."""

from erp_connectors.canonical.documents import Confirmation, ConfirmationLine, LineAnswer, OfferedPart
from erp_connectors.canonical.values import DocumentVersion, Quantity
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import plain, quantity
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class SettleAnswer(Resolution):
    """Enters the answer that holds as the supplier's newest one, signed by the person."""

    code = "settle_answer"
    label = "Say which answer holds"
    description = "Enter what the supplier means, as its newest answer to the line, under your name."
    icon = "git-compare-arrows"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for the whole quantity and its day; what was ordered is most likely."""
        return (
            InputField(
                name="quantity",
                label="Confirmed in all",
                kind=FieldKind.QUANTITY,
                unit=line.unit,
                initial=plain(line.ordered),
            ),
            InputField(
                name="confirmed_on",
                label="Confirmed for",
                kind=FieldKind.DAY,
                initial=line.values.schedule[-1].date.isoformat() if line.values.schedule else "",
            ),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Take the whole answer to the line, never less than what was delivered."""
        label, most = "Confirmed in all", line.ordered
        value = inputs.quantity("quantity", line.number, label, unit=line.unit, most=most)
        day = inputs.day("confirmed_on", line.number, "Confirmed for")
        if value is None or day is None:
            return None
        if value < line.delivered:
            delivered = f"{plain(line.delivered)} {line.unit}"
            inputs.refuse_field("quantity", line.number, f"{delivered} are already shipped or received.")
            return None
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=line.values,
            confirmed=ConfirmationLine(
                line_number=line.number,
                answers=(LineAnswer.CHANGED,),
                offered=(OfferedPart(Quantity(value, line.unit), day),),
            ),
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Enter one confirmation of the order for all lines."""
        said = [line.confirmed for line in lines if line.confirmed is not None]
        confirmation = Confirmation(
            order_number=situation.order_number,
            version=DocumentVersion(situation.as_of),
            lines=tuple(said),
            number=situation.case_number,
            on_behalf_by=situation.person,
        )
        words = "; ".join(
            f"{quantity(part.quantity)} of line {line.line_number} on {part.date}"
            for line in said
            for part in line.offered or ()
        )
        return Plan(lines=lines, summary=f"The answer is {words}", documents=(confirmation,))
