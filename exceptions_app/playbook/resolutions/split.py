"""Split: what is offered now stays, the rest comes on a later day."""

from dataclasses import replace

from erp_connectors.canonical.commands import CommandKind
from erp_connectors.canonical.values import Quantity, SchedulePart
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import add, first, in_words
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Plan, Situation


class Split(Resolution):
    """Keeps the line's quantity and moves what is missing to another schedule line."""

    code = "split"
    label = "Split the delivery"
    description = "Keep what is offered now and schedule the rest for another day. The order is changed."
    icon = "split"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask when the rest comes."""
        return (InputField(name="rest_on", label="The rest comes on", kind=FieldKind.DAY),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Move what is short to the entered day, latest schedule parts first."""
        rest_on = inputs.day("rest_on", line.number, "The rest comes on")
        if line.deviating is None:
            inputs.refuse("", f"Line {line.number}: how much is missing is not known.")
            return None
        if rest_on is None:
            return None
        rest = SchedulePart(Quantity(line.deviating, line.unit), rest_on, line.values.schedule[-1].date_kind)
        after = replace(
            line.values, schedule=add(first(line.values.schedule, line.ordered - line.deviating), rest)
        )
        if after == line.values:
            inputs.refuse_field("rest_on", line.number, f"the order already has {rest_on} for the rest.")
            return None
        agreement = AgreementPlan(kind=AgreementKind.ACCEPTED, quantity=line.deviating, agreed_on=rest_on)
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=after,
            agreement=agreement,
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Change the schedules with one command."""
        words = "; ".join(f"line {line.number}: {in_words(line.after.schedule)}" for line in lines)
        return Plan(lines=lines, summary=f"Split {words}", command=CommandKind.SPLIT_SCHEDULE)
