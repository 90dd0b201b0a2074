"""What every mapping of a message needs: heading, lines, findings, and the days and references stated."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from erp_connectors.canonical.documents import Purpose
from erp_connectors.canonical.values import DateKind, ItemIds, Party, Price, Quantity, Reference
from erp_connectors.edi.edifact.dates import parse_day, parse_moment
from erp_connectors.edi.edifact.mapping.sections import (
    Block,
    Kinds,
    Line,
    Message,
    Section,
    Stated,
    StatedQuantity,
    cut,
    read_line,
)
from erp_connectors.edi.edifact.mapping.source import Source
from erp_connectors.edi.edifact.mapping.tables import GROSS_PRICE, LIN, NO_NUMBER, QuantityKind
from erp_connectors.edi.edifact.mapping.values import (
    INVALID,
    MISSING,
    amount_in,
    mapping_error,
    missing_segment,
    number_in,
    party,
)
from erp_connectors.edi.edifact.tokens import part
from erp_connectors.edi.envelope import Finding, Severity
from erp_connectors.edi.frame import Row
from erp_connectors.edi.values import (
    LONGEST_COPY,
    NO_DAY,
    UNKNOWN_DAY,
    Day,
    UnreadableValue,
    is_sentinel,
    mapping_warning,
    price,
    quantity,
    stated_day,
)

MESSAGE_DATE = "137"
SUB_LINE = "1"
PRICE_BASIS = 5
"""From so many components on a PRI says for how many units its price is."""
ONE = Decimal(1)


class Document:
    """The mapping of one message: its heading and summary read, and the findings so far."""

    beginning = "BGM"

    def __init__(self, rows: list[Row], source: Source) -> None:
        self.rows = rows
        self.source = source
        self.tables = source.tables
        self.message: Message = cut(rows)
        self.heading = Section(source.tables)
        self.heading.read(self.message.heading)
        self.summary = Section(source.tables)
        for block in self.message.summaries:
            self.summary.read(block, skip=1)
        beginning = self.heading.beginning or []
        self.number, self.function, self.response = (part(beginning, place) for place in (2, 3, 4))
        """The number of the document (DE 1004), its function (1225) and the response type (4343)."""
        self.findings: list[Finding] = []
        self.errors: list[Finding] = []

    # --- the whole ----------------------------------------------------------------------------------

    def refusal(self) -> Finding | None:
        """Return why there is no document at all: no BGM, or no number in it."""
        row = self.heading.beginning
        if row is None:
            return missing_segment("BGM", self.rows)
        if not self.number:
            text = "BGM element 2, the number of the document, is empty."
            at, way_out = self.heading.beginning_at, "Ask the sender for a document with a number."
            return mapping_error("NUMBER_MISSING", text, at, row, (2, 0), MISSING, way_out)
        return None

    def purpose(self) -> Purpose:
        """Return what the message does to an earlier one."""
        purpose = self.tables.purposes.get(self.function)
        if purpose is None:
            text = f"BGM function {self.function[:20]!r} is read as an original."
            self.warn("UNKNOWN_CODE", text, self.heading.beginning_at, "BGM", 3, self.function)
        return purpose or Purpose.ORIGINAL

    def stated_at(self) -> datetime | None:
        """Return the moment the message says it was written, None where it gives no time of day."""
        for stated in self.heading.dates:
            if stated.code == MESSAGE_DATE:
                return parse_moment(stated.value, stated.part(2), self.source.zone)
        return None

    def lines(self) -> Iterator[Line]:
        """Yield the lines one by one; parts of a set (sub-lines) are told and left out."""
        for block in self.message.lines:
            line = self.line(block)
            if line is not None:
                yield line

    def line(self, block: Block) -> Line | None:
        """Return the line of a block, None where it is a part of another one."""
        if part(block.opener, 4) == SUB_LINE:
            text = "The line is a part of another one; it is not counted."
            self.warn("SUB_LINE", text, block.at, "LIN", 4, None)
            return None
        return read_line(block, self.tables)

    @cached_property
    def counts_by_itself(self) -> bool:
        """Say whether the lines are numbered 1, 2, 3 ...: then the numbers may be the message's own."""
        numbers = (part(block.opener, 1).lstrip("0") for block in self.message.lines)
        return all(number == str(place) for place, number in enumerate(numbers, start=1))

    def parties(self) -> tuple[Party, ...]:
        """Return the parties of the heading."""
        return tuple([party(row, self.tables) for row in self.heading.parties])

    def references(self) -> tuple[Reference, ...]:
        """Return the references of the heading, by kind."""
        kinds = self.tables.reference_kinds
        return tuple(
            [
                Reference(kinds.get(stated.code, stated.code), stated.value)
                for stated in self.heading.references
                if stated.value
            ]
        )

    def reference(self, *kinds: str) -> str | None:
        """Return the first reference of the heading of the first of these kinds that is there."""
        for kind in kinds:
            for stated in self.heading.references:
                if self.tables.reference_kinds.get(stated.code) == kind and stated.value:
                    return stated.value
        return None

    @cached_property
    def currency(self) -> str | None:
        """Return the currency of the heading."""
        return next((stated.value for stated in self.heading.currencies if stated.value), None)

    # --- orders and their lines -----------------------------------------------------------------------

    def orders(self) -> list[str]:
        """Return the order numbers of the heading, each once."""
        return list(dict.fromkeys(order for order, _ in self._order_references(self.heading)))

    def order_in(self, section: Section | None) -> tuple[str | None, str | None]:
        """Return the first order a section names, and its line there; None where it names none."""
        if section is None or not section.references:
            return None, None
        return next(iter(self._order_references(section)), (None, None))

    def only_order(self, line: Line) -> str | None:
        """Return the order of the heading for a line that names none; of several none can be told."""
        orders = self.orders()
        if len(orders) > 1:
            text = f"The heading names {len(orders)} orders, the line none of them."
            self.warn("ORDER_UNCLEAR", text, line.at, "LIN", None, None)
            return None
        return orders[0] if orders else None

    def _order_references(self, section: Section) -> list[tuple[str, str | None]]:
        return [
            (stated.value, stated.part(2) or None)
            for stated in section.references
            if self.tables.reference_kinds.get(stated.code) == "order" and stated.value
        ]

    def line_number(self, line: Line, order: str | None, order_line: str | None, *, own: bool) -> str | None:
        """Return the number of the order line from where the profile says it stands, else as it is known.

        A reference comes before LIN; `own` says whether LIN counts where the profile does not tell.
        """
        place = self.tables.line_number_source
        if place == LIN:
            return line.number or None
        if place == NO_NUMBER:
            return None
        if place:
            wanted = place.partition(":")[2]
            named = [stated for stated in line.references if stated.code == wanted]
            return next((stated.part(2) or stated.value for stated in named), None) or None
        return order_line or self._referenced_line(line, order) or (line.number if own else "") or None

    def own_line_number(
        self, line: Line, order: str | None, order_line: str | None, ids: ItemIds
    ) -> str | None:
        """Return the number of the order line, where lines may be numbered by the message itself.

        Numbers 1, 2, 3 ... beside items that can be told apart are not taken for those of an order.
        """
        own = not self.counts_by_itself or not (ids.buyer or ids.supplier or ids.gtin)
        return self.line_number(line, order, order_line, own=own)

    def only_reference(self, sections: Iterable[Section], *kinds: str) -> str | None:
        """Return the reference of the first of these kinds that is there; of several different ones none."""
        stated = [one for section in sections for one in section.references if one.value]
        for kind in kinds:
            named = {one.value for one in stated if self.tables.reference_kinds.get(one.code) == kind}
            if named:
                return named.pop() if len(named) == 1 else None
        return None

    def _referenced_line(self, line: Line, order: str | None) -> str | None:
        """Return a line item reference; one that repeats the order is none."""
        for stated in line.references:
            kind = self.tables.reference_kinds.get(stated.code)
            if kind == "order_line" and stated.value not in ("", order):
                return stated.value
        return None

    # --- items, quantities, prices --------------------------------------------------------------------

    def item_ids(self, ids: Mapping[str, str]) -> ItemIds:
        """Return the names of an item by kind; of two of one kind the first stands."""
        kinds: dict[str | None, str] = {}
        for kind, value in ids.items():
            kinds.setdefault(self.tables.id_kinds.get(kind), value)
        get = kinds.get
        return ItemIds(get("buyer"), get("supplier"), get("gtin"), get("manufacturer"))

    def id_of_kind(self, ids: Mapping[str, str], kind: str) -> str | None:
        """Return the first id of that kind."""
        return next((value for key, value in ids.items() if self.tables.id_kinds.get(key) == kind), None)

    def unit(self, code: str) -> str:
        """Return a unit as Recommendation 20 has it."""
        return self.tables.units.get(code, code)

    def amount(self, stated: StatedQuantity, unit: str = "") -> Quantity | None:
        """Return a quantity, in `unit` where it names none; raises UnreadableValue."""
        value = amount_in(self.source, stated.at, stated.row, 1, 1, stated.value)
        if value is None:
            return None
        return quantity(value, self.unit(stated.part(2)) or unit)

    def single(self, stated: Kinds, *kinds: QuantityKind, unit: str = "") -> Quantity | None:
        """Return the one quantity of the first of these kinds that is stated, as `only` does."""
        for kind in kinds:
            if kind in stated:
                return self.only(stated[kind], unit)
        return None

    def only(self, stated: Sequence[StatedQuantity], unit: str) -> Quantity | None:
        """Return what several quantities of one kind all say; None where they differ.

        The same amount in other units stands for itself once: the first unit counts.
        """
        if len(stated) == 1:
            return self.amount(stated[0], unit)
        amounts = [amount for one in stated if (amount := self.amount(one, unit)) is not None]
        if not amounts:
            return None
        if len({amount for amount in amounts if amount.unit == amounts[0].unit}) > 1:
            text = f"Quantity {stated[0].code} is stated more than once: the quantity is unknown."
            self.warn("QUANTITY_REPEATED", text, stated[0].at, "QTY", 1, stated[0].value)
            return None
        return amounts[0]

    def total(self, amounts: Sequence[Quantity]) -> Quantity | None:
        """Return the sum of amounts in one unit; None where there is none, or units differ."""
        units = {amount.unit for amount in amounts}
        if len(units) != 1:
            return None
        return quantity(sum((amount.value for amount in amounts), Decimal(0)), units.pop())

    def line_unit(self, line: Line) -> str:
        """Return the unit of the line: the first that a quantity of the line names."""
        return next((self.unit(code) for stated in line.quantities if (code := stated.part(2))), "")

    def net_price(self, line: Line) -> Price | None:
        """Return the net price with its basis; the gross one only where no allowance or charge is beside it.

        Raises UnreadableValue.
        """
        chosen = self._stated_price(line)
        if chosen is None:
            return None
        amount = number_in(self.source, chosen.at, chosen.row, 1, 1, chosen.value)
        if amount is None:
            return None
        if len(chosen.parts) < PRICE_BASIS:
            return price(amount, self.currency, None, None)
        per = number_in(self.source, chosen.at, chosen.row, 1, 4, chosen.part(4))
        if per is not None and per <= 0:
            text = f"PRI element 1, component 5: {per} units are no basis of a price."
            raise UnreadableValue(self.error("PRICE_BASIS", text, chosen, 4, INVALID))
        unit = self.unit(chosen.part(5)) or None
        return price(amount, self.currency, ONE if per is None and unit else per, unit)

    def _stated_price(self, line: Line) -> Stated | None:
        """Return the net price first in precedence, else a gross one that is the same."""
        for code in self.tables.net_prices:
            for stated in line.prices:
                if stated.code == code:
                    return stated
        if line.allowances:
            return None
        return next((stated for stated in line.prices if stated.code == GROSS_PRICE), None)

    # --- days ---------------------------------------------------------------------------------------------

    def first_day(self, dates: Sequence[Stated], without: frozenset[str] = frozenset()) -> Day:
        """Return the first date in precedence; delivery dates come before ship dates."""
        known = [stated for stated in dates if stated.value and stated.code not in without]
        if not known:
            return NO_DAY
        for qualifiers in (self.tables.delivery_dates, self.tables.ship_dates):
            for qualifier in qualifiers:
                for stated in known:
                    if stated.code == qualifier:
                        return self.day(stated)
        return NO_DAY

    def day(self, stated: Stated) -> Day:
        """Return the day a DTM states; the profile's lead time makes ship dates delivery dates."""
        kind = self.tables.date_kinds.get(stated.code, DateKind.DELIVERY)
        on = parse_day(stated.value, stated.part(2), self.source.zone)
        day = stated_day(on, kind, self.source.rules.lead_time_days)
        if day is UNKNOWN_DAY:
            self.warn_date(stated)
        return day

    def date_of(self, dates: Sequence[Stated], *qualifiers: str) -> date | None:
        """Return the first date in precedence that is one."""
        for qualifier in qualifiers:
            for stated in dates:
                if stated.code == qualifier and stated.value:
                    day = parse_day(stated.value, stated.part(2), self.source.zone)
                    if day is not None and not is_sentinel(day):
                        return day
                    self.warn_date(stated)
        return None

    # --- findings -----------------------------------------------------------------------------------------

    def warn_date(self, stated: Stated) -> None:
        """Note a date that stands for no day."""
        text = f"DTM date {stated.value[:20]!r} (format {stated.part(2) or 'none'}) stands for no day."
        self.warn("DATE_UNREADABLE", text, stated.at, "DTM", 1, stated.value, component=2)

    def error(self, code: str, text: str, stated: Stated, component: int, error: str) -> Finding:
        """Return the finding for a value of a first composite that cannot be mapped."""
        way_out = "Ask the sender for a correct document; a value is never guessed."
        return mapping_error(code, text, stated.at, stated.row, (1, component), error, way_out)

    def note(
        self, code: str, text: str, at: int, segment: str, element: int | None, value: str | None
    ) -> None:
        """Explain something that is as it is, and needs nobody."""
        self.warn(code, text, at, segment, element, value, severity=Severity.NOTE)

    def warn(
        self,
        code: str,
        text: str,
        at: int | None,
        segment: str,
        element: int | None,
        value: str | None,
        *,
        component: int | None = None,
        severity: Severity = Severity.WARNING,
    ) -> None:
        """Note something odd that does not forbid the document."""
        self.findings.append(
            mapping_warning(
                code=code,
                text=text,
                severity=severity,
                segment_index=at,
                segment=segment,
                element=element,
                component=component,
                value=value[:LONGEST_COPY] if value is not None else None,
                way_out="Ask the supplier, or add the meaning to the partner's profile.",
            )
        )
