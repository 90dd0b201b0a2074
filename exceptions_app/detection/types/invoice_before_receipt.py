"""Something is invoiced, and nothing has been received."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from exceptions_app.detection import examples as world
from exceptions_app.detection.bills import Bill
from exceptions_app.detection.deadlines import JUST_AFTER, Deadline, business_days, whole_days
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.types.base import Example, Family, LineType, ServiceLevel, TeamCode, how_much
from exceptions_app.detection.view import LineView, OrderView
from exceptions_app.detection.words import plain
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction, Tolerance


class InvoiceBeforeReceipt(LineType):
    """Nothing received some business days after the later of the invoice's date and the promised day.

    Judged with the order, grouped by invoice.
    """

    code = "invoice_before_receipt"
    label = "Invoice before receipt"
    family = Family.INVOICE
    group_label = "invoice"
    owner = TeamCode.FINANCE
    told = (TeamCode.WAREHOUSE, TeamCode.PROCUREMENT)
    service = ServiceLevel(8, 40)
    is_live = True
    heals_by = (Healing.RECEIVED, Healing.CREDITED, Healing.ANSWERED)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield every invoice that has waited too long."""
        tolerance = self._tolerance(line)
        for bill, deadline in self._waiting(line):
            if deadline.is_missed(line.as_of):
                yield self.deviation(
                    line,
                    key=self.key(line.number, bill.number),
                    group=bill.number,
                    quantity=line.counter.in_order_unit(bill.quantity),
                    amount=bill.amount(bill.quantity),
                    since=deadline.at,
                    actual={
                        "invoice": bill.number,
                        "issued_on": bill.issued_on.isoformat(),
                        "invoiced": plain(line.counter.in_order_unit(bill.quantity)),
                        "received": "0",
                        "unit": line.unit,
                    },
                    tolerance_id=tolerance.id,
                )

    def hidden(self, view: OrderView) -> dict[str, datetime]:
        """Return the invoices whose time is over while no receipt could have been seen."""
        return {
            self.key(line.number, bill.number): deadline.seen_until or deadline.at
            for line in view.lines
            for bill, deadline in self._waiting(line)
            if deadline.is_over(view.as_of) and not deadline.is_missed(view.as_of)
        }

    def next_look(self, view: OrderView) -> datetime | None:
        """Return when the next invoice has waited too long, or a wait ends."""
        over = [
            deadline.at + JUST_AFTER
            for line in view.lines
            for _, deadline in self._waiting(line)
            if not deadline.is_over(view.as_of)
        ]
        waits = super().next_look(view)
        return min([*over, *([waits] if waits else [])], default=None)

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoice INV-1 over 100 EA, nothing received."""
        invoice = deviation.actual["invoice"]
        return f"Invoice {invoice} over {how_much(deviation)}, nothing received"

    def _waiting(self, line: LineView) -> Iterator[tuple[Bill, Deadline]]:
        """Yield the open bills of a line nothing of which has arrived, and by when something should have."""
        goods = line.buckets.goods
        grace = whole_days(self._tolerance(line))
        if goods.received > 0 or grace is None:
            return
        promised = [line.deadlines.delivery_on(piece.due) for piece in line.buckets.pieces if piece.due]
        for bill in line.buckets.bills.open if line.buckets.bills else ():
            if bill.quantity > 0:
                day = max([bill.issued_on, *([min(promised)] if promised else [])])
                deadline = line.deadlines.close_of(day, grace, line.snapshot.sight.receipts)
                if goods.unread_receipt_at is None or deadline.at < goods.unread_receipt_at:
                    yield bill, deadline

    def _tolerance(self, line: LineView) -> Tolerance:
        default = business_days(line.snapshot.terms.invoice_grace_days)
        return line.tolerance(self.code, Direction.UNDER, default)

    @classmethod
    def examples(cls) -> list[Example]:
        """Return the invoice of scenario 10 before and after its time, and with something received."""
        ordered = world.order((100, "2026-12-01"))
        confirmed = world.answer((100, "2026-12-01"))
        billed = world.invoice(100, on="2026-12-01")
        waiting = world.snapshot(ordered, confirmed, billed)
        after = world.at("2026-12-04 18:00")
        arrived = world.receipt(1, on="2026-12-04")
        return [
            Example("three business days are granted", waiting, world.at("2026-12-04 17:00"), ()),
            Example("no more", waiting, after, ({"quantity": 100, "group": "INV-1"},)),
            Example("something is here", world.snapshot(ordered, confirmed, billed, arrived), after, ()),
            Example(
                "billed early, so the promise counts",
                world.snapshot(ordered, confirmed, world.invoice(100, on="2026-11-25")),
                world.at("2026-12-04 17:00"),
                (),
            ),
        ]
