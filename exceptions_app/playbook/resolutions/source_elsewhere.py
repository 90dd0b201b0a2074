"""Source elsewhere: what is missing is cancelled here, and somebody gets it from another source."""

from exceptions_app.playbook import cancelling
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import plain
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation, TaskPlan

PLANNING = "PLN"


class SourceElsewhere(Resolution):
    """Cancels what deviates and gives Planning the task to order or transfer it from where was entered.

    The ERP stays the system of record: the new order or transfer is made there, by a person.
    """

    code = "source_elsewhere"
    label = "Source elsewhere"
    description = (
        "Cancel what is missing and have it ordered elsewhere. The order is changed; Planning is asked."
    )
    icon = "shuffle"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask where it comes from instead."""
        return (
            InputField(
                name="source",
                label="From where instead",
                kind=FieldKind.WORDS,
                help="Another supplier, or a warehouse that has it.",
            ),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Cut the line down to what does not deviate."""
        source = inputs.words("source", line.number, "From where instead")
        planned = cancelling.without_what_deviates(line, inputs)
        return None if source is None else planned

    def plan(self, situation: Situation, inputs: Inputs) -> Plan | None:
        """Return the plan with a task for every line that was chosen."""
        plan = super().plan(situation, inputs)
        if plan is None:
            return None
        facts = {line.case_line_id: line for line in situation.lines}
        tasks = tuple(_task(facts[line.case_line_id], inputs, situation) for line in plan.lines)
        return Plan(lines=plan.lines, summary=plan.summary, command=plan.command, tasks=tasks)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Cancel with one command."""
        return Plan(
            lines=lines,
            summary=f"Source elsewhere, cancel {cancelling.in_words(lines)}",
            command=cancelling.command_for(lines),
        )


def _task(line: LineFacts, inputs: Inputs, situation: Situation) -> TaskPlan:
    source = inputs.words("source", line.number, "From where instead")
    missing = "" if line.deviating is None else plain(line.deviating)
    return TaskPlan(
        team=PLANNING,
        title=f"Get {missing} {line.unit} of {line.item} from {source}",
        body=f"Instead of line {line.number} of order {situation.order_number}: {line.description}".strip(
            ": "
        ),
    )
