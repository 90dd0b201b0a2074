"""Claim: the supplier owes a credit for what is missing, damaged or lost."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.claiming import worth
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class Claim(Resolution):
    """Expects a credit of the entered amount. Should it not come, `credit_missing` says so."""

    code = "claim"
    label = "Claim a credit"
    description = (
        "Expect a credit note for it. Nothing is written to the ERP; a credit that stays out comes back."
    )
    icon = "wallet-cards"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for the amount; what deviates at the order's price is most likely."""
        likely = worth(line)
        return (
            InputField(
                name="amount",
                label="Expected credit",
                kind=FieldKind.MONEY,
                initial="" if likely is None else f"{likely:f}",
            ),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree on a credit for all that deviates."""
        amount = inputs.money("amount", line.number, "Expected credit")
        return None if amount is None else standing.unchanged(line, AgreementKind.CREDIT, money=amount)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        words = "; ".join(
            f"{line.money or 0:,.2f} {situation.order_currency} for line {line.number}" for line in lines
        )
        return Plan(lines=lines, summary=f"Claim {words}")
