"""Accept the price for this order only: it is paid this time, and stands in no order."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class AcceptPriceOnce(Resolution):
    """Agrees to the difference on this line. The ERP keeps its price, and so does the next order."""

    code = "accept_price_once"
    label = "Accept for this order only"
    description = (
        "Agree to the difference this time. The order keeps its price; nothing is written to the ERP."
    )
    icon = "circle-dollar-sign"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to the difference."""
        if line.difference is None:
            inputs.refuse(
                "", f"Line {line.number}: the stated price cannot be compared with the order's; dispute it."
            )
            return None
        return standing.unchanged(line, AgreementKind.ACCEPTED, money=line.difference)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        words = "; ".join(
            f"line {line.number} by {line.money or 0:+,.2f} {situation.order_currency}" for line in lines
        )
        return Plan(lines=lines, summary=f"Accept another price this time, {words}")
