"""Debit note: a credit that was agreed and does not come is taken instead."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.claiming import worth
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation, TaskPlan

FINANCE = "FIN"


class DebitNote(Resolution):
    """Gives Finance the task to write the debit note in the ERP."""

    code = "debit_note"
    label = "Send a debit note"
    description = "Take what is owed instead of waiting for the credit. Finance gets the task."
    icon = "receipt-text"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for the amount; what is owed at the order's price is most likely."""
        likely = worth(line)
        return (
            InputField(
                name="amount",
                label="Amount",
                kind=FieldKind.MONEY,
                initial="" if likely is None else f"{likely:f}",
            ),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to take the entered amount."""
        amount = inputs.money("amount", line.number, "Amount")
        return None if amount is None else standing.unchanged(line, AgreementKind.ACCEPTED, money=amount)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing, and ask Finance."""
        words = f"{sum(line.money or 0 for line in lines):,.2f} {situation.order_currency}"
        task = TaskPlan(
            team=FINANCE,
            title=f"Send a debit note of {words}, order {situation.order_number}",
            body=f"{situation.case_number}: line {standing.named(lines)}",
        )
        return Plan(lines=lines, summary=f"Send a debit note of {words}", tasks=(task,))
