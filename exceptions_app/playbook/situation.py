"""What a resolution looks at and what it answers with: frozen values, no ORM, no clock. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from erp_connectors.canonical.commands import CommandKind, LineValues
from erp_connectors.canonical.documents import Confirmation, ConfirmationLine, OfferedPart
from exceptions_app.detection.agreement import AgreementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """One open deviation on one order line; quantities in the line's unit.

    `values`: what the ERP has now. `deviating`: the quantity it is about, None when that is unknown.
    `offered`: what the newest answer offers, None without one. `delivered`: shipped or received, the greater.
    `factors`: base units in one of each unit of the item.
    """

    case_line_id: int
    number: str
    values: LineValues
    deviating: Decimal | None
    offered: tuple[OfferedPart, ...] | None = None
    delivered: Decimal = Decimal(0)
    factors: dict[str, Decimal] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """The unit the line is ordered in."""
        return self.values.quantity.unit

    @property
    def ordered(self) -> Decimal:
        """The quantity the line is ordered in."""
        return self.values.quantity.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The open lines of one case, as they are at `as_of`; `today` is that day where the company is.

    `rates`: company currency for one unit of another; `person`: who decides.
    """

    case_number: str
    order_number: str
    order_currency: str
    company_currency: str
    rates: dict[str, Decimal]
    lines: tuple[LineFacts, ...]
    as_of: datetime
    today: date
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementPlan:
    """An agreement that a decision makes on one line (`detection.agreement.Agreement`)."""

    kind: AgreementKind
    quantity: Decimal | None
    agreed_on: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePlan:
    """One order line before and after, what is agreed on it, and what is confirmed for the supplier.

    Without a command `after` is what people reckon with from then on; the ERP keeps `before`.
    """

    case_line_id: int
    number: str
    before: LineValues
    after: LineValues
    agreement: AgreementPlan | None = None
    confirmed: ConfirmationLine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a resolution does: a command to the ERP, agreements, a confirmation to enter; and in words."""

    lines: tuple[LinePlan, ...]
    summary: str
    command: CommandKind | None = None
    confirmation: Confirmation | None = None
