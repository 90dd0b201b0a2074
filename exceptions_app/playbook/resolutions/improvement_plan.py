"""Improvement plan: the supplier works on it until a day, and is judged again then."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class ImprovementPlan(Resolution):
    """Agrees on what the supplier does by when. If it goes on after that day, it comes back."""

    code = "improvement_plan"
    label = "Agree on a plan"
    description = "Write down what the supplier does until when. If it goes on after that, it comes back."
    icon = "handshake"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for the plan and its end."""
        return (
            InputField(name="plan", label="What the supplier does", kind=FieldKind.WORDS),
            InputField(name="until", label="Until", kind=FieldKind.DAY),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to wait for the plan until the end of the entered day."""
        plan = inputs.words("plan", line.number, "What the supplier does")
        until = inputs.day("until", line.number, "Until")
        if plan is None or until is None:
            return None
        return standing.unchanged(line, AgreementKind.WAIT_UNTIL, until=until, note=plan)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        days = sorted({f"{line.agreement.until}" for line in lines if line.agreement})
        return Plan(lines=lines, summary=f"Improvement plan until {', '.join(days)}: {standing.named(lines)}")
