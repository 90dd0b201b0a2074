"""Expedite: the supplier or the carrier brings it sooner, at a cost that is agreed."""

from dataclasses import replace

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.moving import command_for, moved_to, schedules_in_words
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Plan, Situation


class Expedite(Resolution):
    """Agrees on a sooner day and what it costs. The order is changed only where that day is not its own."""

    code = "expedite"
    label = "Expedite"
    description = (
        "Have it brought sooner at an agreed cost. The order is changed if the day is another than ordered."
    )
    icon = "truck"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for the agreed day, the one that was ordered being the aim, and for the cost."""
        wanted = min((part.wanted for part in line.parts if part.deviates and part.wanted), default=None)
        return (
            InputField(
                name="date",
                label="Agreed for",
                kind=FieldKind.DAY,
                initial=wanted.isoformat() if wanted else "",
            ),
            InputField(name="cost", label="Cost", kind=FieldKind.MONEY),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Put what the case is about on the agreed day; where the order has it there, wait until then."""
        day = inputs.day("date", line.number, "Agreed for")
        cost = inputs.money("cost", line.number, "Cost")
        if day is None or cost is None:
            return None
        moved = moved_to(line, day, inputs)
        if moved is None:
            return None
        if moved.after == moved.before:
            wait = AgreementPlan(kind=AgreementKind.WAIT_UNTIL, quantity=line.deviating, until=day)
            return replace(moved, agreement=wait, money=cost)
        return replace(moved, money=cost)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Change what dates differ with one command."""
        cost = sum(line.money or 0 for line in lines)
        return Plan(
            lines=lines,
            summary=f"Expedite for {cost:,.2f} {situation.order_currency}, {schedules_in_words(lines)}",
            command=command_for(lines),
        )
