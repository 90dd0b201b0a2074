"""Not a duplicate: both invoices are meant, and this one is paid as well."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class NotADuplicate(Resolution):
    """Releases an invoice that looked like another one; what it asks for is what the decision costs."""

    code = "not_a_duplicate"
    label = "It is not a duplicate"
    description = "Both invoices are meant. This one is paid as well."
    icon = "git-compare-arrows"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask how that is known."""
        return (InputField(name="why", label="How you know", kind=FieldKind.WORDS),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree that it stands for itself."""
        why = inputs.words("why", line.number, "How you know")
        if why is None:
            return None
        return standing.unchanged(line, AgreementKind.WAIVED, money=line.at_stake, note=why)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        return Plan(lines=lines, summary=f"Not a duplicate: {standing.named(lines)}")
