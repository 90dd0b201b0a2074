"""Set the basis: for how many units this supplier's prices are is said once, and all are compared anew."""

from decimal import Decimal

from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import plain
from exceptions_app.playbook.situation import LineFacts, LinePlan, Plan, Situation

LABEL = "Its prices are for so many units"


class SetBasis(Resolution):
    """Says for how many units the prices are that the supplier confirms without naming a basis."""

    code = "set_basis"
    label = "Set the basis of this supplier"
    description = (
        "Say for how many units its prices are that name no basis. All it confirmed is compared anew; "
        "the ERP is not changed."
    )
    icon = "ruler"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for how many units; what makes both prices the same is most likely."""
        likely = line.likely_basis
        return (
            InputField(
                name="per",
                label=LABEL,
                kind=FieldKind.QUANTITY,
                initial="" if likely is None else plain(likely),
            ),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Take what was entered; a price that names its basis means what it says."""
        if not line.names_no_basis:
            inputs.refuse(
                "",
                f"Line {line.number}: the price names its own basis. Ask the supplier what it means, "
                "or treat it as it stands.",
            )
            return None
        per = inputs.factor("per", line.number, LABEL)
        if per is None:
            return None
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=line.values,
            price_basis=per,
        )

    def plan(self, situation: Situation, inputs: Inputs) -> Plan | None:
        """Return the plan; a supplier has one basis."""
        plan = super().plan(situation, inputs)
        if plan is not None and len({line.price_basis for line in plan.lines}) > 1:
            inputs.refuse("", "A supplier has one basis: enter the same for every line.")
            return None
        return plan

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing to the ERP."""
        per = lines[0].price_basis or Decimal(1)
        return Plan(
            lines=lines, summary=f"Prices of this supplier that name no basis are for {plain(per)} units"
        )
