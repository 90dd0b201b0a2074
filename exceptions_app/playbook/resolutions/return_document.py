"""Return it: the supplier gets the document back, and sends a correct one or none."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class ReturnDocument(Resolution):
    """Settles a document that is not taken, with the reason that goes back with it."""

    code = "return_document"
    label = "Return it to the supplier"
    description = "Do not take it. A corrected one is a new document and judged by itself."
    icon = "undo-2"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask why."""
        return (InputField(name="why", label="What is wrong with it", kind=FieldKind.WORDS),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree that it is not taken."""
        why = inputs.words("why", line.number, "What is wrong with it")
        return None if why is None else standing.unchanged(line, AgreementKind.ACCEPTED, note=why)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        return Plan(lines=lines, summary=f"Return to the supplier: {standing.named(lines)}")
