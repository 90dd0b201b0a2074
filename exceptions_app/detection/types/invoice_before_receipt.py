"""Something is invoiced, and nothing has been received."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from exceptions_app.detection import examples as world
from exceptions_app.detection.bills import Bill
from exceptions_app.detection.deadlines import JUST_AFTER, Deadline, business_days, whole_days
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.invoices import InvoiceView
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.invoice import InvoiceLineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import how_much, plain
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction, Tolerance


class InvoiceBeforeReceipt(InvoiceLineType):
    """Nothing received some business days after the later of the invoice's date and the promised day."""

    code = "invoice_before_receipt"
    label = "Invoice before receipt"
    told = (TeamCode.WAREHOUSE, TeamCode.PROCUREMENT)
    service = ServiceLevel(8, 40)
    resolutions = ("hold_until", "accept_as_billed")
    is_live = True
    heals_by = (Healing.RECEIVED, Healing.CREDITED, Healing.ANSWERED)

    def judge_line(self, line: LineView, number: str) -> Iterable[Deviation]:
        """Yield the line where the invoice has waited too long for any goods."""
        for bill, deadline in self._waiting(line, number):
            if deadline.is_missed(line.as_of):
                yield self.found(
                    quantity=line.counter.in_order_unit(bill.quantity),
                    amount=bill.amount(bill.quantity),
                    since=deadline.at,
                    expected={"received_by": deadline.at.isoformat()},
                    actual={
                        "issued_on": bill.issued_on.isoformat(),
                        "invoiced": plain(line.counter.in_order_unit(bill.quantity)),
                        "received": "0",
                        "unit": line.unit,
                    },
                    tolerance_id=self._tolerance(line).id,
                )

    def hidden(self, view: InvoiceView) -> dict[str, datetime]:
        """Return the lines whose time is over while no receipt could have been seen."""
        return {
            self.key_of(line): deadline.seen_until or deadline.at
            for line in self.lines(view)
            for _, deadline in self._waiting(line, view.snapshot.invoice.number)
            if deadline.is_over(view.as_of) and not deadline.is_missed(view.as_of)
        }

    def next_look(self, view: InvoiceView) -> datetime | None:
        """Return when the next line has waited too long, or a wait ends."""
        over = [
            deadline.at + JUST_AFTER
            for line in self.lines(view)
            for _, deadline in self._waiting(line, view.snapshot.invoice.number)
            if not deadline.is_over(view.as_of)
        ]
        waits = super().next_look(view)
        return min([*over, *([waits] if waits else [])], default=None)

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoice INV-1 over 100 EA, nothing received."""
        invoice = deviation.actual["invoice"]
        return f"Invoice {invoice} over {how_much(deviation)}, nothing received"

    def _waiting(self, line: LineView, number: str) -> Iterator[tuple[Bill, Deadline]]:
        """Yield what the invoice bills of a line nothing of which has arrived, and when something should."""
        goods = line.buckets.goods
        grace = whole_days(self._tolerance(line))
        if goods.received > 0 or grace is None:
            return
        promised = [line.deadlines.delivery_on(piece.due) for piece in line.buckets.pieces if piece.due]
        for bill in line.buckets.bills.open if line.buckets.bills else ():
            if bill.quantity > 0 and bill.number == number:
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
        waiting = world.invoiced(ordered, confirmed, billed)
        after = world.at("2026-12-04 18:00")
        arrived = world.receipt(1, on="2026-12-04")
        return [
            Example("three business days are granted", waiting, world.at("2026-12-04 17:00"), ()),
            Example("no more", waiting, after, ({"quantity": 100, "group": "NORDMANN/INV-1"},)),
            Example("something is here", world.invoiced(ordered, confirmed, billed, arrived), after, ()),
            Example(
                "billed early, so the promise counts",
                world.invoiced(ordered, confirmed, world.invoice(100, on="2026-11-25")),
                world.at("2026-12-04 17:00"),
                (),
            ),
        ]
