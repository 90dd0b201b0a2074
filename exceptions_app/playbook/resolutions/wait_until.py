"""Wait until: nothing is changed; the deviation is judged anew after a day."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Plan, Situation


class WaitUntil(Resolution):
    """An agreement to wait, never without an end. Nothing is written to the ERP."""

    code = "wait_until"
    label = "Wait until"
    description = "Change nothing and wait until the end of a day; if it still deviates then, it comes back."
    icon = "hourglass"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask until when."""
        return (InputField(name="until", label="Wait until", kind=FieldKind.DAY),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to wait until the end of the entered day."""
        until = inputs.day("until", line.number, "Wait until")
        if until is None:
            return None
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=line.values,
            agreement=AgreementPlan(kind=AgreementKind.WAIT_UNTIL, quantity=line.deviating, until=until),
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing."""
        words = "; ".join(
            f"line {line.number} until {line.agreement.until}" for line in lines if line.agreement
        )
        return Plan(lines=lines, summary=f"Wait with {words}")
