"""What an exception type is: one class in one file, found by the registry. Pure."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.agreements import Aspect
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.snapshot import OrderSnapshot
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.subject import SubjectSnapshot
from exceptions_app.deviation import Deviation, OpenLine
from exceptions_app.policies.values import Limit, LimitState, Tolerance
from exceptions_app.severity import Severity

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
