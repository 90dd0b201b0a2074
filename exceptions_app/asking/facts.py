"""The facts a mail may name, of its cases and of each of their open lines, as the supplier reads them.

What a document said is put into one line and cut: it was typed by somebody we do not know.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.translation import override

from erp_connectors.canonical.documents import DocumentKind, InvoiceKind
from erp_connectors.canonical.values import Price, Quantity
from erp_connectors.documents.models import DocumentHead, ItemName, OrderLine
from erp_connectors.documents.units import UnitUnknown, convert
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.overrides.stated import position_of
from exceptions_app.policies.texts import fill, names_in
from suppliers.messaging.addresses import one_line
from suppliers.profiles import Language

NOTHING = "–"
LONGEST_FACT = 300
MOST_LINES = 200
#: How a day is written: never so that day and month could be taken for one another.
DAY_FORMATS = {Language.ENGLISH: "j M Y", Language.GERMAN: "d.m.Y"}

#: Which fact names a document that a case is about.
NAMED_BY: dict[str, str] = {DocumentKind.INVOICE: "invoice", DocumentKind.SHIP_NOTICE: "notice"}

#: What a subject and a body may name; a reminder also the last three.
OF_SUBJECT = ("case", "order", "invoice", "supplier", "company", "person", "today")
OF_MAIL = (*OF_SUBJECT, "lines")
OF_REMINDER = ("asked_on", "asked_about", "asked")
#: What is written of each line.
OF_LINE = (
    "case",
    "order",
    "line",
    "item",
    "your_item",
    "description",
    "ordered",
    "wanted",
    "price",
    "confirmed",
    "promised",
    "confirmed_price",
    "shipped",
    "notice",
    "received",
    "invoiced",
    "invoice",
    "deviation",
    "amount",
)


class Facts:
    """The facts of some cases of one supplier, in one language; `person` is who writes."""

    def __init__(self, cases: Sequence[Case], *, language: Language, person: str, at: datetime) -> None:
        self.cases = cases
        self.language = language
        self.person = person
        self.at = at
        self._documents = _documents(cases)
        self._lines = _open_lines(cases)
        self._their_items = _their_items(cases, self._lines)

    def of_mail(self, line_words: str) -> dict[str, str]:
        """Return the facts of the mail, its lines written with `line_words`."""
        company = self.cases[0].company
        today = self.at.astimezone(ZoneInfo(company.time_zone)).date()
        with override(self.language):
            of_lines = [self._of_line(line) for line in self._lines[:MOST_LINES]]
            return {
                "case": ", ".join(case.number for case in self.cases),
                "order": _listed(self._orders(case) for case in self.cases),
                "invoice": _listed(facts["invoice"] for facts in of_lines),
                "supplier": _fact(self.cases[0].supplier.name if self.cases[0].supplier else ""),
                "company": _fact(company.name),
                "person": _fact(self.person),
                "today": self.day(today),
                "lines": "\n\n".join(filter(None, [_block(line_words, each) for each in of_lines]))
                or NOTHING,
            }

    def day(self, day: date) -> str:
        """Write a day."""
        with override(self.language):
            return date_format(day, DAY_FORMATS[self.language])

    def _orders(self, case: Case) -> str:
        """Return the order of a case, or those its document names."""
        if case.order is not None:
            return _fact(case.order.number)
        document = self._documents.get(case.document_id or 0)
        return _fact(", ".join(document.orders)) if document else NOTHING

    def _of_line(self, line: CaseLine) -> dict[str, str]:
        case = next(case for case in self.cases if case.pk == line.case_id)
        document = self._documents.get(case.document_id or 0)
        known = dict.fromkeys(OF_LINE, NOTHING) | {
            "case": case.number,
            "order": self._orders(case),
            "line": _fact(line.line_number),
        }
        if document is not None and document.kind in NAMED_BY:
            known[NAMED_BY[document.kind]] = _fact(document.number)
        if line.quantity is not None:
            known["deviation"] = self._quantity(line.quantity, line.unit)
        if line.amount is not None:
            known["amount"] = f"{_money(line.amount)} {line.currency}".strip()
        if line.order_line is None or not line.order_line.position:
            return known
        return known | self._of_order_line(line.order_line)

    def _of_order_line(self, line: OrderLine) -> dict[str, str]:
        position = position_of(line)
        count = _Count(position.line.quantity.unit, _factors(line))
        answer, ordered = position.answer, position.line
        offered = answer.offered if answer and answer.offered is not None else ()
        price = next(
            (fact.price for fact in (answer, *position.earlier_answers) if fact and fact.price), None
        )
        return {
            "item": _fact(line.item_number),
            "your_item": _fact(ordered.supplier_item or self._their_items.get(line.item_id or 0, "")),
            "description": _fact(line.description),
            "ordered": self._said([ordered.quantity], count),
            "wanted": self._days([(part.quantity, part.date) for part in ordered.schedule]),
            "price": self._price(ordered.price, position.currency, ordered.quantity.unit),
            "confirmed": self._said([part.quantity for part in offered], count),
            "promised": self._days([(part.quantity, part.date) for part in offered]),
            "confirmed_price": self._price(price, position.currency, ordered.quantity.unit),
            "shipped": self._said([fact.shipped for fact in position.shipments], count),
            "notice": _fact(", ".join(dict.fromkeys(fact.notice for fact in position.shipments))),
            "received": self._said([fact.received for fact in position.receipts], count),
            "invoiced": self._said(
                [fact.quantity for fact in position.invoices if fact.kind is not InvoiceKind.CREDIT], count
            ),
            "invoice": _fact(", ".join(dict.fromkeys(fact.number for fact in position.invoices))),
        }

    # --- how it is written ----------------------------------------------------------------------------

    def _said(self, quantities: Sequence[Quantity | None], count: "_Count") -> str:
        """Write a sum in the unit of the order; what cannot be counted in it stands as it was said."""
        known = [quantity for quantity in quantities if quantity is not None]
        if not known:
            return NOTHING
        total = count.total(known)
        if total is None:
            return " + ".join(self._quantity(each.value, each.unit) for each in known)
        return self._quantity(total, count.unit)

    def _days(self, parts: Sequence[tuple[Quantity, date | None]]) -> str:
        days = [(quantity, NOTHING if day is None else self.day(day)) for quantity, day in parts]
        if len(days) < 2:
            return days[0][1] if days else NOTHING
        return ", ".join(f"{self._quantity(each.value, each.unit)}: {day}" for each, day in days)

    def _price(self, price: Price | None, currency: str, unit: str) -> str:
        if price is None:
            return NOTHING
        places = max(2, -int(price.amount.normalize().as_tuple().exponent))
        per = "" if price.per in (None, 1) else f"{_number(price.per)} "
        amount = number_format(price.amount, decimal_pos=places, force_grouping=True)
        return f"{amount} {price.currency or currency} / {per}{price.per_unit or unit}"

    @staticmethod
    def _quantity(value: Decimal, unit: str) -> str:
        return f"{_number(value)} {unit}".strip()


class _Count:
    """Counts quantities in the unit of an order line."""

    def __init__(self, unit: str, factors: Mapping[str, Decimal]) -> None:
        self.unit = unit
        self.factors = factors

    def total(self, quantities: Iterable[Quantity]) -> Decimal | None:
        """Return the sum; None when a unit cannot be converted: a guess must not stand in a mail."""
        try:
            return sum((convert(each, self.unit, self.factors) for each in quantities), Decimal(0))
        except UnitUnknown:
            return None


def _number(value: Decimal | None) -> str:
    exact = Decimal(value or 0).normalize()
    return number_format(exact, decimal_pos=max(0, -int(exact.as_tuple().exponent)), force_grouping=True)


def _fact(text: str) -> str:
    return one_line(text)[:LONGEST_FACT] or NOTHING


def _money(amount: Decimal) -> str:
    return number_format(amount, decimal_pos=2, force_grouping=True)


def _listed(facts: Iterable[str]) -> str:
    """Return facts one after the other, each once, without those there are not."""
    return ", ".join(dict.fromkeys(fact for fact in facts if fact != NOTHING)) or NOTHING


def _block(words: str, facts: Mapping[str, str]) -> str:
    """Return what is written of one line; a row all of whose facts are missing is left out."""
    rows = []
    for row in words.splitlines():
        names = names_in(row)
        if not names or any(facts.get(name, name) != NOTHING for name in names):
            rows.append(fill(row, facts).rstrip())
    return "\n".join(rows).rstrip()


# --- rows ---------------------------------------------------------------------------------------------------


def _open_lines(cases: Sequence[Case]) -> list[CaseLine]:
    """Return the lines that still deviate, case by case."""
    lines = (
        CaseLine.objects.filter(case__in=cases, cleared_at=None)
        .select_related("order_line__item")
        .prefetch_related("order_line__item__packs", "order_line__overrides")
    )
    place = {case.pk: index for index, case in enumerate(cases)}
    return sorted(lines, key=lambda line: (place[line.case_id], line.line_number, line.pk))


def _documents(cases: Sequence[Case]) -> dict[int, DocumentHead]:
    """Return the documents that cases are about, by key; most cases are about an order."""
    keys = {case.document_id for case in cases if case.document_id}
    return DocumentHead.objects.in_bulk(keys) if keys else {}


def _their_items(cases: Sequence[Case], lines: Iterable[CaseLine]) -> dict[int, str]:
    """Return what the supplier calls our items, by the item."""
    supplier = cases[0].supplier
    items = {line.order_line.item_id for line in lines if line.order_line and line.order_line.item_id}
    if supplier is None:
        return {}
    named = ItemName.objects.filter(item__in=items, supplier_number=supplier.number).order_by("-pk")
    return dict(named.values_list("item_id", "number"))


def _factors(line: OrderLine) -> dict[str, Decimal]:
    if line.item is None:
        return {}
    return {pack.unit: pack.factor for pack in line.item.packs.all()} | {line.item.base_unit: Decimal(1)}
