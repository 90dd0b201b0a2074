"""Review the agreement: what was agreed with the supplier is gone through, by a day."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation, TaskPlan

SUPPLIER_MANAGEMENT = "SUP"


class ReviewAgreement(Resolution):
    """Gives supplier management the task, and waits for it. If it goes on after that day, it comes back."""

    code = "review_agreement"
    label = "Review the agreement"
    description = (
        "Go through what was agreed with the supplier until a day. Supplier management gets the task."
    )
    icon = "file-text"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask what is in question, and until when."""
        return (
            InputField(name="what", label="What is in question", kind=FieldKind.WORDS),
            InputField(name="until", label="Until", kind=FieldKind.DAY),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to wait for the review until the end of the entered day."""
        what = inputs.words("what", line.number, "What is in question")
        until = inputs.day("until", line.number, "Until")
        if what is None or until is None:
            return None
        return standing.unchanged(line, AgreementKind.WAIT_UNTIL, until=until, note=what)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing, and ask supplier management."""
        days = ", ".join(sorted({f"{line.agreement.until}" for line in lines if line.agreement}))
        words = standing.named(lines)
        task = TaskPlan(team=SUPPLIER_MANAGEMENT, title=f"Review the agreement until {days}: {words}"[:200])
        return Plan(lines=lines, summary=f"Review the agreement until {days}: {words}", tasks=(task,))
