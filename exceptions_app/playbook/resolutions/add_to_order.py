"""Add to the order: goods that came, or were confirmed or billed, without a line get one."""

from erp_connectors.canonical.commands import CommandKind
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import ordering
from exceptions_app.playbook.inputs import InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan, Plan, Situation


class AddToOrder(Resolution):
    """Orders what nobody had ordered; the document then finds its line by itself.

    The agreement ends by itself: until the ERP shows the line, it only says that one is on its way.
    """

    code = "add_to_order"
    label = "Add it to the order"
    description = "Order what came without a line: the ERP adds it. The order is changed."
    icon = "package-plus"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for item, quantity, price and day, as the document says them."""
        return ordering.fields(line)

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Leave the lines there are, and add one."""
        added = ordering.read(line, inputs)
        if added is None:
            return None
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=line.values,
            agreement=AgreementPlan(kind=AgreementKind.ACCEPTED, quantity=None),
            added=added,
            is_ordered=False,
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Add the lines with one command."""
        return Plan(lines=lines, summary=f"Order {ordering.in_words(lines)}", command=CommandKind.ADD_LINE)
