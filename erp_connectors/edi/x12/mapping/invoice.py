"""An 810 as a canonical invoice or credit note: lines, charges and allowances, taxes, terms, exact amounts.

A credit note is read as what it gives back, in positive numbers, whichever sign its sender writes. Nothing
is added up but taxes: whether lines, charges and tax make up the total, detection judges.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from erp_connectors.canonical.documents import (
    Charge,
    ChargeKind,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    PaymentTerms,
    Purpose,
)
from erp_connectors.canonical.values import Price
from erp_connectors.edi.credit import in_positive_numbers
from erp_connectors.edi.envelope import Finding, Severity
from erp_connectors.edi.values import UnreadableValue, is_sentinel, quantity, tidy
from erp_connectors.edi.x12.dates import parse_date
from erp_connectors.edi.x12.mapping.invoice_codes import Sign
from erp_connectors.edi.x12.mapping.invoice_reading import (
    PRICE,
    QTY,
    BilledReading,
    InvoiceReading,
    Placed,
    read_invoice,
)
from erp_connectors.edi.x12.mapping.mapper import Mapper
from erp_connectors.edi.x12.mapping.source import Row, Source
from erp_connectors.edi.x12.mapping.values import (
    PADDING,
    id_of_kind,
    item_ids,
    line_number,
    mapping_error,
    missing_segment,
    number_in,
    price_of,
)

Value = TypeVar("Value")

NOTHING = Decimal(0)
NO_TERMS = PaymentTerms()
HUNDRED = Decimal(100)
LONGEST_AMOUNT = 18
MOST_DAYS = 9999
CORRECTIONS = frozenset({"AI", "CO"})
"""DE 640: types of an invoice that corrects an earlier one."""
ALL_TAXES = "TX"
"""DE 963: all taxes together; those beside it are parts of it."""


def map_invoice(rows: list[Row], source: Source) -> tuple[Invoice | None, list[Finding]]:
    """Return the invoice an 810 holds and what was odd in it; None where an error forbids it."""
    reading = read_invoice(rows, source.tables.ignored_segments)
    if reading.big is None:
        return None, [missing_segment("BIG", rows)]
    if not reading.header(2):
        text = "BIG02, the number of the invoice, is empty."
        return None, [_refusal("INVOICE_NUMBER_MISSING", text, reading, reading.big, 2, "1")]
    issued_on = _day(reading.header(1))
    if issued_on is None:
        text = f"BIG01 {reading.header(1)[:20]!r}, the date of the invoice, stands for no day."
        return None, [_refusal("DATE_UNREADABLE", text, reading, reading.big, 1, "8")]
    return _Mapper(reading, source).document(issued_on)


def _refusal(
    code: str, text: str, reading: InvoiceReading, big: Row, position: int, element_code: str
) -> Finding:
    way_out = "Ask the sender for a document with its number and its date."
    return mapping_error(
        code, text, reading.big_at, big, position, element_code=element_code, way_out=way_out
    )


def _day(text: str) -> date | None:
    day = parse_date(text)
    return None if day is None or is_sentinel(day) else day


class _Mapper(Mapper):
    """The mapping of one 810 and the findings so far."""

    def __init__(self, reading: InvoiceReading, source: Source) -> None:
        super().__init__(source)
        self.reading = reading
        self.levied_on_lines = _Levied()
        self.order = reading.header(4) or _only(self.named("order", reading.refs))

    def document(self, issued_on: date) -> tuple[Invoice | None, list[Finding]]:
        """Return the invoice, or None and the values that cannot be read."""
        lines, errors = [], []
        for line in self.reading.lines:
            try:
                lines.append(self._line(line))
            except UnreadableValue as unreadable:
                errors.append(unreadable.finding)
        invoice = None
        try:
            invoice = self._invoice(issued_on, tuple(lines))
        except UnreadableValue as unreadable:
            errors.append(unreadable.finding)
        return (None, errors + self.findings) if errors else (invoice, self.findings)

    def _invoice(self, issued_on: date, lines: tuple[InvoiceLine, ...]) -> Invoice:
        reading = self.reading
        charges, levied = self._charges(reading.sac)
        levied.add(self._taxes(reading.txi))
        percents = levied.percents or self.levied_on_lines.percents
        due_on, terms = self._terms()
        total = self._total()
        kind = self._kind(total)
        invoice = Invoice(
            number=reading.header(2),
            version=self.source.document_version(),
            issued_on=issued_on,
            lines=lines,
            kind=kind,
            currency=reading.cur or None,
            tax=_sum(levied.amounts or self.levied_on_lines.amounts),
            total=total,
            purpose=self._purpose(),
            order_number=self.order,
            ship_notice=self._ship_notice(),
            corrects=self._corrects(kind),
            charge_lines=tuple(charges),
            tax_percent=_only(percents),
            payment_terms=terms,
            due_on=due_on,
        )
        return in_positive_numbers(invoice) if kind is InvoiceKind.CREDIT else invoice

    # --- header ---------------------------------------------------------------------------

    def _kind(self, total: Decimal | None) -> InvoiceKind:
        """Return what BIG07 says; an invoice whose total is below zero gives money back, too."""
        code = self.reading.header(7)
        kind = self.tables.invoice_types.get(code, InvoiceKind.INVOICE)
        if code and code not in self.tables.invoice_types:
            text = f"BIG07 {code!r} is not a known type; it is read as an invoice."
            self.warn("UNKNOWN_CODE", text, self.reading.big_at, "BIG", 7, code)
        if kind is InvoiceKind.INVOICE and total is not None and total < 0:
            text = "TDS01 is below zero: the invoice is read as a credit note."
            self.warn("READ_AS_CREDIT", text, self.reading.tds_at, "TDS", 1, str(total))
            return InvoiceKind.CREDIT
        return kind

    def _purpose(self) -> Purpose:
        code = self.reading.header(8)
        if code and code not in self.tables.purposes:
            text = f"BIG08 {code!r} is read as an original."
            self.warn("UNKNOWN_CODE", text, self.reading.big_at, "BIG", 8, code)
        return self.tables.purposes.get(code, Purpose.ORIGINAL)

    def _corrects(self, kind: InvoiceKind) -> str | None:
        """Return the invoice a credit note or a correction is about."""
        original = _only(self.named("original_invoice", self.reading.refs))
        if original or not (kind is InvoiceKind.CREDIT or self.reading.header(7) in CORRECTIONS):
            return original
        named = self.named("invoice", self.reading.refs)
        return _only(number for number in named if number != self.reading.header(2))

    def _ship_notice(self) -> str | None:
        named = self.named("shipment", self.reading.refs)
        for line in self.reading.lines:
            named += self.named("shipment", line.refs)
        return _only(named)

    def _terms(self) -> tuple[date | None, PaymentTerms | None]:
        """Return the day the whole is due, and the terms where they count from the date of the invoice."""
        due: list[date] = []
        terms: list[PaymentTerms] = []
        for at, row in self.reading.itd:
            stated = [element.strip() for element in (row + PADDING)[:7]]
            basis, text = stated[2], stated[6]
            if text and (day := _day(text)) is not None:
                due.append(day)
            elif text:
                what = f"ITD06 {text[:20]!r} stands for no day."
                self.warn("DATE_UNREADABLE", what, at, "ITD", 6, text)
            found = PaymentTerms(
                net_days=_days(row, 7, at),
                discount_percent=number_in(row, 3, at),
                discount_days=_days(row, 5, at),
            )
            if basis in self.tables.terms_bases:
                terms.append(found)
            elif found != NO_TERMS:
                what = f"ITD02 {basis!r}: these terms do not count from the date of the invoice."
                self._note("TERMS_NOT_COMPARABLE", what, at, "ITD", 2, basis)
        together = PaymentTerms(
            net_days=_first(each.net_days for each in terms),
            discount_percent=_first(each.discount_percent for each in terms),
            discount_days=_first(each.discount_days for each in terms),
        )
        return _first(due), None if together == NO_TERMS else together

    # --- money ----------------------------------------------------------------------------

    def _total(self) -> Decimal | None:
        row = self.reading.tds
        total = self._amount(row, 1, self.reading.tds_at) if row is not None else None
        if total is None:
            text = "TDS01, the total of the invoice, is missing."
            self.warn("TOTAL_MISSING", text, self.reading.tds_at, "TDS", 1, None)
        return total

    def _amount(self, row: Row, position: int, at: int) -> Decimal | None:
        """Return an amount of type N2, whose last two digits are cents; None where it is empty."""
        name = f"{row[0]}{position:02}"
        if name in self.tables.explicit_amounts:
            return number_in(row, position, at)
        text = row[position].strip() if position < len(row) else ""
        digits = text.removeprefix("-")
        if not text:
            return None
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_AMOUNT):
            way_out = (
                "Ask the sender for cents without a decimal point, "
                f"or name {name} under explicit_amounts in the profile."
            )
            what = f"{name} {text[:40]!r} is not an amount in cents."
            raise UnreadableValue(
                mapping_error("AMOUNT_UNREADABLE", what, at, row, position, element_code="6", way_out=way_out)
            )
        return tidy(Decimal(text).scaleb(-2))

    def _charges(self, sacs: Iterable[Placed]) -> tuple[list[Charge], "_Levied"]:
        """Return what is charged (above zero) or allowed (below), and what of it is a tax."""
        charges, levied = [], _Levied()
        for at, row in sacs:
            stated = [element.strip() for element in (row + PADDING)[:16]]
            sign = self.tables.charge_indicators.get(stated[1])
            if sign is Sign.NOTHING or stated[12] in self.tables.not_billed:
                continue
            amount = self._charged(row, at)
            if sign is None:
                text = f"SAC01 {stated[1]!r} is neither a charge nor an allowance; it is not counted."
                self.warn("UNKNOWN_CODE", text, at, "SAC", 1, stated[1])
            elif amount is None:
                text = "SAC states no amount; it is not counted."
                self.warn("CHARGE_WITHOUT_AMOUNT", text, at, "SAC", 5, None)
            elif amount:
                amount = amount if sign is Sign.CHARGE else -amount
                kind = self.tables.charge_kinds.get(stated[2], ChargeKind.OTHER)
                if kind is None:
                    levied.amounts.append(amount)
                    levied.say(number_in(row, 7, at))
                else:
                    charges.append(Charge(kind, amount, stated[15] or stated[2]))
        return charges, levied

    def _charged(self, row: Row, at: int) -> Decimal | None:
        """Return the amount of a SAC segment: SAC05, else its rate for its quantity."""
        amount = self._amount(row, 5, at)
        if amount is not None:
            return amount
        rate, units = number_in(row, 8, at), number_in(row, 10, at)
        return tidy(rate * units) if rate is not None and units is not None else None

    def _taxes(self, txis: Sequence[Placed]) -> "_Levied":
        """Return the amounts and percentages of TXI segments; where one is of all taxes, only of those."""
        together = [placed for placed in txis if (placed[1] + PADDING)[1].strip() == ALL_TAXES]
        levied = _Levied()
        for at, row in together or txis:
            amount, percent = number_in(row, 2, at), number_in(row, 3, at)
            if amount is not None:
                levied.amounts.append(amount)
            # By the standard a fraction of one; a sender who writes 19 means 19 percent all the same.
            levied.say(percent if percent is None or percent >= 1 else tidy(percent * HUNDRED))
        return levied

    # --- lines ----------------------------------------------------------------------------

    def _line(self, line: BilledReading) -> InvoiceLine:
        value = number_in(line.row, QTY, line.at)
        price = self._price(line)
        charges: list[Charge] = []
        if line.sac or line.txi:
            charges, levied = self._charges(line.sac)
            levied.add(self._taxes(line.txi))
            self.levied_on_lines.add(levied)
        return InvoiceLine(
            order_number=self._order(line),
            line_number=line_number(line.n, line.ids, line.refs, self.tables),
            quantity=None if value is None else quantity(value, self.unit(line.uom)),
            price=price,
            ids=item_ids(line.ids, self.tables),
            charges=tuple(charges),
        )

    def _order(self, line: BilledReading) -> str | None:
        """Return the order a line names, where it is another than that of the whole invoice."""
        named = id_of_kind(line.ids, "order", self.tables)
        if named is None and line.refs:
            named = next(iter(self.named("order", line.refs)), None)
        return named or self.order

    def _price(self, line: BilledReading) -> Price | None:
        """Return IT104, or where it is empty what a CTP segment says for its own unit."""
        amount, currency = number_in(line.row, PRICE, line.at), line.cur or self.reading.cur or None
        if amount is not None:
            return price_of(amount, currency, line.basis, self.tables)
        for at, row in line.ctp:
            amount = number_in(row, 3, at)
            _, _, kind, _, _, unit = (element.strip() for element in (row + PADDING)[:6])
            if amount is not None and kind not in self.tables.resale_prices:
                found = price_of(amount, currency, line.basis, self.tables)
                return replace(found, per_unit=self.unit(unit)) if unit else found
        return None

    def _note(self, code: str, text: str, at: int, segment: str, element: int, value: str) -> None:
        self.warn(code, text, at, segment, element, value, severity=Severity.NOTE)


@dataclass(slots=True)
class _Levied:
    """Taxes: their amounts, and the percentages that were stated."""

    amounts: list[Decimal] = field(default_factory=list)
    percents: set[Decimal] = field(default_factory=set)

    def say(self, percent: Decimal | None) -> None:
        """Add a percentage, where one is stated; no tax at all has none."""
        if percent:
            self.percents.add(percent)

    def add(self, others: "_Levied") -> None:
        """Take other taxes to these."""
        self.amounts += others.amounts
        self.percents |= others.percents


def _only(values: Iterable[Value]) -> Value | None:
    """Return what all values agree on; several different ones name nothing."""
    different = set(values)
    return different.pop() if len(different) == 1 else None


def _first(values: Iterable[Value | None]) -> Value | None:
    return next((value for value in values if value is not None), None)


def _sum(amounts: list[Decimal]) -> Decimal | None:
    return tidy(sum(amounts, NOTHING)) if amounts else None


def _days(row: Row, position: int, at: int) -> int | None:
    """Return a number of days; raises UnreadableValue for anything else."""
    value = number_in(row, position, at)
    if value is None:
        return None
    if value % 1 or not 0 <= value <= MOST_DAYS:
        text = f"{row[0]}{position:02} {value} is not a number of days."
        way_out = "Ask the sender for correct terms of payment."
        raise UnreadableValue(
            mapping_error("DAYS_UNREADABLE", text, at, row, position, element_code="7", way_out=way_out)
        )
    return int(value)
