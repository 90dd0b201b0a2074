"""What an exception type is: one class in one file, found by the registry. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any, ClassVar

from exceptions_app.detection.agreement import Agreement, AgreementKind
from exceptions_app.detection.agreements import Aspect
from exceptions_app.detection.buckets import OWNERS, Bucket, Piece
from exceptions_app.detection.deadlines import JUST_AFTER
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.snapshot import OrderSnapshot
from exceptions_app.detection.stakes import Stake, stakes_of_bucket
from exceptions_app.detection.subject import SubjectSnapshot
from exceptions_app.detection.view import LineView, OrderView
from exceptions_app.detection.words import evidence_of, offered_parts, ordered_parts, plain
from exceptions_app.deviation import Deviation, OpenLine
from exceptions_app.policies.values import Direction, Limit, LimitState, Tolerance
from exceptions_app.severity import Severity

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
ZERO = Tolerance(percent=Limit(LimitState.ZERO))
TWO_PERCENT = Tolerance(percent=Limit(LimitState.VALUE, Decimal(2)))


class SubjectKind(StrEnum):
    """What a type looks at."""

    ORDER = "order"
    INVOICE = "invoice"
    DOCUMENT = "document"
    MESSAGE = "message"
    STREAM = "stream"
    SUPPLIER = "supplier"


class Family(StrEnum):
    """The families of the taxonomy, for rules that hold for all types of one."""

    CONFIRMATION = "confirmation"
    SHIPMENT = "shipment"
    RECEIPT = "receipt"
    INVOICE = "invoice"
    DATA = "data"
    PERFORMANCE = "performance"


#: What the supplier of a case is usually asked about.
USUALLY_ASKED: dict[Family, tuple[Inquiry, ...]] = {
    Family.CONFIRMATION: (Inquiry.CONFIRMATION,),
    Family.SHIPMENT: (Inquiry.SHIP_NOTICE, Inquiry.NEW_DATE),
    Family.RECEIPT: (Inquiry.CLAIM, Inquiry.MISSING_QUANTITY),
    Family.INVOICE: (Inquiry.INVOICE,),
    Family.DATA: (),
    Family.PERFORMANCE: (),
}


USUAL_STAKES = {
    Family.INVOICE: frozenset({Stake.TIED_UP, Stake.DISCOUNT}),
    Family.DATA: frozenset({Stake.BLINDNESS}),
}


class TeamCode(StrEnum):
    """The teams of the taxonomy."""

    PROCUREMENT = "PRO"
    PLANNING = "PLN"
    WAREHOUSE = "WHS"
    FINANCE = "FIN"
    CUSTOMER_SERVICE = "CSR"
    SUPPLIER_MANAGEMENT = "SUP"
    INTEGRATION = "EDI"


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Business hours to respond and to resolve, at severity high (TAXONOMY, SLA)."""

    respond_hours: int
    resolve_hours: int


@dataclass(frozen=True, slots=True)
class Example:
    """A snapshot and what the type must say about it; the shared suite runs every example of every type.

    Each of `deviations` names fields of the deviation that is found: `line_number`, `quantity`, `unit` ...
    """

    title: str
    snapshot: OrderSnapshot | SubjectSnapshot
    as_of: datetime
    deviations: tuple[dict[str, Any], ...]
    agreements: tuple[Agreement, ...] = ()


class ExceptionType(ABC):
    """A kind of deviation, with everything the house needs to know about it.

    `told` teams get an alert; `told_plus` teams also get a task when customer orders of class A or B cannot
    be covered. `resolutions` are codes of the playbook. `is_live`: the type opens cases unless a policy says
    otherwise; a type that is not yet workable end to end only detects. `is_on_by_default` false: a live type
    opens cases only where a policy switches it on. `aspect`: what its agreements are bound to. `heals_by`:
    what can end a deviation, the likeliest first. `severity_floor`: at least so bad. `stakes`: what is lost
    while it deviates; None: what is usual (`at_stake`). `inquiries`: what its supplier is asked about by
    mail, the likeliest first; empty: what is usual in its family. `also_in`: subjects it looks at besides.
    """

    code: ClassVar[str]
    label: ClassVar[str]
    family: ClassVar[Family] = Family.CONFIRMATION
    group_label: ClassVar[str] = "order"
    subject: ClassVar[SubjectKind] = SubjectKind.ORDER
    also_in: ClassVar[frozenset[SubjectKind]] = frozenset()
    owner: ClassVar[TeamCode]
    told: ClassVar[tuple[TeamCode, ...]] = ()
    told_plus: ClassVar[tuple[TeamCode, ...]] = ()
    service: ClassVar[ServiceLevel]
    resolutions: ClassVar[tuple[str, ...]] = ()
    is_live: ClassVar[bool] = False
    is_on_by_default: ClassVar[bool] = True
    aspect: ClassVar[Aspect] = Aspect.QUANTITY
    severity_floor: ClassVar[Severity] = Severity.LOW
    heals_by: ClassVar[tuple[Healing, ...]] = (Healing.ERP_CHANGED, Healing.ANSWERED, Healing.CANCELLED)
    stakes: ClassVar[frozenset[Stake] | None] = None
    inquiries: ClassVar[tuple[Inquiry, ...]] = ()

    @abstractmethod
    def detect(self, view: Any) -> list[Deviation]:
        """Return what deviates in a subject at one moment, the agreements in its view taken into account."""

    @abstractmethod
    def hidden(self, view: Any) -> dict[str, datetime]:
        """Return the keys that cannot be judged because a stream is blind, and since when it is."""

    @abstractmethod
    def next_look(self, view: Any) -> datetime | None:
        """Return the next moment after the view's at which time alone could change the answer, or None."""

    @abstractmethod
    def healed_by(self, line: OpenLine, view: Any) -> Healing:
        """Return why something that was open does not deviate any more."""

    @abstractmethod
    def headline(self, deviation: Deviation) -> str:
        """Return the one-line title of a case with this deviation, as a buyer would say it."""

    def asks(self) -> tuple[Inquiry, ...]:
        """Return what the supplier of a case can be asked about, the likeliest first, anything else last."""
        return (*(self.inquiries or USUALLY_ASKED[self.family]), Inquiry.OTHER)

    def days_late(self, deviation: Deviation, today: date) -> int | None:
        """Return by how many days something comes too late, or is past its day; None: it is about no day."""
        moved = [
            (date.fromisoformat(part["date"]) - date.fromisoformat(part["wanted"])).days
            for part in deviation.actual.get("late", ())
            if "date" in part
        ]
        past = [(today - date.fromisoformat(day)).days for day in deviation.actual.get("promised", ())]
        return max([*moved, *past], default=None)

    def at_stake(self) -> frozenset[Stake]:
        """Return what is lost while it deviates: as `stakes` says, else as for most of its family.

        The work on a case always counts besides.
        """
        if self.stakes is not None:
            return self.stakes
        usual = USUAL_STAKES.get(self.family, frozenset())
        return usual | {Stake.PRICE} if self.aspect is Aspect.PRICE else usual

    def overcharge(self, deviation: Deviation) -> Decimal | None:
        """Return how much more is charged than was ordered, in its currency; None: nobody knows."""
        is_cheaper = str(deviation.actual.get("difference", "")).startswith("-")
        return Decimal(0) if is_cheaper else deviation.amount

    def blinded(self, deviation: Deviation) -> int:
        """Return how many orders cannot be judged because of it."""
        return 1

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Example]:
        """Return the examples the shared suite runs."""


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


class BucketType(LineType):
    """A type that owns one bucket: what is in it deviates.

    `quantity_tolerance` is the type's own tolerance for the quantity in the bucket, of what `whole` says;
    `day_tolerance` the one by which the deadlines put pieces into it. `direction`: which side both are for.
    """

    bucket: ClassVar[Bucket]
    quantity_tolerance: ClassVar[Tolerance | None] = None
    day_tolerance: ClassVar[Tolerance | None] = None
    direction: ClassVar[Direction] = Direction.UNDER

    def __init_subclass__(cls) -> None:
        if OWNERS[cls.bucket] != cls.code:
            raise TypeError(f"{cls.__name__} does not own bucket {cls.bucket}")

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield one deviation for all that is in the bucket beyond tolerance."""
        pieces = line.buckets.inside(self.bucket)
        if not pieces:
            return
        quantity = line.quantity(self.bucket)
        default = self.quantity_tolerance or self.day_tolerance
        tolerance = line.tolerance(self.code, self.direction, default) if default else None
        is_allowed = (
            self.quantity_tolerance is not None
            and tolerance is not None
            and tolerance.allows(quantity, self.whole(line))
        )
        if not quantity or is_allowed:
            return
        yield self.deviation(
            line,
            quantity=quantity,
            amount=line.amount(line.buckets.counted(self.bucket)),
            since=self.since(line, pieces),
            actual=self.actual(line, pieces),
            tolerance_id=tolerance.id if tolerance else None,
        )

    def detect(self, view: OrderView) -> list[Deviation]:
        """Return what is in the bucket; agreements have already taken out what they cover."""
        return [deviation for line in view.lines for deviation in self.judge(line)]

    def hidden(self, view: OrderView) -> dict[str, datetime]:
        """Return the lines with pieces that would be in the bucket, if their streams were silent since."""
        return {
            self.key(line.number): piece.blind_since
            for line in view.lines
            for piece in line.buckets.pieces
            if self.bucket in piece.hidden and piece.blind_since is not None
        }

    def next_look(self, view: OrderView) -> datetime | None:
        """Return when time next moves a piece into or out of the bucket."""
        moves = [
            move.at + JUST_AFTER
            for line in view.lines
            for piece in line.buckets.pieces
            for move in piece.moves
            if self.bucket in (piece.bucket, move.to)
        ]
        return min(moves, default=None)

    def whole(self, line: LineView) -> Decimal:
        """Return what the percentage of the tolerance is of: the ordered quantity."""
        return line.ordered

    def at_stake(self) -> frozenset[Stake]:
        """Return what `stakes` says, else what is lost with goods in the bucket."""
        return stakes_of_bucket(self.bucket) if self.stakes is None else self.stakes

    def since(self, line: LineView, pieces: list[Piece]) -> datetime | None:
        """Return since when the pieces are in the bucket: a missed deadline, else the newest answer."""
        missed = [piece.since for piece in pieces if piece.since is not None]
        if missed:
            return min(missed)
        answer = line.position.answer
        return answer.version.document_time if answer else None

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return what is instead of what was expected: what is offered.

        Only what makes the deviation another one belongs here; what else is known of the line is evidence.
        """
        return {**offered_parts(line), "unit": line.unit}


def earliest(*moments: datetime | None) -> datetime | None:
    """Return the earliest of the moments that are known."""
    return min((moment for moment in moments if moment is not None), default=None)


def how_much(deviation: Deviation) -> str:
    """Return the quantity of a deviation with its unit, as people read it: 18 EA."""
    return f"{plain(deviation.quantity)} {deviation.unit}" if deviation.quantity is not None else ""


def percent(part: Decimal, whole: Decimal) -> str:
    """Return `part` of `whole` in percent with one decimal, as people read it."""
    return f"{part * 100 / whole:.1f} %" if whole else "0.0 %"


def dearer(difference: Decimal, price: Decimal) -> str:
    """Return by how much a price is dearer, or cheaper: as finely as the tolerance of a price is told."""
    return f"{difference * 100 / price:+.2f} %" if price else "+0.00 %"
