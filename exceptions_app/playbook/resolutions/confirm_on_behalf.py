"""Confirm on the supplier's behalf: what it said by telephone or mail is entered as its confirmation."""

from dataclasses import replace

from erp_connectors.canonical.documents import Confirmation, ConfirmationLine, LineAnswer, OfferedPart
from erp_connectors.canonical.values import DocumentVersion, Quantity, SchedulePart
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import add, first, in_words, plain
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class ConfirmOnBehalf(Resolution):
    """Enters a confirmation through the inbox, signed by the person. Nothing is written to the ERP."""

    code = "confirm_on_behalf"
    label = "Confirm for the supplier"
    description = "Enter what the supplier told you. It counts as its confirmation, under your name."
    icon = "pen-line"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for day and quantity; what was ordered is most likely."""
        unanswered = line.ordered if line.deviating is None else line.deviating
        return (
            InputField(
                name="confirmed_on",
                label="Confirmed for",
                kind=FieldKind.DAY,
                initial=line.values.schedule[-1].date.isoformat(),
            ),
            InputField(
                name="quantity",
                label="Confirmed quantity",
                kind=FieldKind.QUANTITY,
                unit=line.unit,
                initial=plain(unanswered),
            ),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Add the entered part to what the supplier has answered so far."""
        unanswered = line.ordered if line.deviating is None else line.deviating
        day = inputs.day("confirmed_on", line.number, "Confirmed for")
        value = inputs.quantity(
            "quantity", line.number, "Confirmed quantity", unit=line.unit, most=unanswered
        )
        if day is None or value is None:
            return None
        quantity = Quantity(value, line.unit)
        answered = line.ordered - unanswered
        after = replace(
            line.values,
            quantity=Quantity(answered + value, line.unit),
            schedule=add(first(line.values.schedule, answered), SchedulePart(quantity, day)),
        )
        confirmed = ConfirmationLine(
            line_number=line.number,
            answers=(LineAnswer.ACCEPTED if after == line.values else LineAnswer.CHANGED,),
            offered=(*(line.offered or ()), OfferedPart(quantity, day)),
        )
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=after,
            confirmed=confirmed,
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Enter one confirmation of the order for all lines."""
        words = "; ".join(f"line {line.number}: {in_words(line.after.schedule)}" for line in lines)
        confirmation = Confirmation(
            order_number=situation.order_number,
            version=DocumentVersion(situation.as_of),
            lines=tuple(line.confirmed for line in lines if line.confirmed is not None),
            number=situation.case_number,
            on_behalf_by=situation.person,
        )
        return Plan(lines=lines, summary=f"Confirm for the supplier {words}", documents=(confirmation,))
