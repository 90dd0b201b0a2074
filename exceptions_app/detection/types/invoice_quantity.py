"""More is invoiced than was received, or than is ordered."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from erp_connectors.canonical.documents import InvoiceKind
from exceptions_app.detection import examples as world
from exceptions_app.detection.bills import Bills
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.deadlines import JUST_AFTER, Deadline
from exceptions_app.detection.duplicates import is_duplicate
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.invoices import InvoiceView
from exceptions_app.detection.types.base import ZERO, Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.invoice import InvoiceLineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import how_much, plain
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction


class InvoiceQuantity(InvoiceLineType):
    """Billed less credited exceeds what is ordered; or what was received, once that has settled.

    Quantity of a shipment nothing of which has arrived is not judged yet. What is too much falls on the
    newest invoices. An invoice that bills the same again is no matter of quantity (`duplicates`).
    """

    code = "invoice_quantity"
    label = "Invoice quantity"
    told = (TeamCode.WAREHOUSE,)
    service = ServiceLevel(8, 40)
    resolutions = ("hold_until", "short_pay", "accept_as_billed")
    is_live = True
    heals_by = (Healing.CREDITED, Healing.RECEIVED, Healing.ERP_CHANGED)

    def judge(self, view: InvoiceView) -> Iterable[Deviation]:
        """Yield what is billed too much, but on an invoice that as a whole is billed twice."""
        if not is_duplicate(view):
            yield from super().judge(view)

    def judge_line(self, line: LineView, number: str) -> Iterable[Deviation]:
        """Yield what this invoice bills too much, beyond tolerance; newer invoices take it first."""
        bills = line.buckets.bills
        if bills is None or not bills.open:
            return
        left = self._too_much(line, bills)
        tolerance = line.tolerance(self.code, Direction.OVER, ZERO)
        due = line.counter.in_order_unit(bills.billed - left)
        if left <= 0 or tolerance.allows(line.counter.in_order_unit(left), due):
            return
        for bill in bills.open:
            taken = min(left, bill.quantity)
            left -= taken
            if taken > 0 and bill.number == number:
                yield self.found(
                    quantity=line.counter.in_order_unit(taken),
                    amount=bill.amount(taken),
                    since=bill.said_at,
                    expected={
                        "ordered": plain(line.ordered),
                        "received": plain(line.counter.in_order_unit(line.buckets.goods.received)),
                        "unit": line.unit,
                    },
                    actual={
                        "invoiced": plain(line.counter.in_order_unit(bill.quantity)),
                        "received": plain(line.counter.in_order_unit(line.buckets.goods.received)),
                        "unit": line.unit,
                    },
                    tolerance_id=tolerance.id,
                )

    def hidden(self, view: InvoiceView) -> dict[str, datetime]:
        """Return the lines that cannot be judged since no receipt could have been seen."""
        return {
            self.key_of(line): deadline.seen_until or deadline.at
            for line in self.lines(view)
            for deadline in _settling(line)
            if deadline.is_over(view.as_of) and not deadline.is_missed(view.as_of)
        }

    def next_look(self, view: InvoiceView) -> datetime | None:
        """Return when the next receipt of a billed line has settled, or a wait ends."""
        settled = [
            deadline.at + JUST_AFTER
            for line in self.lines(view)
            for deadline in _settling(line)
            if not deadline.is_over(view.as_of)
        ]
        waits = super().next_look(view)
        return min([*settled, *([waits] if waits else [])], default=None)

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 18 EA too much on invoice INV-1."""
        return f"{how_much(deviation)} too much on invoice {deviation.actual['invoice']}"

    def _too_much(self, line: LineView, bills: Bills) -> Decimal:
        """Return what is billed beyond the order or, where it can be judged, beyond what was received."""
        goods = line.buckets.goods
        beyond_order = bills.billed - line.buckets.ordered
        settling = _settling(line)
        if not settling or not all(deadline.is_missed(line.as_of) for deadline in settling):
            return beyond_order
        known_at = max(*(deadline.at for deadline in settling), *(bill.said_at for bill in bills.open))
        if goods.unread_receipt_at is not None and goods.unread_receipt_at <= known_at:
            return beyond_order
        awaited = sum((s.outstanding for s in goods.shipments if s.first_receipt is None), NOTHING)
        return max(beyond_order, bills.billed - goods.received - awaited)

    @classmethod
    def examples(cls) -> list[Example]:
        """Return more billed than received and than ordered, a credit note, and goods still under way."""
        ordered = world.order((100, "2026-12-01"))
        confirmed = world.answer((100, "2026-12-01"))
        billed = world.invoice(100, on="2026-12-01")
        received = world.receipt(82, on="2026-12-01")
        credited = world.invoice(18, "CN-1", on="2026-12-03", kind=InvoiceKind.CREDIT)
        under_way = world.ship_notice(18, "ASN-2", said="2026-12-01 12:00")
        after = world.at("2026-12-02 17:01")
        found = {"quantity": 18, "group": "NORDMANN/INV-1", "amount": Decimal("3283.20")}
        return [
            Example("nothing is received yet", world.invoiced(ordered, confirmed, billed), after, ()),
            Example(
                "still being counted",
                world.invoiced(ordered, confirmed, billed, received),
                world.at("2026-12-02 17:00"),
                (),
            ),
            Example("18 too much", world.invoiced(ordered, confirmed, billed, received), after, (found,)),
            Example("credited", world.invoiced(ordered, confirmed, billed, received, credited), after, ()),
            Example(
                "more than ordered, at once",
                world.invoiced(ordered, confirmed, world.invoice(110, on="2026-11-30")),
                world.at("2026-11-30 12:00"),
                ({"quantity": 10},),
            ),
            Example(
                "the rest is under way",
                world.invoiced(
                    ordered,
                    confirmed,
                    billed,
                    world.ship_notice(82, said="2026-11-30 09:00"),
                    received,
                    under_way,
                ),
                after,
                (),
            ),
        ]


def _settling(line: LineView) -> list[Deadline]:
    """Return when what has arrived so far counts as counted: by shipment, and by receipt without a notice."""
    goods = line.buckets.goods
    deadlines = [line.deadlines.settle(shipment) for shipment in goods.shipments]
    announced = sum((shipment.received for shipment in goods.shipments), NOTHING)
    if goods.received > announced:
        newest = max(
            fact.received_on
            for fact in line.position.receipts
            if fact.received is not None and line.counter.knows(fact.received.unit)
        )
        deadlines.append(line.deadlines.settle_on(newest))
    return [deadline for deadline in deadlines if deadline is not None]
