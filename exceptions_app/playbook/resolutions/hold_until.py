"""Hold: it is not paid, or not acted on, until a day; if it still deviates then, it comes back."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class HoldUntil(Resolution):
    """An agreement to wait, never without an end."""

    code = "hold_until"
    label = "Hold until"
    description = "Keep it back until the end of a day. If it still deviates then, it comes back."
    icon = "pause"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask until when."""
        return (InputField(name="until", label="Hold until", kind=FieldKind.DAY),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to wait until the end of the entered day."""
        until = inputs.day("until", line.number, "Hold until")
        return None if until is None else standing.unchanged(line, AgreementKind.WAIT_UNTIL, until=until)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        days = sorted({f"{line.agreement.until}" for line in lines if line.agreement})
        return Plan(lines=lines, summary=f"Hold until {', '.join(days)}: {standing.named(lines)}")
