"""A RECADV as a canonical receipt: what came, and what is wrong with it."""

from datetime import date

from erp_connectors.canonical.documents import GoodsCondition, InQuestion, Receipt, ReceiptLine
from erp_connectors.canonical.values import Quantity
from erp_connectors.edi.edifact.mapping.documents import Document
from erp_connectors.edi.edifact.mapping.receipt_codes import (
    ASSIGNED_BY_BUYER,
    DOCUMENT_DATE,
    PLACES,
    RECEIVED_DATES,
)
from erp_connectors.edi.edifact.mapping.sections import Kinds, Line, Stated
from erp_connectors.edi.edifact.mapping.source import Source
from erp_connectors.edi.edifact.mapping.tables import QuantityKind
from erp_connectors.edi.edifact.mapping.values import MISSING, mapping_error, number_in
from erp_connectors.edi.edifact.tokens import part
from erp_connectors.edi.frame import Mapped, Row
from erp_connectors.edi.goods import AT_THE_DOCK, DAMAGED, REJECTED
from erp_connectors.edi.values import UnreadableValue, quantity

IN_QUESTION = (
    QuantityKind.DAMAGED,
    QuantityKind.REFUSED,
    QuantityKind.SCRAPPED,
    QuantityKind.RETURNED,
    QuantityKind.SHORT,
    QuantityKind.OVER,
    QuantityKind.LOST,
)


def map_receipt(rows: list[Row], source: Source) -> Mapped:
    """Return the receipt a RECADV holds and what was odd in it; None where an error forbids it."""
    return _Receipt(rows, source).document()


class _Receipt(Document):
    """The mapping of one RECADV."""

    def document(self) -> Mapped:
        """Return the receipt, or None and the values that cannot be read."""
        refusal = self.refusal()
        if refusal is not None:
            return None, [refusal]
        sections, lines = [self.heading], []
        for line in self.lines():
            sections.append(line)
            try:
                lines.append(self._line(line))
            except UnreadableValue as unreadable:
                self.errors.append(unreadable.finding)
        received_on = self._received_on([section for section in sections if isinstance(section, Line)])
        if self.errors or received_on is None:
            return None, self.errors + self.findings
        receipt = Receipt(
            number=self.number,
            version=self.source.document_version(self.stated_at()),
            received_on=received_on,
            lines=tuple(lines),
            purpose=self.purpose(),
            ship_notice=self.only_reference(sections, "ship_notice", "delivery_note"),
            warehouse=self._warehouse(),
        )
        return receipt, self.findings

    def _received_on(self, lines: list[Line]) -> date | None:
        """Return the day of receipt: of the heading, else the one all lines state, else of the document."""
        day = self.date_of(self.heading.dates, *RECEIVED_DATES)
        if day is None:
            of_lines = {self.date_of(line.dates, *RECEIVED_DATES) for line in lines}
            day = of_lines.pop() if len(of_lines) == 1 else None
        if day is None:
            day = self.date_of(self.heading.dates, DOCUMENT_DATE)
        if day is None:
            row, at = self.heading.beginning or [], self.heading.beginning_at
            text = "No DTM says when the goods were received, or when the document was written."
            way_out = "Ask the sender for a document with the day of receipt."
            self.errors.append(mapping_error("DATE_UNREADABLE", text, at, row, (2, 0), MISSING, way_out))
        return day

    def _warehouse(self) -> str | None:
        """Return the buyer's own number of the place goods came to."""
        for row in self.heading.parties:
            if part(row, 1) in PLACES and part(row, 2, 2) == ASSIGNED_BY_BUYER and part(row, 2):
                return part(row, 2)
        return None

    # --- lines ----------------------------------------------------------------------------------------------

    def _line(self, line: Line) -> ReceiptLine:
        unit, stated = self.line_unit(line), line.by_kind()
        questions = self._questions(line, stated, unit)
        order, order_line = self.order_in(line)
        ids = self.item_ids(line.ids)
        return ReceiptLine(
            order_number=order or self.only_order(line),
            line_number=self.own_line_number(line, order, order_line, ids),
            received=self._received(line, stated, questions, unit),
            damaged=self._sum(line, questions, DAMAGED),
            ids=ids,
            rejected=self._sum(line, questions, REJECTED),
            in_question=tuple(questions),
        )

    def _questions(self, line: Line, stated: Kinds, unit: str) -> list[InQuestion]:
        """Return what quantities and discrepancies say is wrong; one said in both ways counts once."""
        questions = []
        for kind in IN_QUESTION:
            for one in stated.get(kind, ()):
                amount = self.amount(one, unit)
                condition = self.tables.conditions.get(one.code, GoodsCondition.OTHER)
                if amount is not None and amount.value and condition is not None:
                    questions.append(InQuestion(condition=condition, quantity=amount, code=one.code))
        for difference in line.discrepancies:
            question = self._discrepancy(line, difference, unit)
            known = [one for one in questions if question and one.condition is question.condition]
            if question is not None and not known:
                questions.append(question)
        return questions

    def _discrepancy(self, line: Line, stated: Stated, unit: str) -> InQuestion | None:
        """Return what a QVR says: how much, by its code, is in which condition; None for good."""
        reason = part(stated.row, 2)
        code = reason or stated.part(1)
        if code not in self.tables.conditions:
            text = f"QVR {code!r} is not a known discrepancy."
            self.warn("UNKNOWN_CODE", text, stated.at, "QVR", 2 if reason else 1, code)
        condition = self.tables.conditions.get(code, GoodsCondition.OTHER)
        if condition is None:
            return None
        value = number_in(self.source, stated.at, stated.row, 1, 0, stated.code)
        amount = quantity(abs(value), unit) if value else None
        text = part(stated.row, 3, 3) or part(stated.row, 3)
        return InQuestion(condition=condition, quantity=amount, code=code, reason=text)

    def _received(self, line: Line, stated: Kinds, questions: list[InQuestion], unit: str) -> Quantity | None:
        """Return all that came, good or not: as received, else what was accepted and what was not."""
        for kind in (QuantityKind.RECEIVED, QuantityKind.DELIVERED):
            if kind in stated:
                return self.only(stated[kind], unit)
        accepted = self.single(stated, QuantityKind.ACCEPTED, unit=unit)
        beside = [one for one in questions if one.condition in AT_THE_DOCK]
        if accepted is None and not (beside and QuantityKind.ACCEPTED not in stated):
            return None
        amounts = [accepted] if accepted is not None else []
        return self._total(line, [*amounts, *[one.quantity for one in beside]])

    def _sum(
        self, line: Line, questions: list[InQuestion], conditions: frozenset[GoodsCondition]
    ) -> Quantity | None:
        """Return how much is in one of the conditions, None where nothing is or nobody can tell."""
        concerned = [one.quantity for one in questions if one.condition in conditions]
        return self._total(line, concerned) if concerned else None

    def _total(self, line: Line, amounts: list[Quantity | None]) -> Quantity | None:
        """Return the quantities together; None where one is unknown, or their units differ."""
        known = [amount for amount in amounts if amount is not None]
        if len({amount.unit for amount in known}) > 1:
            text = "Quantities of one line are in different units: together they are unknown."
            self.warn("UNITS_DIFFER", text, line.at, "QTY", None, None)
        return self.total(known) if len(known) == len(amounts) else None
