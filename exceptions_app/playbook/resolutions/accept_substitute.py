"""Accept the substitute: the line is cancelled, and the other item is ordered in its place."""

from exceptions_app.playbook import cancelling
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import plain
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation, TaskPlan

PROCUREMENT = "PRO"


class AcceptSubstitute(Resolution):
    """Cancels what the substitute replaces, and gives Procurement the task to order the substitute.

    The ERP stays the system of record: the new line is made there, by a person.
    """

    code = "accept_substitute"
    label = "Accept the substitute"
    description = "Cancel what it replaces; Procurement is to order the substitute. The order is changed."
    icon = "shuffle"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Cut the line down to what is not replaced."""
        return cancelling.without_what_deviates(line, inputs)

    def plan(self, situation: Situation, inputs: Inputs) -> Plan | None:
        """Return the plan with a task for every line that was chosen."""
        plan = super().plan(situation, inputs)
        if plan is None:
            return None
        facts = {line.case_line_id: line for line in situation.lines}
        tasks = tuple(_task(facts[line.case_line_id], situation) for line in plan.lines)
        return Plan(lines=plan.lines, summary=plan.summary, command=plan.command, tasks=tasks)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Cancel with one command."""
        return Plan(
            lines=lines,
            summary=f"Accept the substitute, cancel {cancelling.in_words(lines)}",
            command=cancelling.command_for(lines),
        )


def _task(line: LineFacts, situation: Situation) -> TaskPlan:
    amount = "" if line.deviating is None else f"{plain(line.deviating)} {line.unit} of "
    return TaskPlan(
        team=PROCUREMENT,
        title=f"Order {amount}{line.substitute or 'the substitute'} instead of {line.item}"[:200],
        body=f"Instead of line {line.number} of order {situation.order_number}.",
    )
