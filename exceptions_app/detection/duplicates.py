"""Whether an invoice bills again what another one billed. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from erp_connectors.canonical.documents import InvoiceKind, Purpose
from erp_connectors.documents.identity import orders_named
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.invoices import InvoiceSnapshot, InvoiceView, OtherInvoice
from exceptions_app.detection.view import LineView

WITHIN = timedelta(days=90)
DUPLICATE = "invoice_duplicate"


class BilledBefore(NamedTuple):
    """The invoice that billed the same before, when, and what is the same: number, or order and amount."""

    number: str
    on: date
    same: str

    @property
    def words(self) -> dict[str, str]:
        """What stands instead of the invoice, as plain JSON: what a decision on it is bound to."""
        return {"billed_before": self.number, "on": self.on.isoformat()}


def billed_before(view: InvoiceView) -> BilledBefore | None:
    """Return which invoice billed before what this one bills, by all that is known of both; None: none."""
    if not view.is_bill:
        return None
    before = next(_same_number(view.snapshot), None)
    if before is not None:
        return before
    twin = next((other for other in _twins(view.snapshot) if not _has_goods_for_both(view, other)), None)
    return None if twin is None else BilledBefore(twin.number, twin.issued_on, "order and amount")


def is_duplicate(view: InvoiceView) -> bool:
    """Say whether an invoice bills the same again, and nobody has said that it stands for itself."""
    before = billed_before(view)
    if before is None:
        return False
    decided = view.holds(DUPLICATE, DUPLICATE, before.words)
    return not any(agreed.kind is AgreementKind.WAIVED for agreed in decided)


def _same_number(snapshot: InvoiceSnapshot) -> Iterator[BilledBefore]:
    """Yield earlier originals under the number that are another invoice: of another day or other orders."""
    now = snapshot.invoice
    if now.purpose is not Purpose.ORIGINAL:
        return
    for before in snapshot.earlier:
        is_other = before.issued_on != now.issued_on or orders_named(before) != orders_named(now)
        if before.purpose is Purpose.ORIGINAL and is_other and before.issued_on <= now.issued_on:
            yield BilledBefore(before.number, before.issued_on, "number")


def _twins(snapshot: InvoiceSnapshot) -> Iterator[OtherInvoice]:
    """Yield the older invoices on the same orders over the same amount, oldest first."""
    mine = snapshot.invoice
    for other in sorted(snapshot.others, key=lambda each: each.order):
        if (
            other.kind is InvoiceKind.INVOICE
            and other.order < (mine.issued_on, snapshot.said_at, mine.number)
            and mine.issued_on - other.issued_on <= WITHIN
            and mine.total is not None
            and (other.total, other.currency, other.orders) == (mine.total, mine.currency, snapshot.named)
            and other.number not in (mine.number, mine.corrects)
            and not (other.ship_notice and mine.ship_notice and other.ship_notice != mine.ship_notice)
        ):
            yield other


def _has_goods_for_both(view: InvoiceView, other: OtherInvoice) -> bool:
    """Say whether of every line both bill, as much was shipped or received as both bill together."""
    both = [
        line
        for line in view.billed_lines
        if any(fact.number == other.number for fact in line.position.invoices)
    ]
    return bool(both) and all(_has_goods(line) for line in both)


def _has_goods(line: LineView) -> bool:
    bills, goods = line.buckets.bills, line.buckets.goods
    return bills is not None and bills.billed > NOTHING and bills.billed <= max(goods.shipped, goods.received)
