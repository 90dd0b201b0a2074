"""An ORDRSP as a canonical confirmation, by the rule table for the confirmed quantity.

Confirmed is what a quantity says that means nothing else (113, or what the profile names); else what the
action of the line makes of the quantities beside it. Every line keeps the name of the rule used. What is not
stated stays unknown: no quantity is ever guessed.
"""

from decimal import Decimal

import msgspec

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    LineAnswer,
    OfferedPart,
)
from erp_connectors.canonical.values import ItemIds, Quantity
from erp_connectors.edi.edifact.mapping.documents import Document
from erp_connectors.edi.edifact.mapping.sections import Kinds, Line, Stated, StatedQuantity, read_line
from erp_connectors.edi.edifact.mapping.source import Source
from erp_connectors.edi.edifact.mapping.tables import (
    OPEN,
    REQUESTED_DATES,
    UNSAID,
    Action,
    Confirms,
    HeaderStatus,
    QuantityKind,
)
from erp_connectors.edi.edifact.mapping.values import MISSING, mapping_error, missing_segment
from erp_connectors.edi.edifact.tokens import part
from erp_connectors.edi.frame import Mapped, Row
from erp_connectors.edi.values import NO_DAY, Day, UnreadableValue, quantity

NOTHING = Decimal(0)
SCHEDULED = frozenset(
    {QuantityKind.CONFIRMED, QuantityKind.SPLIT, QuantityKind.DESPATCHED, QuantityKind.ORDERED}
)
"""Kinds of quantity that a schedule of the supplier's answer gives for a date."""
ANSWERING = SCHEDULED | {QuantityKind.BACKORDERED}


def map_confirmation(rows: list[Row], source: Source) -> Mapped:
    """Return the confirmation an ORDRSP holds and what was odd in it; None where an error forbids it."""
    return _Confirmation(rows, source).document()


class _Part(msgspec.Struct, gc=False):
    """A part of what a line offers, with the dates that are its own: none where those of the line hold."""

    amount: Quantity
    dates: list[Stated]
    is_late: bool = False


class _Confirmation(Document):
    """The mapping of one ORDRSP."""

    def document(self) -> Mapped:
        """Return the confirmation, or None and the values that cannot be read."""
        if self.heading.beginning is None:
            return None, [missing_segment("BGM", self.rows)]
        order = self._order()
        if order is None:
            return None, self.errors
        self.status = self._header_status()
        self.header_day = self.first_day(self.heading.dates, without=REQUESTED_DATES)
        answers = []
        for line in self.lines():
            try:
                answers.append(self._line(line))
            except UnreadableValue as unreadable:
                self.errors.append(unreadable.finding)
        if self.errors:
            return None, self.errors + self.findings
        confirmation = Confirmation(
            order_number=order,
            version=self.source.document_version(self.stated_at()),
            lines=tuple(answers),
            unmentioned=self.status.unmentioned,
            purpose=self.purpose(),
            number=self.number or None,
            currency=self.currency,
            parties=self.parties(),
            references=self.references(),
            notes=tuple(self.heading.texts),
        )
        return confirmation, self.findings

    def _order(self) -> str | None:
        """Return the one order the message answers: that of its heading, else that of its lines."""
        named = self.orders()
        if not named:
            of_lines = (self.order_in(read_line(block, self.tables))[0] for block in self.message.lines)
            named = list(dict.fromkeys(order for order in of_lines if order))
        if len(named) == 1:
            return named[0]
        row, at = self.heading.beginning or [], self.heading.beginning_at
        if named:
            text = f"The message answers more than one order: {', '.join(named)[:80]}."
            way_out = "Ask the sender for one response to each order."
            self.errors.append(mapping_error("SEVERAL_ORDERS", text, at, row, (2, 0), MISSING, way_out))
        else:
            text = "No RFF+ON names the order that is answered."
            way_out = "Ask the sender for a response that names the order."
            self.errors.append(mapping_error("ORDER_NUMBER_MISSING", text, at, row, (2, 0), MISSING, way_out))
        return None

    def _header_status(self) -> HeaderStatus:
        """Return what 1225 says of the order, else what 4343 does."""
        known = self.tables.header_status
        status = known.get(self.function)
        if status is None or (status is OPEN and self.response):
            status = known.get(self.response, status)
        if self.response and self.response not in known:
            text = f"BGM response type {self.response!r} is not known."
            self.warn("UNKNOWN_CODE", text, self.heading.beginning_at, "BGM", 4, self.response)
        return status or OPEN

    # --- a line -------------------------------------------------------------------------------------------

    def _line(self, line: Line) -> ConfirmationLine:
        unit, stated, action = self.line_unit(line), line.by_kind(), self._action(line)
        ordered = self._ordered(stated, unit)
        schedule = self._schedule(line, unit) if line.scheduled else []
        parts, rule = self._confirmed(line, stated, action, ordered, schedule, unit)
        late = self._late(line, stated, unit) if QuantityKind.BACKORDERED in stated else []
        rejected = self._rejected(stated, action, ordered, parts, unit)
        self._check_balance(line, ordered, [*(parts or []), *late], rejected)
        order, order_line = self.order_in(line)
        number = self.line_number(line, order, order_line, own=True)
        coded = [reason for one in line.discrepancies if (reason := part(one.row, 2))]
        return ConfirmationLine(
            line_number=number,
            ids=self.item_ids(line.replaced_ids or line.ids),
            answers=self._answers(action, ordered, parts, late),
            offered=None if parts is None else self._offered(line, parts, late),
            rejected=rejected,
            price=self.net_price(line) if line.prices else None,
            substitute=self._substitute(line),
            reasons=(*line.texts, *coded),
            rule=rule,
            supplier_line_number=line.number if line.number and line.number != number else None,
        )

    def _action(self, line: Line) -> Action:
        if not line.action:
            return self.status.silent_line
        action = self.tables.actions.get(line.action)
        if action is None:
            text = f"LIN action {line.action!r} is not known."
            self.warn("UNKNOWN_CODE", text, line.at, "LIN", 2, line.action)
            return UNSAID
        return action

    def _confirmed(
        self,
        line: Line,
        stated: Kinds,
        action: Action,
        ordered: Quantity | None,
        schedule: list[_Part],
        unit: str,
    ) -> tuple[list[_Part] | None, str]:
        """Return the confirmed parts and the rule they follow; None where the quantity stays unknown."""
        said = f"LIN {line.action}" if line.action else f"no action, BGM {self.function or self.response}"
        named = self._stated_as_confirmed(line, stated)
        parts: list[_Part] | None
        if named:
            parts, rule = self._parts(line, named, unit), f"{said}: QTY {named[0].code}"
        elif action.confirms is Confirms.NOTHING:
            return [], f"{said}: nothing"
        elif schedule and action.confirms is not Confirms.NOT_SAID:
            return schedule, f"{said}: schedule"
        else:
            parts, rule = self._by_action(line, stated, action, ordered, unit), f"{said}: by action"
        if parts is None:
            text = "The line says no confirmed quantity: it counts as answered, its quantity as unknown."
            self.warn("QUANTITY_UNKNOWN", text, line.at, "LIN", 2, line.action or None)
            return None, rule
        if schedule:
            return self._scheduled(line, parts, schedule), f"{rule}, schedule"
        return parts, rule

    def _stated_as_confirmed(self, line: Line, stated: Kinds) -> list[StatedQuantity]:
        """Return the quantities that mean confirmed by themselves: 113, else those the profile names."""
        if QuantityKind.CONFIRMED in stated:
            return stated[QuantityKind.CONFIRMED]
        for code in self.tables.confirmed_quantity:
            named = [one for one in line.quantities if one.code == code]
            if named:
                return named
        return []

    def _by_action(
        self, line: Line, stated: Kinds, action: Action, ordered: Quantity | None, unit: str
    ) -> list[_Part] | None:
        despatched = stated.get(QuantityKind.DESPATCHED)
        if ordered is None or action.confirms is Confirms.NOT_SAID:
            return None
        if action.confirms is Confirms.DESPATCHED:
            return self._parts(line, despatched, unit) if despatched else None
        if despatched and self.only(despatched, unit) != ordered:
            text = "The line is accepted as ordered, and states another quantity beside it."
            self.warn("QUANTITY_CONFLICT", text, line.at, "LIN", 2, line.action or None)
            return None
        return self._parts(line, stated[QuantityKind.ORDERED], unit)

    def _ordered(self, stated: Kinds, unit: str) -> Quantity | None:
        """Return the ordered quantity the line repeats: one, or the sum of several with a date each."""
        found = stated.get(QuantityKind.ORDERED)
        if not found:
            return None
        if len(found) > 1 and all(one.dates for one in found):
            amounts = [amount for one in found if (amount := self.amount(one, unit)) is not None]
            return self.total(amounts)
        return self.only(found, unit)

    def _parts(self, line: Line, stated: list[StatedQuantity], unit: str) -> list[_Part]:
        """Return each stated quantity, with its own dates where those of the line belong to quantities."""
        apart = len(line.dates) > 1 and self._apart(line)
        parts = []
        for one in stated:
            amount = self.amount(one, unit)
            if amount is not None:
                parts.append(_Part(amount, one.dates if apart else []))
        return parts

    def _apart(self, line: Line) -> bool:
        """Say whether dates belong to single quantities: where more than one of the answer's has some.

        The date after the ordered quantity may be the one the buyer asked for: it is not told apart from
        that of the confirmed one.
        """
        names = self.tables.confirmed_quantity
        dated = [one for one in line.quantities if one.dates]
        dated = [one for one in dated if one.kind in ANSWERING or one.code in names]
        kinds = {one.kind for one in dated}
        return len(dated) > 1 and kinds != {QuantityKind.ORDERED, QuantityKind.CONFIRMED}

    def _late(self, line: Line, stated: Kinds, unit: str) -> list[_Part]:
        """Return what is backordered."""
        parts = self._parts(line, stated[QuantityKind.BACKORDERED], unit)
        return [_Part(one.amount, one.dates, is_late=True) for one in parts if one.amount.value]

    def _rejected(
        self, stated: Kinds, action: Action, ordered: Quantity | None, parts: list[_Part] | None, unit: str
    ) -> Quantity | None:
        if QuantityKind.REJECTED in stated:
            rejected = self.only(stated[QuantityKind.REJECTED], unit)
            return rejected if rejected is not None and rejected.value else None
        return ordered if action.confirms is Confirms.NOTHING and not parts else None

    def _check_balance(
        self, line: Line, ordered: Quantity | None, parts: list[_Part], rejected: Quantity | None
    ) -> None:
        if ordered is None or (len(parts) == 1 and rejected is None and parts[0].amount is ordered):
            return
        amounts = [one.amount for one in parts] + ([rejected] if rejected else [])
        together = self.total(amounts)
        if together is not None and together.unit == ordered.unit and together.value > ordered.value:
            text = "The quantities of the answer add up to more than the ordered one beside them."
            self.warn("UNBALANCED_ACK", text, line.at, "QTY", 1, str(ordered.value))

    def _answers(
        self, action: Action, ordered: Quantity | None, parts: list[_Part] | None, late: list[_Part]
    ) -> tuple[LineAnswer, ...]:
        """Return the supplier's words: the action, else what the quantities come to."""
        answer = action.answer
        if answer is None and parts is not None:
            now = [one.amount for one in parts if one.amount.value]
            if now:
                answer = LineAnswer.ACCEPTED if self.total(now) == ordered else LineAnswer.CHANGED
            elif not late:
                answer = LineAnswer.REJECTED
        if late:
            return (LineAnswer.BACKORDERED,) if answer is None else (answer, LineAnswer.BACKORDERED)
        return (answer or LineAnswer.UNKNOWN,)

    def _substitute(self, line: Line) -> ItemIds | None:
        """Return the item offered instead: what PIA names, or the line's own where it stands for another."""
        if line.substitute_ids:
            return self.item_ids(line.substitute_ids)
        return self.item_ids(line.ids) if line.replaced_ids else None

    # --- dates and schedules --------------------------------------------------------------------------------

    def _offered(self, line: Line, parts: list[_Part], late: list[_Part]) -> tuple[OfferedPart, ...]:
        dates = line.dates
        owned = {date.at for part in [*parts, *late] for date in part.dates}
        owned |= {date.at for one in line.scheduled for date in one.dates}
        if owned:
            dates = [date for date in dates if date.at not in owned]
        common = self.first_day(dates)
        now = [part for part in parts if part.amount.value]
        offered = [self._part(part, self.header_day if common is NO_DAY else common) for part in now]
        # Without anything confirmed the date of the line is that of what comes later.
        offered += [self._part(part, NO_DAY if now else common) for part in late]
        return tuple(offered)

    def _part(self, part: _Part, otherwise: Day) -> OfferedPart:
        day = self.first_day(part.dates) if part.dates else otherwise
        firm = day.on is not None if part.is_late else day.known
        return OfferedPart(part.amount, day.on, day.kind, firm)

    def _schedule(self, line: Line, unit: str) -> list[_Part]:
        """Return the parts an SCC or LOC group gives dates for."""
        parts = []
        for stated in line.scheduled:
            amount = self.amount(stated, unit) if stated.kind in SCHEDULED else None
            if amount is not None and amount.value:
                parts.append(_Part(amount, stated.dates))
        return parts

    def _scheduled(self, line: Line, parts: list[_Part], schedule: list[_Part]) -> list[_Part]:
        """Spread what is confirmed over the schedule; as it is where they are in different units.

        What the schedule leaves out is confirmed without a date.
        """
        units = {one.amount.unit for one in [*parts, *schedule]}
        if len(units) != 1:
            return parts
        unit, total = units.pop(), sum((one.amount.value for one in parts), NOTHING)
        planned = sum((one.amount.value for one in schedule), NOTHING)
        if planned != total:
            text = f"The schedule adds up to {planned}, the line confirms {total}."
            self.warn("SCHEDULE_SUM", text, line.at, "QTY", 1, str(planned))
        spread, left = [], total
        for one in schedule:
            share = min(one.amount.value, left)
            if share > 0:
                spread.append(_Part(quantity(share, unit), one.dates))
                left -= share
        if left > 0:
            spread.append(_Part(quantity(left, unit), []))
        return spread
