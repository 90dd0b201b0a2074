"""Ignore: a message that could not be applied is left as it is, with a reason."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class IgnoreMessage(Resolution):
    """Settles a message that nobody needs; its bytes stay, and it can still be read again."""

    code = "ignore_message"
    label = "Ignore it"
    description = "Leave the message unapplied. It is kept, and can still be read again."
    icon = "eye-off"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask why."""
        return (InputField(name="why", label="Why nobody needs it", kind=FieldKind.WORDS),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree that it is not applied."""
        why = inputs.words("why", line.number, "Why nobody needs it")
        return None if why is None else standing.unchanged(line, AgreementKind.ACCEPTED, note=why)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        return Plan(lines=lines, summary=f"Ignore: {standing.named(lines)}")
