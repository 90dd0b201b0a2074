"""Cancel the remainder: what is offered or delivered stays, the rest of the line is cancelled."""

from dataclasses import replace

from erp_connectors.canonical.commands import CommandKind
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import quantity, reduced
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Plan, Situation


class CancelRemainder(Resolution):
    """Cancels what is missing; a line of which nothing stays is cancelled as a whole."""

    code = "cancel_remainder"
    label = "Cancel the remainder"
    description = "Keep what is offered and cancel the rest of the line. The order is changed."

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Cut the line down to what is offered, never below what is delivered."""
        if line.deviating is None:
            inputs.refuse("", f"Line {line.number}: how much is missing is not known.")
            return None
        stays = max(line.ordered - line.deviating, line.delivered)
        if stays >= line.ordered:
            inputs.refuse("", f"Line {line.number}: everything ordered is already shipped or received.")
            return None
        after = reduced(line.values, stays) if stays > 0 else replace(line.values, cancelled=True)
        agreement = AgreementPlan(kind=AgreementKind.ACCEPTED, quantity=line.deviating)
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=after,
            agreement=agreement,
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Cancel with one command: whole lines when nothing of any line stays."""
        whole = all(line.after.cancelled for line in lines)
        words = "; ".join(_in_words(line) for line in lines)
        return Plan(
            lines=lines,
            summary=f"Cancel {words}",
            command=CommandKind.CANCEL_LINE if whole else CommandKind.CANCEL_REMAINDER,
        )


def _in_words(line: LinePlan) -> str:
    if line.after.cancelled:
        return f"line {line.number}"
    return f"the rest of line {line.number} above {quantity(line.after.quantity)}"
