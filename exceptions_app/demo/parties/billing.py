"""How suppliers misbehave when they send the bill."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from erp_connectors.canonical.documents import Charge, ChargeKind, Invoice, InvoiceLine, PaymentTerms
from exceptions_app.demo.parties.honest import CENT, added_up
from exceptions_app.demo.parties.misdeeds import Stage, misdeed
from exceptions_app.demo.parties.scene import Scene

NO_SUCH_ORDER = "8888"


@misdeed(Stage.BILL, causes="invoice_price", share=4)
def bills_more_money(honest: Invoice, scene: Scene) -> list[Invoice]:
    """Bills one line at a higher price."""
    factor = Decimal(scene.random.choice((108, 111, 120))) / 100

    def dearer(line: InvoiceLine) -> InvoiceLine:
        price = line.price
        if price is None:
            return line
        return replace(
            line, price=replace(price, amount=(price.amount * factor).quantize(CENT, ROUND_HALF_UP))
        )

    return [_with_line(honest, scene, dearer)]


@misdeed(Stage.BILL, causes="invoice_quantity", share=3)
def bills_more_goods(honest: Invoice, scene: Scene) -> list[Invoice]:
    """Bills more of one line than was received."""

    def more(line: InvoiceLine) -> InvoiceLine:
        return replace(line, quantity=line.quantity and scene.share(line.quantity, 110, 120))

    return [_with_line(honest, scene, more)]


@misdeed(Stage.BILL, causes="invoice_before_receipt", share=2, due=(-9, -6), undelivered=True)
def bills_before_delivery(honest: Invoice, scene: Scene) -> list[Invoice]:
    """Bills what has not come."""
    return [honest]


@misdeed(Stage.BILL, causes="invoice_unordered", share=1)
def bills_an_order_nobody_placed(honest: Invoice, scene: Scene) -> list[Invoice]:
    """Names an order that does not exist."""
    number = f"{NO_SUCH_ORDER}{scene.suffix}"
    lines = tuple(replace(line, order_number=number) for line in honest.lines)
    return [replace(honest, order_number=number, lines=lines)]


@misdeed(Stage.BILL, causes="invoice_duplicate", share=2)
def bills_twice(honest: Invoice, scene: Scene) -> list[Invoice]:
    """Bills the same again under a new number."""
    again = replace(honest, number=f"{honest.number}-2", issued_on=honest.issued_on + timedelta(days=1))
    return [honest, again]


@misdeed(Stage.BILL, causes="invoice_total", share=1)
def adds_up_wrongly(honest: Invoice, scene: Scene) -> list[Invoice]:
    """Asks for more than its lines come to."""
    return [replace(honest, total=(honest.total or Decimal(0)) + Decimal(scene.random.choice((18, 90, 270))))]


@misdeed(Stage.BILL, causes="invoice_charge", share=3)
def charges_freight(honest: Invoice, scene: Scene) -> list[Invoice]:
    """Bills freight that nobody agreed to."""
    amount = Decimal(scene.random.choice((48, 75, 120)))
    return [added_up(replace(honest, charge_lines=(Charge(ChargeKind.FREIGHT, amount, "Freight"),)))]


@misdeed(Stage.BILL, causes="invoice_terms", share=2)
def asks_for_other_terms(honest: Invoice, scene: Scene) -> list[Invoice]:
    """Wants its money sooner than agreed."""
    return [replace(honest, payment_terms=PaymentTerms(net_days=10))]


@misdeed(Stage.BILL, causes="invoice_missing", share=1, due=(-36, -33))
def never_bills(honest: Invoice, scene: Scene) -> list[Invoice]:
    """Forgets to send a bill."""
    return []


def _with_line(honest: Invoice, scene: Scene, change: Callable[[InvoiceLine], InvoiceLine]) -> Invoice:
    """Return the invoice with one line changed, and added up."""
    lines = tuple(change(line) if line.line_number == scene.line.number else line for line in honest.lines)
    return added_up(replace(honest, lines=lines))
