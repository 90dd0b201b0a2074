"""Reject it: what a document has beyond the order is not taken, and the supplier is to know why."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class RejectLine(Resolution):
    """Settles a line that nobody ordered. Should the document say something else of it, it comes back."""

    code = "reject_line"
    label = "Reject it"
    description = "Nobody ordered it, and it is not taken. Nothing is written to the ERP."
    icon = "x"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask why."""
        return (InputField(name="why", label="Why it is not taken", kind=FieldKind.WORDS),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree that it is not taken."""
        why = inputs.words("why", line.number, "Why it is not taken")
        return None if why is None else standing.unchanged(line, AgreementKind.ACCEPTED, note=why)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        return Plan(lines=lines, summary=f"Reject what nobody ordered: {standing.named(lines)}")
