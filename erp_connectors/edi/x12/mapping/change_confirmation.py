"""An 865 as a canonical confirmation: the answer to an order change, or a change the supplier asks for.

It speaks of the lines it names; of the others, what was said before stands. A refused change is no refused
order: what the supplier confirmed before stands, and a person is told.
"""

from decimal import Decimal

from erp_connectors.canonical.documents import Confirmation, Purpose, Unmentioned
from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.x12.mapping.confirmation import ConfirmationMapper, required_beginning
from erp_connectors.edi.x12.mapping.orders import LEFT_TO_RECEIVE, POC, LineReading, OrderReading, read_order
from erp_connectors.edi.x12.mapping.source import Row, Source
from erp_connectors.edi.x12.mapping.tables import (
    HELD,
    IN_POC03,
    IN_POC04,
    REJECTED,
    Change,
    ChangeCode,
    LineStatus,
)
from erp_connectors.edi.x12.mapping.values import amount_in

LONGEST_SEQUENCE = 8
NOT_CHANGED = ChangeCode(None)


def map_change_confirmation(rows: list[Row], source: Source) -> tuple[Confirmation | None, list[Finding]]:
    """Return the confirmation an 865 holds and what was odd in it; None where an error forbids it."""
    reading = read_order(rows, source.tables.ignored_segments)
    refusal = required_beginning(rows, reading, "BCA")
    if refusal is not None:
        return None, [refusal]
    return _ChangeMapper(reading, source).mapped()


class _ChangeMapper(ConfirmationMapper):
    """The mapping of one 865."""

    tag = "BCA"

    def __init__(self, reading: OrderReading, source: Source) -> None:
        super().__init__(reading, source)
        self.cancels = self.tables.purposes.get(reading.header("purpose")) is Purpose.CANCEL
        self.refuses = self.status.unmentioned is Unmentioned.REJECTED
        if self.refuses:
            text = f"BCA02 {reading.header('status')!r} refuses the change: what was confirmed before stands."
            self.warn("CHANGE_REFUSED", text, reading.beginning_at, "BCA", 2, reading.header("status"))

    @property
    def revision(self) -> int:
        """The sequence number of the change that is answered."""
        text = self.reading.header("chg_seq")
        is_number = text.isascii() and text.isdecimal() and len(text) <= LONGEST_SEQUENCE
        return int(text) if is_number else 0

    @property
    def unmentioned(self) -> Unmentioned:
        """Nothing is said of other lines, unless the whole order is cancelled or no line is named at all."""
        if self.refuses:
            return Unmentioned.UNANSWERED
        if self.cancels:
            return Unmentioned.REJECTED
        return Unmentioned.UNANSWERED if self.reading.lines else self.status.unmentioned

    def _purpose(self) -> Purpose:
        """Return that an earlier answer is changed; a cancellation cancels the order, not the answer."""
        purpose = super()._purpose()
        return Purpose.REPLACE if purpose is Purpose.REPLACE else Purpose.CHANGE

    # --- lines ------------------------------------------------------------------------------

    def _silent_status(self, line: LineReading) -> LineStatus | None:
        """Return what the change itself says of a line without an ACK; None where what was said stands."""
        if self.refuses:
            return None
        if self.cancels:
            return REJECTED
        if self.status.silent_line is HELD:
            return HELD
        change = self.tables.change_codes.get(line.chg)
        if change is None:
            text = f"POC02 {line.chg!r} is not a known change."
            self.warn("UNKNOWN_CODE", text, line.at, "POC", 2, line.chg)
            return None
        if change.status is None:
            text = f"POC02 {line.chg!r} refuses the change of the line: what was confirmed before stands."
            self.warn("CHANGE_REFUSED", text, line.at, "POC", 2, line.chg)
        return change.status

    def _silent_rule(self, line: LineReading) -> str:
        if self.refuses or self.cancels or self.status.silent_line is HELD:
            return super()._silent_rule(line)
        return f"no ACK, POC02 {line.chg}"

    def _ordered(self, line: LineReading) -> Decimal | None:
        """Return what the line comes to with its change, None where POC03 and POC04 can be read two ways.

        POC03 is the quantity ordered, POC04 the quantity left to receive. Some senders keep in POC03 what was
        ordered before the change, and say in POC04 what it comes to.
        """
        total = amount_in(line.row, POC.qty, line.at)
        left = amount_in(line.row, LEFT_TO_RECEIVE, line.at)
        if left is None or total == left or self.tables.change_quantity == IN_POC03:
            return total
        if self.tables.change_quantity == IN_POC04:
            return left
        change = self.tables.change_codes.get(line.chg, NOT_CHANGED).change
        if total is not None and _is_total(change, total, left):
            return total
        if total is not None and left > total and change in (Change.UP, Change.ANY):
            return left
        if not any(ack.qty for ack in line.ack):
            text = f"POC03 {line.qty or 'nothing'} and POC04 {line.left} do not tell what the line comes to."
            self.warn("QUANTITY_AMBIGUOUS", text, line.at, "POC", POC.qty, line.qty)
        return None


def _is_total(change: Change, total: Decimal, left: Decimal) -> bool:
    """Say whether POC03 can only be the new quantity: deleted, unchanged, or raised above what is left."""
    if change is Change.DELETED:
        return True
    return left < total and change in (Change.NONE, Change.UP)
