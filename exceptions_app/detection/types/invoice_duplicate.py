"""The same is billed twice."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from erp_connectors.canonical.documents import Invoice, InvoiceKind
from exceptions_app.detection import examples as world
from exceptions_app.detection.duplicates import billed_before
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.invoices import InvoiceView
from exceptions_app.detection.types.base import Example, ServiceLevel
from exceptions_app.detection.types.invoice import InvoiceType
from exceptions_app.deviation import Deviation


class InvoiceDuplicate(InvoiceType):
    """A supplier bills the same again: under a number it used for another invoice, or under a new one.

    Under a new number: the same orders and amount within 90 days, unless there are goods for both, that is,
    as much was shipped or received of every line as both bill. The same invoice received again is no invoice
    more. The newer one deviates.
    """

    code = "invoice_duplicate"
    label = "Duplicate invoice"
    service = ServiceLevel(4, 16)
    resolutions = ("return_document", "not_a_duplicate", "hold_until")
    is_live = True
    heals_by = (Healing.CORRECTED,)

    def judge(self, view: InvoiceView) -> Iterable[Deviation]:
        """Yield the invoice that seems to be billed already."""
        invoice = view.snapshot.invoice
        before = billed_before(view)
        if before is not None:
            yield self.deviation(
                view,
                expected=before.words,
                actual={"same": before.same, "on": invoice.issued_on.isoformat()},
                amount=invoice.total,
            )

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoice INV-2 bills what INV-1 billed on 2026-12-01."""
        actual, before = deviation.actual, deviation.expected
        if actual["same"] == "number":
            return f"Invoice {actual['invoice']} has a number that was used on {before['on']}"
        return f"Invoice {actual['invoice']} bills what {before['billed_before']} billed on {before['on']}"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a second bill for the same, one for the other half, and a number used twice."""
        ordered, now = world.order((100, "2026-12-01")), world.at("2026-12-05 10:00")

        def bill(value: int, number: str, on: str, **more: object) -> world.HeardDocument:
            said = world.invoice(value, number, on=on)
            assert isinstance(said.content, Invoice)
            total = Decimal(value) * Decimal("182.40")
            return replace(said, content=replace(said.content, **{"total": total} | more))  # type: ignore[arg-type]

        first, again = bill(100, "INV-0", "2026-12-01"), bill(100, "INV-1", "2026-12-03")
        half, other_half = bill(50, "INV-0", "2026-12-01"), bill(50, "INV-1", "2026-12-03")
        credit = bill(100, "INV-1", "2026-12-03", kind=InvoiceKind.CREDIT)
        late = bill(100, "INV-1", "2027-03-02")
        found = {"amount": Decimal("18240.00"), "line_number": None}
        other_notice = bill(50, "INV-1", "2026-12-03", ship_notice="ASN-2")
        one_notice = bill(50, "INV-0", "2026-12-01", ship_notice="ASN-1")
        earlier = bill(7, "INV-1", "2026-11-02").content
        assert isinstance(earlier, Invoice)
        corrected = replace(earlier, issued_on=again.content.issued_on)  # type: ignore[union-attr]
        return [
            Example("all of it is billed again", world.invoiced(ordered, first, again), now, (found,)),
            Example("the first bill is fine", world.invoiced(ordered, first, again, number="INV-0"), now, ()),
            Example("91 days later", world.invoiced(ordered, first, late), now, ()),
            Example("a credit note is no bill", world.invoiced(ordered, first, credit), now, ()),
            Example("half, and nothing received", world.invoiced(ordered, half, other_half), now,
                    ({"amount": Decimal("9120.00")},)),
            Example("there are goods for both halves", world.invoiced(
                ordered, half, other_half, world.receipt(100, on="2026-12-02")), now, ()),
            Example("they name different shipments", world.invoiced(
                ordered, one_notice, other_notice), now, ()),
            Example("the number was used before", world.invoiced(ordered, again, earlier=(earlier,)), now,
                    (found,)),
            Example("the same invoice, corrected", world.invoiced(
                ordered, again, earlier=(corrected,)), now, ()),
        ]  # fmt: skip
