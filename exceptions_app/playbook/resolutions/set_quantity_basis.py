"""Set what its quantities count: the whole line or what is still open is said once, for all its answers."""

from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, QuantityBasis, Situation

IN_WORDS = {
    QuantityBasis.TOTAL: "the whole of a line",
    QuantityBasis.OPEN: "what is still open of a line",
}


class SetQuantityBasis(Resolution):
    """Reads the supplier's answers the other way round: as what is still open, or as the whole line."""

    code = "set_quantity_basis"
    label = "It counts the other way"
    description = (
        "Its answers name what is still open instead of the whole line, or the reverse. All it answered is "
        "counted anew; the ERP is not changed."
    )
    icon = "arrow-left-right"

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Take the other reading, where the quantity cannot be meant as it is counted now."""
        if line.other_count is None:
            inputs.refuse("", f"Line {line.number}: the quantities can be meant so; say which answer holds.")
            return None
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=line.values,
            quantity_basis=line.other_count,
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing to the ERP."""
        words = ", ".join(sorted({IN_WORDS[line.quantity_basis] for line in lines if line.quantity_basis}))
        return Plan(lines=lines, summary=f"Answers of this supplier name {words}")
