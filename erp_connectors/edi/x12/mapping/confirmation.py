"""An 855 as a canonical confirmation, by the rule table for the confirmed quantity.

The statuses of a line decide which quantity is confirmed, backordered, rejected or held; every line
keeps the name of the rule used. What is not stated stays unknown: no quantity is ever guessed.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    LineAnswer,
    OfferedPart,
    Purpose,
    Unmentioned,
)
from erp_connectors.canonical.values import ItemIds, Price, Quantity, Reference
from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.values import (
    NO_DAY,
    UNKNOWN_DAY,
    Day,
    UnreadableValue,
    quantity,
    stated_day,
)
from erp_connectors.edi.x12.dates import parse_date
from erp_connectors.edi.x12.mapping.mapper import Mapper
from erp_connectors.edi.x12.mapping.orders import AckReading, LineReading, OrderReading, read_order
from erp_connectors.edi.x12.mapping.source import Row, Source
from erp_connectors.edi.x12.mapping.tables import UNCLEAR, HeaderStatus, LineStatus, Share
from erp_connectors.edi.x12.mapping.values import (
    amount_in,
    item_ids,
    line_number,
    mapping_error,
    missing_segment,
    number_in,
    party,
    price_of,
    references,
)

NOTHING = Decimal(0)


def map_confirmation(rows: list[Row], source: Source) -> tuple[Confirmation | None, list[Finding]]:
    """Return the confirmation an 855 holds and what was odd in it; None where an error forbids it."""
    reading = read_order(rows, source.tables.ignored_segments)
    refusal = required_beginning(rows, reading, "BAK")
    if refusal is not None:
        return None, [refusal]
    return ConfirmationMapper(reading, source).mapped()


def required_beginning(rows: list[Row], reading: OrderReading, tag: str) -> Finding | None:
    """Return the finding for a document without its beginning segment or without its order number."""
    if reading.beginning is None or reading.beginning[0] != tag:
        return missing_segment(tag, rows)
    if not reading.header("po"):
        return mapping_error(
            "ORDER_NUMBER_MISSING",
            f"{tag}03, the order number, is empty.",
            reading.beginning_at,
            reading.beginning,
            3,
            element_code="1",
            way_out="Ask the sender for a document that names the order.",
        )
    return None


class ConfirmationMapper(Mapper):
    """The mapping of one 855: its header's say, and the findings so far."""

    tag = "BAK"

    def __init__(self, reading: OrderReading, source: Source) -> None:
        """Read what the header says of all lines."""
        super().__init__(source)
        self.reading = reading
        self.purpose = self._purpose()
        self.status = self._header_status()
        self.header_day = self._first_day(reading.dtm)

    def mapped(self) -> tuple[Confirmation | None, list[Finding]]:
        """Return the confirmation, or None and the values that cannot be read."""
        lines, errors = [], []
        for line in self.reading.lines:
            try:
                lines.append(self.line(line))
            except UnreadableValue as unreadable:
                errors.append(unreadable.finding)
        if errors:
            return None, errors + self.findings
        return self.document(tuple(lines)), self.findings

    def document(self, lines: tuple[ConfirmationLine, ...]) -> Confirmation:
        """Return the confirmation with these lines."""
        reading = self.reading
        return Confirmation(
            order_number=reading.header("po"),
            version=self.source.document_version(self.revision),
            lines=lines,
            unmentioned=self.unmentioned,
            purpose=self.purpose,
            number=reading.header("supplier_ref") or None,
            currency=reading.currency or None,
            parties=tuple([party(row, self.tables) for row in reading.n1]),
            references=self._references(),
            notes=tuple(reading.notes),
        )

    def line(self, line: LineReading) -> ConfirmationLine:
        """Return the answer to one line; raises UnreadableValue where a number is not one."""
        ordered = self._ordered(line)
        unit = self.unit(line.uom)
        shares = self._shares(line, ordered, unit)
        self._check_balance(line, shares, ordered, unit)
        offered = self._offered(line, shares) if shares.is_known else None
        return ConfirmationLine(
            line_number=line_number(line.n, line.ids, line.refs, self.tables),
            ids=item_ids(line.ids, self.tables),
            answers=tuple(dict.fromkeys(shares.answers)),
            offered=offered,
            rejected=shares.rejected,
            price=self._price(line),
            substitute=self._substitute(line),
            reasons=tuple([ack.reason for ack in line.ack if ack.reason]),
            rule=shares.rule,
        )

    # --- header ---------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """Which of two documents of the same time is newer; an 855 does not say."""
        return 0

    @property
    def unmentioned(self) -> Unmentioned:
        """What the document says of order lines it does not mention."""
        return self.status.unmentioned

    def _purpose(self) -> Purpose:
        return self.purpose_of(self.reading.header("purpose"), self.reading.beginning_at, self.tag, 1)

    def _header_status(self) -> HeaderStatus:
        code = self.reading.header("status")
        status = self.tables.header_status.get(code)
        if status is None:
            text = f"{self.tag}02 {code!r} is not a known acknowledgment type."
            self.warn("UNKNOWN_CODE", text, self.reading.beginning_at, self.tag, 2, code)
            return UNCLEAR
        if status is UNCLEAR:
            text = f"{self.tag}02 {code!r} does not say whether lines without a status are accepted."
            self.warn("UNCLEAR_STATUS", text, self.reading.beginning_at, self.tag, 2, code)
        return status

    def _references(self) -> tuple[Reference, ...]:
        header = self.reading.header
        stated = (("supplier_order", "supplier_ref"), ("release", "release"), ("contract", "contract"))
        found = [Reference(kind, value) for kind, name in stated if (value := header(name))]
        return (*found, *references(self.reading.refs, self.tables))

    # --- quantities -----------------------------------------------------------------------

    def _shares(self, line: LineReading, ordered: Decimal | None, unit: str) -> "Shares":
        if not line.ack:
            return self._silent_shares(line, ordered, unit)
        shares = Shares(f"ACK {line.ack[0].code}")
        if len(line.ack) > 1:
            shares.rule = "ACK " + "+".join(dict.fromkeys(ack.code for ack in line.ack))
        whole_line: list[tuple[AckReading, LineStatus]] = []
        for ack in line.ack:
            status = self.tables.line_status.get(ack.code)
            if status is None:
                text = f"ACK01 {ack.code!r} is not a known line status."
                self.warn("UNKNOWN_CODE", text, ack.at, "ACK", 1, ack.code)
                shares.answers.append(LineAnswer.UNKNOWN)
                shares.is_known = False
                continue
            shares.answers.append(status.answer)
            value = amount_in(ack.row, 2, ack.at)
            if value is None or (value == 0 and status.share is Share.REJECTED):
                whole_line.append((ack, status))
            else:
                self._take(shares, ack, status, quantity(value, self.unit(ack.uom) if ack.uom else unit))
                if status.balance_backordered and ordered is not None and ordered > value:
                    shares.add(Share.BACKORDERED, quantity(ordered - value, unit), NO_DAY, firm=False)
        if not shares.has_quantity:
            self._take_whole_line(shares, whole_line, ordered, unit, line)
        elif whole_line:
            self._check_attributes(shares, whole_line, line)
        return shares

    def _take(self, shares: "Shares", ack: AckReading, status: LineStatus, amount: Quantity) -> None:
        shares.add(status.share, amount, self._day(ack.dtq, ack.date, ack.at, "ACK", 5), firm=status.firm)

    def _silent_shares(self, line: LineReading, ordered: Decimal | None, unit: str) -> "Shares":
        """Return the shares of a line without an ACK: the header status speaks for it, or the change."""
        status = self._silent_status(line)
        shares = Shares(self._silent_rule(line))
        if status is None:
            shares.answers.append(LineAnswer.UNKNOWN)
            shares.is_known = False
            return shares
        shares.answers.append(status.answer)
        if ordered or (ordered is not None and status.share is not Share.REJECTED):
            shares.add(status.share, quantity(ordered, unit), NO_DAY, firm=status.firm)
        elif status.share is not Share.REJECTED:
            shares.is_known = False
        return shares

    def _silent_status(self, line: LineReading) -> LineStatus | None:
        """Return what a line without an ACK means, None where nobody can tell."""
        return self.status.silent_line

    def _silent_rule(self, line: LineReading) -> str:
        return f"no ACK, {self.tag}02 {self.reading.header('status')}"

    def _take_whole_line(
        self,
        shares: "Shares",
        statuses: list[tuple[AckReading, LineStatus]],
        ordered: Decimal | None,
        unit: str,
        line: LineReading,
    ) -> None:
        """Give the line's quantity to its statuses when none of them has a quantity of its own."""
        speaking = [(ack, status) for ack, status in statuses if status.whole_line]
        kinds = {status.share for _, status in speaking}
        if kinds == {Share.REJECTED} and not ordered:
            # Whatever the order has of it, nothing is offered.
            return
        if len(kinds) != 1 or ordered is None or not shares.is_known:
            shares.is_known = False
            text = "The statuses give no quantity: the line counts as answered, its quantity as unknown."
            self.warn("QUANTITY_UNKNOWN", text, line.at, line.row[0], None, None)
            return
        shares.rule += f": {line.row[0]}{line.layout.qty:02}"
        firm = all(status.firm for _, status in speaking)
        shares.add(kinds.pop(), quantity(ordered, unit), self._attribute_day(line), firm=firm)

    def _check_attributes(
        self, shares: "Shares", statuses: list[tuple[AckReading, LineStatus]], line: LineReading
    ) -> None:
        """Refuse to guess where a status without a quantity may speak of what the others leave open."""
        day = self._attribute_day(line)
        for part in shares.parts:
            if part.day is NO_DAY and part.share is Share.CONFIRMED:
                part.day = day
        meanings = [status for _, status in statuses]
        shares.hold_dates = any(not status.firm and status.share is Share.CONFIRMED for status in meanings)
        speaks_of_rest = any(
            status.share in (Share.CONFIRMED, Share.HELD) and not shares.has(status.share)
            for status in meanings
            if status.whole_line
        )
        if speaks_of_rest:
            shares.is_known = False
            text = "A status without a quantity stands beside some with one: the quantity is unknown."
            self.warn("QUANTITY_UNKNOWN", text, line.at, line.row[0], None, None)

    def _check_balance(self, line: LineReading, shares: "Shares", ordered: Decimal | None, unit: str) -> None:
        if ordered is None or not line.ack:
            return
        total = NOTHING
        for amount in shares.amounts():
            if amount.unit != unit:
                return
            total += amount.value
        if ordered < total:
            text = "The line's statuses add up to more than its quantity."
            self.warn("UNBALANCED_ACK", text, line.at, line.row[0], line.layout.qty, line.qty)

    # --- dates ----------------------------------------------------------------------------

    def _offered(self, line: LineReading, shares: "Shares") -> tuple[OfferedPart, ...]:
        parts = [part for part in shares.parts if part.amount.value]
        if line.sch:
            scheduled = self._scheduled(line, shares, parts)
            if scheduled is not None:
                return scheduled
        return tuple([self._part(part, line, shares.hold_dates) for part in parts])

    def _part(self, part: "Part", line: LineReading, hold_dates: bool) -> OfferedPart:
        day = part.day
        if day is NO_DAY and part.share is Share.CONFIRMED and part.firm and not hold_dates:
            day = self._line_day(line)
        firm = part.firm and day.known and not hold_dates
        if part.share is Share.BACKORDERED:
            firm = day.on is not None
        return OfferedPart(part.amount, day.on, day.kind, firm)

    def _line_day(self, line: LineReading) -> Day:
        day = self._first_day(line.dtm) if line.dtm else NO_DAY
        return self.header_day if day is NO_DAY else day

    def _attribute_day(self, line: LineReading) -> Day:
        """Return the date of the first ACK that has a date but no quantity."""
        for ack in line.ack:
            if ack.date and not ack.qty:
                return self._day(ack.dtq, ack.date, ack.at, "ACK", 5)
        return NO_DAY

    def _scheduled(
        self, line: LineReading, shares: "Shares", parts: list["Part"]
    ) -> tuple[OfferedPart, ...] | None:
        """Spread what is offered over the SCH segments; None where they carry other units or nothing."""
        entries = []
        for entry in line.sch:
            value = amount_in(entry.row, 1, entry.at)
            if value:
                unit = self.unit(entry.uom or line.uom)
                entries.append((quantity(value, unit), self._day(entry.dtq, entry.date, entry.at, "SCH", 6)))
        units = {amount.unit for amount, _ in entries} | {part.amount.unit for part in parts}
        if not entries or not parts or len(units) != 1 or any(part.share is Share.HELD for part in parts):
            return None
        unit = units.pop()
        total = sum((amount.value for amount, _ in entries), NOTHING)
        everything = sum((part.amount.value for part in parts), NOTHING)
        confirmed = sum((part.amount.value for part in parts if part.share is Share.CONFIRMED), NOTHING)
        backordered = [part for part in parts if part.share is Share.BACKORDERED]
        target = everything if total == everything else confirmed
        if total != target:
            text = f"The schedule adds up to {total}, the line offers {target}."
            self.warn("SCHEDULE_SUM", text, line.sch[0].at, "SCH", 1, str(total))
        offered, left = [], target
        for amount, day in entries:
            share = min(amount.value, left)
            if share > 0:
                firm = day.known and not shares.hold_dates
                offered.append(OfferedPart(quantity(share, unit), day.on, day.kind, firm))
                left -= share
        if left > 0:
            offered.append(OfferedPart(quantity(left, unit), firm=False))
        if target != everything:
            offered += [self._part(part, line, False) for part in backordered]
        shares.rule += ", SCH"
        return tuple(offered)

    def _first_day(self, dates: list[list[str]]) -> Day:
        """Return the date of the first qualifier in precedence; delivery dates come before ship dates."""
        stated = {qualifier: text for qualifier, text in reversed(dates) if text}
        for qualifiers in (self.tables.delivery_qualifiers, self.tables.ship_qualifiers):
            for qualifier in qualifiers:
                if qualifier in stated:
                    return self._day(qualifier, stated[qualifier], None, "DTM", 2)
        return NO_DAY

    def _day(self, qualifier: str, text: str, at: int | None, segment: str, position: int) -> Day:
        """Return the day an element states; the profile's lead time makes ship dates delivery dates."""
        if not text:
            return NO_DAY
        kind = self.tables.date_kinds.get(qualifier)
        if kind is None:
            what = f"{segment} date qualifier {qualifier!r} is not known; its date is not used."
            self.warn("UNKNOWN_DATE_QUALIFIER", what, at, segment, position - 1, qualifier)
            return UNKNOWN_DAY
        day = stated_day(parse_date(text), kind, self.source.rules.lead_time_days)
        if day is UNKNOWN_DAY:
            what = f"{segment} date {text[:20]!r} stands for no day."
            self.warn("DATE_UNREADABLE", what, at, segment, position, text)
        return day

    # --- the rest of a line ---------------------------------------------------------------

    def _ordered(self, line: LineReading) -> Decimal | None:
        """Return the quantity of the line as the document repeats it."""
        return amount_in(line.row, line.layout.qty, line.at)

    def _price(self, line: LineReading) -> Price | None:
        """Return the acknowledged price: PO104, or under a price change what a CTP segment states."""
        amount, basis = number_in(line.row, line.layout.price, line.at), line.basis
        if line.ctp and any(ack.code == "IP" for ack in line.ack):
            for at, row in line.ctp:
                changed = number_in(row, 3, at)
                if changed is not None and row[2].strip() not in self.tables.resale_prices:
                    amount = changed
        if amount is None:
            return None
        return price_of(amount, line.cur or self.reading.cur or None, basis, self.tables)

    def _substitute(self, line: LineReading) -> ItemIds | None:
        for ack in line.ack:
            if ack.ids and ack.ids != line.ids:
                return item_ids(ack.ids, self.tables)
        return None


@dataclass(slots=True)
class Part:
    """A quantity with its share of the line and its day."""

    share: Share
    amount: Quantity
    day: Day
    firm: bool


@dataclass(slots=True)
class Shares:
    """How the statuses of one line divide its quantity."""

    rule: str
    parts: list[Part] = field(default_factory=list)
    rejected: Quantity | None = None
    answers: list[LineAnswer] = field(default_factory=list)
    is_known: bool = True
    hold_dates: bool = False

    def amounts(self) -> list[Quantity]:
        """Return every quantity the statuses state."""
        amounts = [part.amount for part in self.parts]
        if self.rejected is not None:
            amounts.append(self.rejected)
        return amounts

    @property
    def has_quantity(self) -> bool:
        """Say whether any status stated a quantity."""
        return bool(self.parts) or self.rejected is not None

    def has(self, share: Share) -> bool:
        """Say whether a part of the line has that share."""
        return any(part.share is share for part in self.parts)

    def add(self, share: Share, amount: Quantity, day: Day, *, firm: bool) -> None:
        """Give a share a quantity; rejected ones add up where their units agree."""
        if share is not Share.REJECTED:
            self.parts.append(Part(share, amount, day, firm))
        elif self.rejected is None:
            self.rejected = amount
        elif self.rejected.unit == amount.unit:
            self.rejected = quantity(self.rejected.value + amount.value, amount.unit)
        else:
            self.is_known = False
