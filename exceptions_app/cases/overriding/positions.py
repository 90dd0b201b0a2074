"""What of an order line was confirmed, shipped, received or invoiced, stated by hand."""

from datetime import date, datetime
from decimal import Decimal

from erp_connectors import clock
from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import InvoiceKind
from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.models import OrderLine
from erp_connectors.documents.position import LinePosition
from exceptions_app.audit.record import Actor
from exceptions_app.cases.change import Step, require
from exceptions_app.cases.models import Case
from exceptions_app.cases.overriding.marked import OVERRIDDEN, Mark, look_at_order, set_by_hand
from exceptions_app.cases.overriding.standing import OPEN
from exceptions_app.overrides.models import OverrideKind
from exceptions_app.overrides.stated import StatedFact, as_said, said_of


def override_position(
    case: Case,
    *,
    line: str,
    fact: StatedFact | str,
    quantity: Decimal,
    reason: str,
    by: Actor,
    on: date | None = None,
    until: datetime | None = None,
    expected_version: int | None = None,
) -> Case:
    """State what of a line was confirmed, shipped, received or invoiced, in the unit of its order.

    `on` is the day of it (else today), of what was confirmed the day it is promised for (else as requested).
    It counts, whatever the documents say, until `until`, or until a document says anything else of it. The
    mirror stays as it is.
    """
    stated, at, quantity = StatedFact(fact), clock.now(), Decimal(quantity)

    def look(locked: Case) -> Mark:
        require(quantity >= 0, "A quantity is not below zero.")
        require(until is None or until > at, "The time lies in the past.")
        order_line, position = _line_to_state(locked, line, stated)
        said = said_of(position, stated)
        words = as_said(stated, Quantity(quantity, order_line.unit), on)
        return Mark(
            kind=OverrideKind.POSITION,
            words=f"Line {line}: {words} {stated}, not {said}",
            before={"fact": str(stated), "line": line, "said": said},
            after=_stated(stated, line, quantity, order_line.unit, _day_of(stated, on, at)),
            same={"order_line": order_line, "after__fact": str(stated)},
            about={"until": until, "order_line": order_line},
        )

    step = Step(
        kind=OVERRIDDEN,
        summary=f"Stated of line {line}: {quantity.normalize():f} {stated}",
        action="override_position",
        states=OPEN,
        effects=(look_at_order,),
        after={"line": line, "fact": str(stated), "quantity": f"{quantity:f}"},
    )
    return set_by_hand(case, step, look=look, reason=reason, by=by, expected_version=expected_version, at=at)


def _line_to_state(case: Case, number: str, fact: StatedFact) -> tuple[OrderLine, LinePosition]:
    """Return the line of the case's order that a fact is stated of, as the documents have it.

    Refused for a line the case is not about, and where a bare quantity would hide what the documents know:
    goods that came damaged or went back, a credit note.
    """
    of_order = OrderLine.objects.filter(order=case.order_id, number=number)
    line = of_order.first() if case.order_id else None
    require(line is not None, f"{case.number} is about no order line {number}.")
    assert line is not None
    position = from_builtins(line.position, LinePosition)
    unfit = any(each.damaged or each.rejected or each.returned for each in position.receipts)
    require(
        fact is not StatedFact.RECEIVED or not unfit,
        "Some of the line came damaged or went back: put the receipt right in the ERP.",
    )
    has_credit = any(each.kind is InvoiceKind.CREDIT for each in position.invoices)
    require(
        fact is not StatedFact.INVOICED or not has_credit,
        "A part of the line was credited: put the invoice right in the ERP.",
    )
    return line, position


def _day_of(fact: StatedFact, on: date | None, at: datetime) -> date | None:
    return on if on or fact is StatedFact.CONFIRMED else at.date()


def _stated(fact: StatedFact, line: str, quantity: Decimal, unit: str, on: date | None) -> dict[str, str]:
    return {
        "fact": str(fact),
        "line": line,
        "quantity": f"{quantity.normalize():f}",
        "unit": unit,
        "on": on.isoformat() if on else "",
    }
