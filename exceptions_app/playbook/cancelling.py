"""What resolutions that cancel quantity have in common. Pure."""

from dataclasses import replace
from decimal import Decimal

from erp_connectors.canonical.commands import CommandKind
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.schedules import quantity, reduced
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan


def without_what_deviates(line: LineFacts, inputs: Inputs) -> LinePlan | None:
    """Return the line cut down to what does not deviate, never below what is delivered.

    None, with a problem noted, where nothing can be cut. A line of which nothing stays is cancelled whole.
    """
    if line.deviating is None:
        inputs.refuse("", f"Line {line.number}: how much is missing is not known.")
        return None
    delivered = line.delivered - (line.deviating if line.counts_as_delivered else Decimal(0))
    stays = max(line.ordered - line.deviating, delivered)
    if stays >= line.ordered:
        inputs.refuse("", f"Line {line.number}: everything ordered is already shipped or received.")
        return None
    after = reduced(line.values, stays) if stays > 0 else replace(line.values, cancelled=True)
    return LinePlan(
        case_line_id=line.case_line_id,
        number=line.number,
        before=line.values,
        after=after,
        agreement=AgreementPlan(kind=AgreementKind.ACCEPTED, quantity=line.deviating),
    )


def command_for(lines: tuple[LinePlan, ...]) -> CommandKind:
    """Return the command: whole lines are cancelled when nothing of any line stays."""
    whole = all(line.after.cancelled for line in lines)
    return CommandKind.CANCEL_LINE if whole else CommandKind.CANCEL_REMAINDER


def in_words(lines: tuple[LinePlan, ...]) -> str:
    """Return what is cancelled: `line 10; the rest of line 20 above 82 EA`."""
    return "; ".join(
        f"line {line.number}"
        if line.after.cancelled
        else f"the rest of line {line.number} above {quantity(line.after.quantity)}"
        for line in lines
    )
