"""Accept the price: the order takes over the price the supplier confirms."""

from dataclasses import replace

from erp_connectors.canonical.commands import CommandKind
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import plain
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Plan, Situation


class AcceptPrice(Resolution):
    """Changes the price of the order line. Another currency cannot be taken over: an order has one."""

    code = "accept_price"
    label = "Accept the price"
    description = "Take over the price the supplier confirms. The order is changed."
    icon = "tag"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Put the stated price in place of the ordered one."""
        if line.stated_price is None or line.difference is None:
            inputs.refuse(
                "", f"Line {line.number}: the stated price cannot be compared with the order's; dispute it."
            )
            return None
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=replace(line.values, price=line.stated_price),
            agreement=AgreementPlan(kind=AgreementKind.ACCEPTED, quantity=None),
            money=line.difference,
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Change the prices with one command."""
        words = "; ".join(
            f"line {line.number} at {plain(line.after.price.amount)} {situation.order_currency}"
            for line in lines
            if line.after.price is not None
        )
        return Plan(lines=lines, summary=f"Accept the price, {words}", command=CommandKind.CHANGE_PRICE)
