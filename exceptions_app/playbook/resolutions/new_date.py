"""A new date: what is missing was promised anew, by telephone or mail, for a day that is entered."""

from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.moving import command_for, moved_to, schedules_in_words
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class NewDate(Resolution):
    """Moves what the case is about to the entered day; it then counts as promised for that day."""

    code = "new_date"
    label = "Set a new date"
    description = "Schedule what is missing for the day it was promised anew. The order is changed."
    icon = "calendar-clock"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for the day."""
        return (InputField(name="date", label="New date", kind=FieldKind.DAY),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Put every part the case is about on the entered day."""
        day = inputs.day("date", line.number, "New date")
        return None if day is None else moved_to(line, day, inputs)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Change the dates with one command."""
        return Plan(lines=lines, summary=f"New date, {schedules_in_words(lines)}", command=command_for(lines))
