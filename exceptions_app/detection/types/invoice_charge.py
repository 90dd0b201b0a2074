"""An invoice charges what was not agreed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from erp_connectors.canonical.documents import Charge, ChargeKind, Invoice, InvoiceKind
from exceptions_app.detection import examples as world
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.invoices import InvoiceSnapshot, InvoiceView, charges_of
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import ZERO, Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.invoice import InvoiceType
from exceptions_app.detection.words import plain
from exceptions_app.deviation import Deviation, OpenLine
from exceptions_app.policies.values import Direction

Amounts = dict[ChargeKind, Decimal]


class InvoiceCharge(InvoiceType):
    """Freight, a surcharge or a fee is billed that no order of the invoice has, or more than it has.

    What is agreed on an order is used up by its oldest invoices first; credit notes on it give back of the
    kind they name. Without any of its orders nothing is judged.
    """

    code = "invoice_charge"
    label = "Invoice charge"
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(8, 40)
    resolutions = ("accept_as_billed", "short_pay")
    is_live = True
    stakes = frozenset({Stake.PRICE, Stake.TIED_UP, Stake.DISCOUNT})
    heals_by = (Healing.CREDITED, Healing.CORRECTED)

    def judge(self, view: InvoiceView) -> Iterable[Deviation]:
        """Yield each kind of charge beyond what is left of what was agreed."""
        snapshot: InvoiceSnapshot = view.snapshot
        if not view.is_bill or not snapshot.orders:
            return
        agreed = _left_agreed(snapshot)
        for kind, charged in sorted(_billed(snapshot.invoice).items()):
            left = agreed.get(kind, Decimal(0))
            beyond = min(charged, charged - left) - _given_back(snapshot, kind)
            tolerance = view.tolerance(self.code, Direction.OVER, ZERO)
            if beyond > 0 and not tolerance.allows(beyond, left):
                yield self.deviation(
                    view,
                    kind.value,
                    expected={"charge": kind.value, "agreed": plain(max(left, Decimal(0)))},
                    actual={"charge": kind.value, "charged": plain(charged), "beyond": plain(beyond)},
                    amount=beyond,
                    tolerance_id=tolerance.id,
                )

    def healed_by(self, line: OpenLine, view: InvoiceView) -> Healing:
        """Return whether it was agreed, else credited while it is billed as before, else corrected."""
        reason = super().healed_by(line, view)
        if reason is Healing.AGREED:
            return reason
        billed = _billed(view.snapshot.invoice).get(ChargeKind(line.actual["charge"]), Decimal(0))
        return Healing.CREDITED if plain(billed) == line.actual["charged"] else Healing.CORRECTED

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoice INV-1 charges 48 EUR of freight that was not agreed."""
        actual = deviation.actual
        what = f"{actual['beyond']} {deviation.currency or ''}".rstrip()
        return (
            f"Invoice {actual['invoice']} charges {what} of {actual['charge'].replace('_', ' ')} not agreed"
        )

    @classmethod
    def examples(cls) -> list[Example]:
        """Return freight nobody agreed on, agreed once and billed twice, and credited."""
        ordered, now = world.order((100, "2026-12-01")), world.at("2026-12-03 10:00")
        freight = (Charge(ChargeKind.FREIGHT, Decimal(48), "Express"),)

        def charging(number: str, on: str, *charges: Charge, **more: object) -> world.HeardDocument:
            said = world.invoice(50, number, on=on)
            assert isinstance(said.content, Invoice)
            return replace(said, content=replace(said.content, charge_lines=charges, **more))  # type: ignore[arg-type]

        first, second = charging("INV-0", "2026-11-30", *freight), charging("INV-1", "2026-12-01", *freight)
        credit = charging("CN-1", "2026-12-02", *freight, kind=InvoiceKind.CREDIT, corrects="INV-1")
        found = {"amount": Decimal(48), "key": "invoice_charge:freight"}
        fee = charging("INV-1", "2026-12-01", charges=Decimal(20))
        allowed = charging("INV-1", "2026-12-01", Charge(ChargeKind.OTHER, Decimal(-5)))
        return [
            Example("nobody agreed on freight", world.invoiced(ordered, second), now, (found,)),
            Example("it was agreed", world.invoiced(ordered, second, charges=freight), now, ()),
            Example("and billed before", world.invoiced(
                ordered, first, second, charges=freight), now, (found,)),
            Example("the first bill of it is fine", world.invoiced(
                ordered, first, second, number="INV-0", charges=freight), now, ()),
            Example("credited", world.invoiced(ordered, second, credit), now, ()),
            Example("only the sum is stated", world.invoiced(ordered, fee), now, ({"amount": Decimal(20)},)),
            Example("an allowance is welcome", world.invoiced(ordered, allowed), now, ()),
            Example("no order is known", world.invoiced(second), now, ()),
        ]  # fmt: skip


def _billed(invoice: Invoice) -> Amounts:
    """Return what is charged of each kind; a sum without its parts is of another kind."""
    charges = charges_of(invoice)
    if not charges and invoice.charges:
        charges = (Charge(ChargeKind.OTHER, invoice.charges),)
    return {kind: amount for kind, amount in _sums(charges).items() if amount > 0}


def _sums(charges: Iterable[Charge]) -> Amounts:
    sums: Counter[ChargeKind] = Counter()
    for charge in charges:
        sums[charge.kind] += charge.amount  # type: ignore[assignment]
    return {kind: Decimal(amount) for kind, amount in sums.items()}


def _left_agreed(snapshot: InvoiceSnapshot) -> Amounts:
    """Return what is left of the agreed charges once older invoices have had theirs."""
    left = _sums(charge for order in snapshot.orders for charge in order.charges)
    mine = (snapshot.invoice.issued_on, snapshot.said_at, snapshot.invoice.number)
    for other in snapshot.others:
        if other.kind is InvoiceKind.INVOICE and other.order < mine:
            for kind, amount in _sums(other.charges).items():
                left[kind] = max(Decimal(0), left.get(kind, Decimal(0)) - amount)
    return left


def _given_back(snapshot: InvoiceSnapshot, kind: ChargeKind) -> Decimal:
    """Return what credit notes on this invoice, or on none they name, gave back of a kind of charge."""
    credits = [
        other
        for other in snapshot.others
        if other.kind is InvoiceKind.CREDIT and other.corrects in (snapshot.invoice.number, None)
    ]
    return sum((_sums(credit.charges).get(kind, Decimal(0)) for credit in credits), Decimal(0))
