"""Accept at a discount: the goods are kept as they are, and the supplier credits a part of their price."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.claiming import worth
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class AcceptDiscount(Resolution):
    """Keeps damaged or other goods, and expects a credit of less than they are worth."""

    code = "accept_discount"
    label = "Accept at a discount"
    description = (
        "Keep the goods and expect a credit for a part of their price. Nothing is written to the ERP."
    )
    icon = "percent"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for the amount that is credited."""
        return (InputField(name="amount", label="Agreed credit", kind=FieldKind.MONEY),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree on a credit of at most what the goods are worth."""
        amount, most = inputs.money("amount", line.number, "Agreed credit"), worth(line)
        if amount is None:
            return None
        if most is not None and amount > most:
            inputs.refuse_field(
                "amount", line.number, f"the goods are worth {most:,.2f}; claim a credit instead."
            )
            return None
        return standing.unchanged(line, AgreementKind.CREDIT, money=amount)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        words = "; ".join(
            f"line {line.number} less {line.money or 0:,.2f} {situation.order_currency}" for line in lines
        )
        return Plan(lines=lines, summary=f"Accept at a discount, {words}")
