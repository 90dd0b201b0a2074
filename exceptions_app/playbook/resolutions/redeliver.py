"""Re-deliver: the carrier brings the goods again on a day that was agreed."""

from decimal import Decimal

from erp_connectors.canonical.commands import CommandKind
from erp_connectors.canonical.values import Quantity, SchedulePart
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import moving, returning
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import Schedule, add, first
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Plan, Situation


class Redeliver(Resolution):
    """Waits until the agreed day, and puts it into the order where that has another; then it comes back.

    The last of the line's schedule is what moves: what is in trouble is not here yet.
    """

    code = "redeliver"
    label = "Have it delivered again"
    description = (
        "The carrier brings it again on a day, at a cost. The order is changed if it has another day; "
        "what is not here by then comes back."
    )
    icon = "truck"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for the day and what it costs."""
        return (
            InputField(name="date", label="Delivered again on", kind=FieldKind.DAY),
            InputField(
                name="cost", label="Cost", kind=FieldKind.MONEY, help="Leave it empty where it is free."
            ),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Put what is in trouble on the agreed day, and wait for it until then."""
        day = inputs.day("date", line.number, "Delivered again on")
        cost = inputs.money("cost", line.number, "Cost", is_optional=True)
        if line.deviating is None:
            inputs.refuse("", f"Line {line.number}: how much is in trouble is not known.")
            return None
        if day is None or cost is None:
            return None
        much = min(line.deviating, line.ordered)
        rest: Schedule = first(line.values.schedule, line.ordered - much)
        again = SchedulePart(Quantity(much, line.unit), day)
        after = moving.with_schedule(line, add(rest, again), inputs)
        if after is None:
            return None
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=after,
            agreement=AgreementPlan(
                kind=AgreementKind.WAIT_UNTIL, quantity=line.deviating, agreed_on=day, until=day
            ),
            money=cost,
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Change what dates differ with one command, and let the warehouse expect it."""
        command: CommandKind | None = moving.command_for(lines)
        days = ", ".join(sorted({f"{line.agreement.until}" for line in lines if line.agreement}))
        cost = sum((line.money or Decimal(0) for line in lines), Decimal(0))
        paid = f" for {cost:,.2f} {situation.order_currency}" if cost else ""
        return Plan(
            lines=lines,
            summary=f"Have {returning.in_words(lines)} delivered again on {days}{paid}",
            command=command,
            tasks=(returning.task(f"Expect on {days}:", lines, situation),),
        )
