"""Accept the date: the order takes over the days that were promised, or that are stated to arrive."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.moving import command_for, schedules_in_words, with_schedule
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import Day, rescheduled
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Part, Plan, Situation


class AcceptDate(Resolution):
    """Moves what comes on another day than wanted to that day; what is in time stays where it is."""

    code = "accept_date"
    label = "Accept the date"
    description = "Take over the dates the supplier or the carrier states. The order is changed."
    icon = "calendar-clock"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Put every part the case is about on its expected day."""
        moving = [part for part in line.parts if part.deviates]
        if not moving or any(part.expected is None for part in moving):
            inputs.refuse("", f"Line {line.number}: nobody has said when it comes; enter a new date instead.")
            return None
        after = with_schedule(line, rescheduled(line.parts, line.unit, _expected_day), inputs)
        if after is None:
            return None
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=after,
            agreement=AgreementPlan(kind=AgreementKind.ACCEPTED, quantity=line.deviating),
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Change the dates with one command."""
        return Plan(
            lines=lines,
            summary=f"Accept the date, {schedules_in_words(lines)}",
            command=command_for(lines),
        )


def _expected_day(part: Part) -> Day | None:
    if not part.deviates or part.expected is None:
        return None
    return (part.expected, part.expected_kind)
