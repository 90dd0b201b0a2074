"""Accept the notice: what the newest ship notice says is right, whatever it contradicts."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class AcceptNotice(Resolution):
    """Settles a contradiction in favour of the newest notice; what it announces is counted as it says."""

    code = "accept_notice"
    label = "The newest notice is right"
    description = "Take the ship notice as it stands. Nothing is written to the ERP."
    icon = "check"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to what the notice says."""
        return standing.unchanged(line, AgreementKind.ACCEPTED)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        return Plan(lines=lines, summary=f"The newest notice is right, line {standing.named(lines)}")
