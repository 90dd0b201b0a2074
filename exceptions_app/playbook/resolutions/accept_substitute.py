"""Accept the substitute: the line is cut, and the other item is ordered in its place, in one command."""

from dataclasses import replace

from erp_connectors.canonical.commands import CommandKind
from exceptions_app.playbook import cancelling, ordering
from exceptions_app.playbook.inputs import InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation

WAREHOUSE = "WHS"
#: Goods that are here already: somebody has to book them on their new line.
ARRIVED = "receipt_wrong_item"


class AcceptSubstitute(Resolution):
    """Cancels what the other item replaces and orders that item on a line of its own, both or neither.

    What has arrived of it is the warehouse's task to book there.
    """

    code = "accept_substitute"
    label = "Accept the substitute"
    description = "Cancel what it replaces and order the other item on a new line. The order is changed."
    icon = "shuffle"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for the other item, its quantity, price and day."""
        return ordering.fields(line)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Cut the line down to what is not replaced, and add the other item."""
        cut = cancelling.without_what_deviates(line, inputs)
        added = ordering.read(line, inputs, instead_of=line.number)
        if added is not None and added.item == line.item:
            inputs.refuse_field("item", line.number, f"{line.item} is what is ordered already.")
            return None
        return None if cut is None or added is None else replace(cut, added=added)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Cancel and add with one command."""
        arrived = situation.type_code == ARRIVED
        return Plan(
            lines=lines,
            summary=f"Order {ordering.in_words(lines)}, cancel {cancelling.in_words(lines)}",
            command=CommandKind.REPLACE_LINE,
            tasks=(ordering.booking_task(WAREHOUSE, lines, situation),) if arrived else (),
        )
