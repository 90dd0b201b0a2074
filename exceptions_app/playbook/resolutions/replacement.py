"""Replacement: the supplier sends the same again for what cannot be used."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class Replacement(Resolution):
    """Waits for the replacement until the end of a day; should it not have come by then, it comes back."""

    code = "replacement"
    label = "Wait for a replacement"
    description = (
        "The supplier sends it again. Nothing is changed; if it has not come by that day, it comes back."
    )
    icon = "refresh-cw"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask until when it comes."""
        return (InputField(name="until", label="Replacement by", kind=FieldKind.DAY),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to wait for all that deviates."""
        until = inputs.day("until", line.number, "Replacement by")
        return None if until is None else standing.unchanged(line, AgreementKind.WAIT_UNTIL, until=until)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        words = "; ".join(
            f"{line.number} by {line.agreement.until}" for line in lines if line.agreement is not None
        )
        return Plan(lines=lines, summary=f"Wait for a replacement of line {words}")
