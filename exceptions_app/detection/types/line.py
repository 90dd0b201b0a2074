"""A type that judges order lines one by one. Pure."""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.detection.deadlines import JUST_AFTER
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.view import LineView, OrderView
from exceptions_app.detection.words import evidence_of, ordered_parts, plain
from exceptions_app.deviation import Deviation, OpenLine

#: What a case line has room for.
LONGEST_KEY = 200
#: Which figure of the evidence shows that something of this kind has come.
TELLS = {
    Healing.ANSWERED: "word",
    Healing.SHIPPED: "shipped",
    Healing.RECEIVED: "received",
    Healing.CONFIRMED_AGAIN: "answer",
    Healing.INVOICED: "invoiced",
    Healing.CREDITED: "credited",
    Healing.RESTATED: "arrivals",
    Healing.DELIVERED: "delivered",
}


class LineType(ExceptionType):
    """A type that judges order lines one by one."""

    @abstractmethod
    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield what deviates on one line, before agreements."""

    def detect(self, view: OrderView) -> list[Deviation]:
        """Return what deviates on any line and is not settled by an agreement."""
        return [
            deviation
            for line in view.lines
            for deviation in self.judge(line)
            if not line.is_settled(deviation, self.aspect)
        ]

    def hidden(self, view: OrderView) -> dict[str, datetime]:
        """Return nothing: what documents say is never hidden."""
        return {}

    def next_look(self, view: OrderView) -> datetime | None:
        """Return when the next wait on this type ends."""
        ends = [
            agreed.ends_at + JUST_AFTER
            for line in view.lines
            for agreed in line.holdings
            if agreed.agreement.type_code == self.code and agreed.ends_at is not None
        ]
        return min(ends, default=None)

    def healed_by(self, line: OpenLine, view: OrderView) -> Healing:
        """Return what ended it: an agreement, else the first of what can end it that has come since."""
        now = next((each for each in view.lines if each.number == line.line_number), None)
        if now is None:
            return Healing.CANCELLED
        if self._is_agreed(line, now):
            return Healing.AGREED
        if now.is_unwanted and Healing.CANCELLED in self.heals_by:
            return Healing.CANCELLED
        came = (healing for healing in self.heals_by if self._has_come(healing, line, now))
        return next(came, Healing.PASSED_ON)

    def _is_agreed(self, line: OpenLine, now: LineView) -> bool:
        """Say whether an agreement covers it; a wait no more once what was waited for has come."""
        held = now.holds(line.key, line.type_code, self.aspect)
        if any(each.agreement.kind is not AgreementKind.WAIT_UNTIL for each in held):
            return True
        return bool(held) and any(each.key == line.key for each in self.judge(now.without(held)))

    def _has_come(self, healing: Healing, line: OpenLine, now: LineView) -> bool:
        if healing is Healing.ERP_CHANGED:
            return line.expected != self.expected(now)
        if healing is Healing.CONVERTED:
            return all(now.counter.knows(unit) for unit in line.actual.get("units", ()))
        figure = TELLS.get(healing)
        return figure is not None and line.evidence.get(figure) != evidence_of(now)[figure]

    def expected(self, line: LineView) -> dict[str, Any]:
        """Return what the ERP expects of a line, as plain JSON: what a change there would change."""
        return {"quantity": plain(line.ordered), "unit": line.unit, "schedule": ordered_parts(line)}

    def key(self, line_number: str, *more: str) -> str:
        """Return the key of a deviation of this type; without values, it stays while they move."""
        key = ":".join((self.code, line_number, *more))
        return key if len(key) <= LONGEST_KEY else f"{key[:150]}:{sha256(key.encode()).hexdigest()[:32]}"

    def deviation(self, line: LineView, **values: Any) -> Deviation:
        """Return a deviation of this type on `line`, with the figures every type shows as evidence."""
        values.setdefault("key", self.key(line.number))
        values.setdefault("group", line.snapshot.number)
        values.setdefault("expected", self.expected(line))
        evidence = evidence_of(line) | values.pop("evidence", {})
        return Deviation(
            type_code=self.code,
            line_number=line.number,
            unit=line.unit,
            currency=line.snapshot.currency,
            evidence=evidence,
            **values,
        )
