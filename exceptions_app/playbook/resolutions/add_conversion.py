"""Add the conversion: how much a unit holds is said once, and everything in it is counted again."""

from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import plain
from exceptions_app.playbook.situation import Conversion, LineFacts, LinePlan, Plan, Situation


class AddConversion(Resolution):
    """Says how many base units of the item each unknown unit holds. The ERP's own word replaces it later."""

    code = "add_conversion"
    label = "Add the conversion"
    description = "Say how much the unit holds. Everything in it is counted again; the ERP is not changed."
    icon = "ruler"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for each unit how many base units it holds."""
        return tuple(
            InputField(
                name=f"holds_{unit}", label=f"One {unit} holds", kind=FieldKind.QUANTITY, unit=line.base_unit
            )
            for unit in line.unknown_units
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Take what was entered for each unit."""
        if not line.unknown_units or not line.base_unit:
            inputs.refuse("", f"Line {line.number}: the ERP has not told the item and its base unit yet.")
            return None
        found = [
            (unit, inputs.factor(f"holds_{unit}", line.number, f"One {unit} holds"))
            for unit in line.unknown_units
        ]
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=line.values,
            conversions=tuple(Conversion(unit, factor) for unit, factor in found if factor is not None),
            note=line.base_unit,
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing to the ERP."""
        words = "; ".join(
            f"one {each.unit} is {plain(each.factor)} {line.note} (line {line.number})"
            for line in lines
            for each in line.conversions
        )
        return Plan(lines=lines, summary=f"Add a conversion: {words}")
