"""An INVOIC as a canonical invoice or credit note: lines, charges, allowances, taxes, terms, exact amounts.

Amounts are passed on as they are stated. Nothing is added up but taxes stated rate by rate: whether lines,
charges and tax make up the total, detection judges.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

from erp_connectors.canonical.documents import (
    Charge,
    ChargeKind,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    PaymentTerms,
)
from erp_connectors.canonical.values import Quantity
from erp_connectors.edi.credit import in_positive_numbers
from erp_connectors.edi.edifact.mapping import invoice_codes as codes
from erp_connectors.edi.edifact.mapping.documents import Document
from erp_connectors.edi.edifact.mapping.sections import Group, Line, Stated
from erp_connectors.edi.edifact.mapping.source import Source
from erp_connectors.edi.edifact.mapping.tables import QuantityKind
from erp_connectors.edi.edifact.mapping.values import INVALID, MISSING, mapping_error, number_in
from erp_connectors.edi.edifact.tokens import part
from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.frame import Mapped, Row
from erp_connectors.edi.values import UnreadableValue, quantity, tidy

BILLED = (QuantityKind.INVOICED, QuantityKind.DELIVERED, QuantityKind.DESPATCHED, QuantityKind.RETURNED)
NOTHING = Decimal(0)
NO_TERMS = PaymentTerms()
MOST_DAYS = 9999
INVOICING_CURRENCY = "4"
CORRECTED = frozenset({"384"})
"""DE 1001: types of an invoice that corrects an earlier one."""


def map_invoice(rows: list[Row], source: Source) -> Mapped:
    """Return the invoice an INVOIC holds and what was odd in it; None where an error forbids it."""
    return _Invoice(rows, source).document()


class _Invoice(Document):
    """The mapping of one INVOIC."""

    def document(self) -> Mapped:
        """Return the invoice, or None and the values that cannot be read."""
        refusal = self.refusal()
        if refusal is not None:
            return None, [refusal]
        issued_on = self.date_of(self.heading.dates, *codes.ISSUED_DATES)
        if issued_on is None:
            self.errors.append(self._undated())
        self.levied: list[Group] = []
        self.has_line_charges = False
        lines: list[InvoiceLine] = []
        invoice = None
        for line in self.lines():
            try:
                lines.append(self._line(line))
            except UnreadableValue as unreadable:
                self.errors.append(unreadable.finding)
        try:
            invoice = self._invoice(issued_on, tuple(lines)) if issued_on is not None else None
        except UnreadableValue as unreadable:
            self.errors.append(unreadable.finding)
        return (None, self.errors + self.findings) if self.errors else (invoice, self.findings)

    def _undated(self) -> Finding:
        row, at = self.heading.beginning or [], self.heading.beginning_at
        text = "No DTM 137 or 3 says when the invoice was issued."
        way_out = "Ask the sender for a document with its number and its date."
        return mapping_error("DATE_UNREADABLE", text, at, row, (2, 0), MISSING, way_out)

    def _invoice(self, issued_on: date, lines: tuple[InvoiceLine, ...]) -> Invoice:
        charges, taxed = self._charges(self._allowances())
        lines_total = self._amount(codes.LINES_TOTALS)
        total, tax = self._amount(codes.TOTALS), self._tax(taxed)
        kind = self._kind(total)
        due_on, terms = self._terms()
        orders = self.orders()
        invoice = Invoice(
            number=self.number,
            version=self.source.document_version(self.stated_at()),
            issued_on=issued_on,
            lines=lines,
            kind=kind,
            currency=self.currency,
            charges=self._total_of_charges(charges, lines_total, total, tax),
            tax=tax,
            total=total,
            purpose=self.purpose(),
            order_number=orders[0] if len(orders) == 1 else None,
            ship_notice=self.only_reference([self.heading], "ship_notice", "delivery_note"),
            corrects=self._corrects(kind),
            charge_lines=tuple(charges),
            lines_total=lines_total,
            tax_percent=self._percent(),
            payment_terms=terms,
            due_on=due_on,
        )
        return in_positive_numbers(invoice) if kind is InvoiceKind.CREDIT else invoice

    @cached_property
    def currency(self) -> str | None:
        """Return the currency invoiced in, else the first that is named."""
        stated = [one for one in self.heading.currencies if one.value]
        invoiced = [one for one in stated if one.part(2) == INVOICING_CURRENCY]
        return next((one.value for one in [*invoiced, *stated]), None)

    # --- heading --------------------------------------------------------------------------------------------

    def _kind(self, total: Decimal | None) -> InvoiceKind:
        """Return what BGM says; an invoice whose total is below zero gives money back, too."""
        beginning, at = self.heading.beginning or [], self.heading.beginning_at
        code = part(beginning, 1)
        kind = self.tables.invoice_types.get(code, InvoiceKind.INVOICE)
        if code not in self.tables.invoice_types:
            text = f"BGM {code!r} is not a known type; it is read as an invoice."
            self.warn("UNKNOWN_CODE", text, at, "BGM", 1, code)
        if kind is InvoiceKind.INVOICE and total is not None and total < 0:
            text = "The total is below zero: the invoice is read as a credit note."
            self.warn("READ_AS_CREDIT", text, at, "BGM", 1, str(total))
            return InvoiceKind.CREDIT
        return kind

    def _corrects(self, kind: InvoiceKind) -> str | None:
        """Return the invoice a credit note or a correction is about."""
        corrects = kind is InvoiceKind.CREDIT or part(self.heading.beginning or [], 1) in CORRECTED
        named = self.only_reference([self.heading], "invoice") if corrects else None
        return named if named != self.number else None

    def _terms(self) -> tuple[date | None, PaymentTerms | None]:
        """Return the day the whole is due, and the terms where they count from the date of the invoice."""
        due_on = self.date_of(self.heading.dates, *codes.DUE_DATES)
        net_days = discount_days = None
        percent = None
        for terms in self.heading.terms:
            days = self._days(terms)
            if part(terms.row, 1) == codes.DISCOUNT_TERMS:
                stated = next(iter(terms.percentages), None)
                percent = self._number(stated) if percent is None and stated is not None else percent
                discount_days = days if discount_days is None else discount_days
            else:
                due_on = due_on or self.date_of(terms.dates, *codes.DUE_DATES)
                net_days = days if net_days is None else net_days
        together = PaymentTerms(net_days=net_days, discount_percent=percent, discount_days=discount_days)
        return due_on, None if together == NO_TERMS else together

    def _days(self, terms: Group) -> int | None:
        """Return after how many days of the invoice date terms hold; None where they count otherwise."""
        reference, relation, period, count = (part(terms.row, 3, place) for place in range(4))
        if not count:
            return None
        factor = codes.DAYS_OF_PERIOD.get(period)
        if reference not in codes.FROM_INVOICE_DATE or relation not in codes.AFTER or factor is None:
            text = "These terms do not count in days from the date of the invoice."
            self.note("TERMS_NOT_COMPARABLE", text, terms.at, "PAT", 3, f"{reference}:{relation}:{period}")
            return None
        days = number_in(self.source, terms.at, terms.row, 3, 3, count)
        if days is None or days % 1 or not 0 <= days * factor <= MOST_DAYS:
            text = f"PAT element 3, component 4: {count!r} is not a number of days."
            way_out = "Ask the sender for correct terms of payment."
            raise UnreadableValue(
                mapping_error("DAYS_UNREADABLE", text, terms.at, terms.row, (3, 3), INVALID, way_out)
            )
        return int(days) * factor

    # --- money ----------------------------------------------------------------------------------------------

    def _amount(self, qualifiers: Sequence[str]) -> Decimal | None:
        """Return the first amount in precedence that the summary, or else the heading, states."""
        return self._first([*self.summary.amounts, *self.heading.amounts], qualifiers)

    def _first(self, amounts: Iterable[Stated], qualifiers: Sequence[str]) -> Decimal | None:
        stated = {one.code: one for one in reversed(list(amounts)) if one.value}
        found = next((stated[code] for code in qualifiers if code in stated), None)
        return self._number(found) if found is not None else None

    def _number(self, stated: Stated) -> Decimal | None:
        return number_in(self.source, stated.at, stated.row, 1, 1, stated.value)

    def _allowances(self) -> list[Group]:
        """Return the allowances and charges of the heading; those of the summary where nobody else has any.

        A summary may repeat what the lines have, kind by kind.
        """
        if self.heading.allowances or self.has_line_charges:
            return self.heading.allowances
        return self.summary.allowances

    def _charges(self, groups: Iterable[Group]) -> tuple[list[Charge], list[Decimal]]:
        """Return what is charged (above zero) or allowed (below), and what of it is a tax."""
        charges, taxed = [], []
        for group in groups:
            indicator, settlement = part(group.row, 1), part(group.row, 3)
            code = part(group.row, 5) or part(group.row, 2)
            if settlement in codes.NOT_BILLED:
                continue
            amount = self._first(group.amounts, codes.CHARGE_PRECEDENCE)
            if indicator not in (codes.CHARGE, codes.ALLOWANCE):
                text = f"ALC {indicator!r} is neither a charge nor an allowance; it is not counted."
                self.warn("UNKNOWN_CODE", text, group.at, "ALC", 1, indicator)
            elif amount is None:
                text = "ALC states no amount; it is not counted."
                self.warn("CHARGE_WITHOUT_AMOUNT", text, group.at, "ALC", None, None)
            elif amount:
                signed = amount if indicator == codes.CHARGE else -amount
                kind = self.tables.charge_kinds.get(code, ChargeKind.OTHER)
                if kind is None:
                    taxed.append(signed)
                else:
                    charges.append(Charge(kind, signed, part(group.row, 5, 3) or code))
        return charges, taxed

    def _total_of_charges(
        self,
        charges: Sequence[Charge],
        lines_total: Decimal | None,
        total: Decimal | None,
        tax: Decimal | None,
    ) -> Decimal | None:
        """Return the invoice's own sum of charges less allowances.

        131 says both in one number and without a sign: it is what makes up the total, where that tells.
        """
        amounts = [*self.summary.amounts, *self.heading.amounts]
        charged, allowed = self._first(amounts, [codes.CHARGES]), self._first(amounts, [codes.ALLOWANCES])
        if charged is not None or allowed is not None:
            return tidy((charged or NOTHING) - (allowed or NOTHING))
        both = self._first(amounts, [codes.CHARGES_AND_ALLOWANCES])
        if both is None or lines_total is None or total is None:
            return both
        left = total - lines_total - (tax or NOTHING)
        return tidy(-both) if left == -both else both

    def _tax(self, taxed: Sequence[Decimal]) -> Decimal | None:
        """Return the whole tax: as stated, else what is stated rate by rate, else what the lines say."""
        stated = self._amount(codes.TAX_TOTALS)
        if stated is not None:
            return stated
        by_rate = self._levied([*self.summary.taxes, *self.heading.taxes])
        amounts = [*(by_rate or self._levied(self.levied)), *taxed]
        return tidy(sum(amounts, NOTHING)) if amounts else None

    def _levied(self, groups: Iterable[Group]) -> list[Decimal]:
        amounts = [one for group in groups for one in group.amounts if one.code in codes.LEVIED]
        return [number for one in amounts if (number := self._number(one)) is not None]

    def _percent(self) -> Decimal | None:
        """Return the rate of value added tax that all parts of the invoice agree on; no tax has none."""
        rates = set()
        for group in [*self.summary.taxes, *self.heading.taxes, *self.levied]:
            if part(group.row, 2) in codes.VALUE_ADDED_TAX:
                rate = number_in(self.source, group.at, group.row, 5, 3, part(group.row, 5, 3))
                if rate:
                    rates.add(rate)
        return rates.pop() if len(rates) == 1 else None

    # --- lines ----------------------------------------------------------------------------------------------

    def _line(self, line: Line) -> InvoiceLine:
        self.levied += line.taxes
        self.has_line_charges = self.has_line_charges or bool(line.allowances)
        charges, _ = self._charges(line.allowances)
        order, order_line = self.order_in(line)
        ids = self.item_ids(line.ids)
        return InvoiceLine(
            order_number=order,
            line_number=self.own_line_number(line, order, order_line, ids),
            quantity=self._billed(line),
            price=self.net_price(line),
            ids=ids,
            amount=self._first(line.amounts, codes.LINE_AMOUNTS),
            charges=tuple(charges),
        )

    def _billed(self, line: Line) -> Quantity | None:
        """Return the invoiced quantity, which may be below zero; of several different ones none."""
        unit, stated = self.line_unit(line), line.by_kind()
        found = next((stated[kind] for kind in BILLED if kind in stated), [])
        amounts = {
            quantity(value, self.unit(one.part(2)) or unit)
            for one in found
            if (value := self._number(one)) is not None
        }
        if len(amounts) > 1:
            text = f"Quantity {found[0].code} is stated more than once: the quantity is unknown."
            self.warn("QUANTITY_REPEATED", text, found[0].at, "QTY", 1, found[0].value)
        return amounts.pop() if len(amounts) == 1 else None
