"""Reorder: what was lost or came to harm on its way is ordered anew, for another day."""

from dataclasses import replace
from decimal import Decimal

from erp_connectors.canonical.commands import CommandKind
from exceptions_app.playbook import cancelling, ordering
from exceptions_app.playbook.inputs import InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import KnownItem, LineFacts, LinePlan, Plan, Situation


class Reorder(Resolution):
    """Cancels what will not come and orders the same item again on a line of its own, both or neither."""

    code = "reorder"
    label = "Order it again"
    description = "Cancel what will not come and order it again on a new line. The order is changed."
    icon = "refresh-cw"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for quantity, price and day; what the line has is most likely."""
        return ordering.terms(line)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Cut the line down to what is here or still comes, and add the rest again."""
        cut = cancelling.without_what_deviates(line, inputs)
        same = KnownItem(number=line.item, description=line.description, factors=_factors(line))
        added = ordering.read_terms(line, same, inputs, instead_of=line.number)
        return None if cut is None or added is None else replace(cut, added=added)

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Cancel and add with one command."""
        return Plan(
            lines=lines,
            summary=f"Order {ordering.in_words(lines)}, cancel {cancelling.in_words(lines)}",
            command=CommandKind.REPLACE_LINE,
        )


def _factors(line: LineFacts) -> dict[str, Decimal]:
    """Return the units the item is known in; the line's own is one in any case."""
    return {line.unit: Decimal(1)} | line.factors
