"""Quiet until: a silent stream is known to be silent, and nobody is told before a day."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class QuietUntil(Resolution):
    """Agrees to a pause of a stream. What it would have told stays unjudged meanwhile."""

    code = "quiet_until"
    label = "It is quiet until"
    description = "The silence is known (holidays, say). If it is still silent after that day, you are told."
    icon = "hourglass"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask until when."""
        return (InputField(name="until", label="Quiet until", kind=FieldKind.DAY),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to wait until the end of the entered day."""
        until = inputs.day("until", line.number, "Quiet until")
        return None if until is None else standing.unchanged(line, AgreementKind.WAIT_UNTIL, until=until)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        days = sorted({f"{line.agreement.until}" for line in lines if line.agreement})
        return Plan(lines=lines, summary=f"Quiet until {', '.join(days)}: {standing.named(lines)}")
