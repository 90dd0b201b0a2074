"""Record the shipment: what the supplier or the carrier told of a despatch is entered as its ship notice."""

from erp_connectors.canonical.documents import ShipNotice, ShipNoticeLine
from erp_connectors.canonical.values import DocumentVersion, Quantity
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.schedules import plain, quantity
from exceptions_app.playbook.situation import Despatch, LineFacts, LinePlan, Plan, Situation


class RecordShipment(Resolution):
    """Enters a ship notice for each line through the inbox. Nothing is written to the ERP."""

    code = "record_shipment"
    label = "Record the shipment"
    description = "Enter what you were told of the despatch. It counts as the supplier's ship notice."
    icon = "truck"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask for quantity, days and tracking number."""
        missing = "" if line.deviating is None else plain(line.deviating)
        return (
            InputField(
                name="quantity",
                label="Shipped quantity",
                kind=FieldKind.QUANTITY,
                unit=line.unit,
                initial=missing,
            ),
            InputField(name="shipped_on", label="Shipped on", kind=FieldKind.DAY),
            InputField(name="expected_on", label="Expected on", kind=FieldKind.DAY),
            InputField(
                name="tracking", label="Tracking number", kind=FieldKind.WORDS, help="If you know it."
            ),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Take what was shipped of the line, at most what is still to be shipped."""
        value = inputs.quantity(
            "quantity", line.number, "Shipped quantity", unit=line.unit, most=line.ordered - line.delivered
        )
        shipped_on = inputs.past_day("shipped_on", line.number, "Shipped on")
        expected_on = inputs.day("expected_on", line.number, "Expected on")
        tracking = inputs.words("tracking", line.number, "Tracking number", is_optional=True)
        if value is None or shipped_on is None or expected_on is None or tracking is None:
            return None
        return LinePlan(
            case_line_id=line.case_line_id,
            number=line.number,
            before=line.values,
            after=line.values,
            despatch=Despatch(
                quantity=Quantity(value, line.unit),
                shipped_on=shipped_on,
                expected_on=expected_on,
                tracking=tracking,
            ),
        )

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Enter a ship notice for each line."""
        told = [(line.number, line.despatch) for line in lines if line.despatch is not None]
        words = "; ".join(f"{quantity(despatch.quantity)} of line {number}" for number, despatch in told)
        return Plan(
            lines=lines,
            summary=f"Record the shipment of {words}",
            documents=tuple(_notice(number, despatch, situation) for number, despatch in told),
        )


def _notice(line_number: str, despatch: Despatch, situation: Situation) -> ShipNotice:
    return ShipNotice(
        number=f"{situation.case_number}/{line_number}/{situation.as_of:%Y%m%d%H%M%S}",
        version=DocumentVersion(situation.as_of),
        lines=(
            ShipNoticeLine(
                order_number=situation.order_number, line_number=line_number, shipped=despatch.quantity
            ),
        ),
        shipped_on=despatch.shipped_on,
        expected_on=despatch.expected_on,
        tracking=despatch.tracking or None,
        notes=(f"Recorded by {situation.person}",),
    )
