"""Accept as billed: the invoice is paid as it stands."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class AcceptAsBilled(Resolution):
    """Agrees to what deviates on an invoice; what is billed beyond the agreed money is what it costs."""

    code = "accept_as_billed"
    label = "Accept as billed"
    description = "Pay the invoice as it stands. Should it be corrected, it is judged anew."
    icon = "check"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to all that deviates."""
        return standing.unchanged(line, AgreementKind.ACCEPTED, money=line.at_stake)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        return Plan(lines=lines, summary=f"Accept as billed: {standing.named(lines)}")
