"""Accrue: goods are here and no invoice is, so Finance books what is owed for them."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.claiming import worth
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import plain
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation, TaskPlan

FINANCE = "FIN"


class Accrue(Resolution):
    """Gives Finance the task to accrue, and waits for the invoice until a day."""

    code = "accrue"
    label = "Accrue it"
    description = "Finance books what is owed, and the invoice is waited for until a day."
    icon = "wallet-cards"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask until when the invoice is waited for."""
        return (InputField(name="until", label="Wait for the invoice until", kind=FieldKind.DAY),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to wait; what is owed is at the order's price."""
        until = inputs.day("until", line.number, "Wait for the invoice until")
        if until is None:
            return None
        owed = worth(line)
        note = "unknown" if owed is None else plain(owed)
        return standing.unchanged(line, AgreementKind.WAIT_UNTIL, until=until, note=note)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing, and ask Finance."""
        words = standing.named(lines)
        task = TaskPlan(
            team=FINANCE,
            title=f"Accrue order {situation.order_number}, line {words}"[:200],
            body=f"In {situation.order_currency}, at the order's price.",
        )
        return Plan(lines=lines, summary=f"Accrue line {words}", tasks=(task,))
