"""Recount: the warehouse counts again before anybody claims anything."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation, TaskPlan

WAREHOUSE = "WHS"


class Recount(Resolution):
    """Gives the warehouse the task to count again, and waits for a corrected receipt until a day."""

    code = "recount"
    label = "Have it counted again"
    description = "The warehouse counts again by a day. A corrected receipt settles it; else it comes back."
    icon = "clipboard-check"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask until when."""
        return (InputField(name="until", label="Counted by", kind=FieldKind.DAY),)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to wait for the count."""
        until = inputs.day("until", line.number, "Counted by")
        return None if until is None else standing.unchanged(line, AgreementKind.WAIT_UNTIL, until=until)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing, and ask the warehouse."""
        words = ", ".join(line.number for line in lines)
        task = TaskPlan(
            team=WAREHOUSE,
            title=f"Count again: order {situation.order_number}, line {words}",
            body="Correct the receipt in the ERP where the count differs.",
            pair="count",
        )
        return Plan(lines=lines, summary=f"Have line {words} counted again", tasks=(task,))
