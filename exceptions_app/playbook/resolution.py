"""What a resolution is: one class in one file under `resolutions`, found by the registry. Pure."""

from abc import ABC, abstractmethod
from typing import ClassVar

from exceptions_app.playbook.inputs import InputField, Inputs
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation


class Resolution(ABC):
    """A way to put a deviation right; the exception types say which ones resolve them.

    `icon` is its picture in the sprite (static/icons/lucide.svg).
    """

    code: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str]
    icon: ClassVar[str] = "circle-dot"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Return what has to be entered for `line`, with what is most likely as `initial`."""
        return ()

    @abstractmethod
    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Return what happens to one line, or None after noting in `inputs` why it cannot."""

    @abstractmethod
    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Return the plan for all lines together."""

    def plan(self, situation: Situation, inputs: Inputs) -> Plan | None:
        """Return what this resolution does to the chosen lines; None when `inputs` holds problems."""
        chosen = inputs.chosen(line.number for line in situation.lines)
        planned = [self.plan_line(line, inputs) for line in situation.lines if line.number in chosen]
        inputs.refuse_unread()
        if not planned:
            inputs.refuse("", "No line is open for a decision.")
        if inputs.problems:
            return None
        return self.gather(tuple(line for line in planned if line is not None), situation)
