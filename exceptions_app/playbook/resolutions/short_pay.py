"""Short pay: what was not agreed is left out of the payment, and the supplier gets a debit note."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation, TaskPlan

FINANCE = "FIN"


class ShortPay(Resolution):
    """Pays what was agreed. Finance gets the task to pay less and to write the debit note in the ERP."""

    code = "short_pay"
    label = "Pay what was agreed"
    description = (
        "Leave out of the payment what was not agreed. Finance gets the task, and a debit note to send."
    )
    icon = "scissors-line-dashed"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Leave out what deviates, where its money is known."""
        if line.at_stake is None:
            inputs.refuse("", f"{line.number}: how much is to be left out is not known; hold or return it.")
            return None
        return standing.unchanged(line, AgreementKind.ACCEPTED, money=line.at_stake)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing, and ask Finance."""
        less = sum(line.money or 0 for line in lines)
        words = f"{less:,.2f} {situation.order_currency}"
        task = TaskPlan(
            team=FINANCE,
            title=f"Pay {words} less, and send a debit note",
            body=f"{situation.case_number}: {standing.named(lines)}",
        )
        return Plan(lines=lines, summary=f"Pay {words} less: {standing.named(lines)}", tasks=(task,))
