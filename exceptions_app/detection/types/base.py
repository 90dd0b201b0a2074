"""What an exception type is: one class in one file, found by the registry."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.snapshot import OrderSnapshot
from exceptions_app.deviation import Deviation


class SubjectKind(StrEnum):
    """What a type looks at."""

    ORDER = "order"
    INVOICE = "invoice"
    MESSAGE = "message"
    SUPPLIER = "supplier"


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
    """A snapshot and what the type must say about it; the shared suite runs every example of every type."""

    title: str
    snapshot: OrderSnapshot
    as_of: datetime
    deviations: tuple[dict[str, Any], ...]
    agreements: tuple[Agreement, ...] = ()


class ExceptionType(ABC):
    """A kind of deviation, with everything the house needs to know about it.

    `told` teams get an alert; `told_plus` teams also get a task when customer orders of class A or B cannot be
    covered. `resolutions` are codes of the playbook. `is_live`: the type opens cases unless a policy says
    otherwise; a type that is not yet workable end to end only detects.
    """

    code: ClassVar[str]
    label: ClassVar[str]
    group_label: ClassVar[str]
    subject: ClassVar[SubjectKind] = SubjectKind.ORDER
    owner: ClassVar[TeamCode]
    told: ClassVar[tuple[TeamCode, ...]] = ()
    told_plus: ClassVar[tuple[TeamCode, ...]] = ()
    service: ClassVar[ServiceLevel]
    resolutions: ClassVar[tuple[str, ...]] = ()
    is_live: ClassVar[bool] = False

    @abstractmethod
    def detect(
        self, snapshot: OrderSnapshot, agreements: Iterable[Agreement], as_of: datetime
    ) -> list[Deviation]:
        """Return what deviates at `as_of`, pending and active agreements taken into account."""

    @abstractmethod
    def next_look(self, snapshot: OrderSnapshot, as_of: datetime) -> datetime | None:
        """Return the next moment after `as_of` at which time alone could change the answer, or None."""

    @abstractmethod
    def headline(self, deviation: Deviation) -> str:
        """Return the one-line title of a case with this deviation, as a buyer would say it."""

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Example]:
        """Return the examples the shared suite runs."""
