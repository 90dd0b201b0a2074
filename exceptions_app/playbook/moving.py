"""What resolutions that move quantity to another day have in common. Pure."""

from dataclasses import replace
from datetime import date

from erp_connectors.canonical.commands import CommandKind, LineValues
from erp_connectors.canonical.values import DateKind
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.schedules import Day, Schedule, in_words, plain, rescheduled, total
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Part


def with_schedule(line: LineFacts, schedule: Schedule, inputs: Inputs) -> LineValues | None:
    """Return the line with another schedule; None, with a problem noted, where it does not hold it all.

    It does not when a pack is cut (5 EA of a line in boxes of 12), or when nobody knows the day of a part.
    """
    if total(schedule) != line.ordered:
        inputs.refuse(
            "",
            f"Line {line.number}: the parts on their days add up to {plain(total(schedule))} {line.unit}, "
            f"and {plain(line.ordered)} {line.unit} are ordered. Change the schedule in the ERP.",
        )
        return None
    return replace(line.values, schedule=schedule)


def moved_to(line: LineFacts, day: date, inputs: Inputs) -> LinePlan | None:
    """Return the line with all the case is about on `day`, agreed for it; None after noting why not."""
    if not any(part.deviates for part in line.parts):
        inputs.refuse("", f"Line {line.number}: nothing of it deviates any more.")
        return None

    def day_of(part: Part) -> Day | None:
        return (day, DateKind.DELIVERY) if part.deviates else None

    after = with_schedule(line, rescheduled(line.parts, line.unit, day_of), inputs)
    if after is None:
        return None
    return LinePlan(
        case_line_id=line.case_line_id,
        number=line.number,
        before=line.values,
        after=after,
        agreement=AgreementPlan(kind=AgreementKind.ACCEPTED, quantity=line.deviating, agreed_on=day),
    )


def command_for(lines: tuple[LinePlan, ...]) -> CommandKind | None:
    """Return the command that moves these lines: a date, several dates, or none where nothing moves."""
    moved = [line for line in lines if line.after != line.before]
    if not moved:
        return None
    is_whole = all(len(line.after.schedule) == 1 for line in moved)
    return CommandKind.CHANGE_DATE if is_whole else CommandKind.SPLIT_SCHEDULE


def schedules_in_words(lines: tuple[LinePlan, ...]) -> str:
    """Return the new schedule of each line: `line 10: 82 EA on 2026-12-02; line 20: ...`."""
    return "; ".join(f"line {line.number}: {in_words(line.after.schedule)}" for line in lines)
