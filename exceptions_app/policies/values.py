"""Policies as frozen values, as the detection and the routing read them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class LimitState(StrEnum):
    """A limit is not checked at all, is zero, or has a value. Zero and unchecked are never confused."""

    UNCHECKED = "unchecked"
    ZERO = "zero"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a tolerance row; inclusive. `value` counts only in state VALUE."""

    state: LimitState = LimitState.UNCHECKED
    value: Decimal = Decimal(0)

    @property
    def height(self) -> Decimal:
        """What is still within it, where it is checked."""
        return Decimal(0) if self.state is LimitState.ZERO else self.value


class ToleranceMode(StrEnum):
    """EITHER: within percent or within amount, never above the cap. TIGHTER: within both."""

    EITHER = "either"
    TIGHTER = "tighter"


class Direction(StrEnum):
    """Which side a limit is for: too little or too late, too much or too early."""

    UNDER = "under"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far a value may be off (TAXONOMY, Tolerance).

    `percent` of the expected value; `amount` in money for prices, units for quantities, business days for
    dates. `id` None: the type's own default. `release` names the policy release that set it.
    """

    percent: Limit = Limit()
    amount: Limit = Limit()
    cap: Limit = Limit()
    mode: ToleranceMode = ToleranceMode.EITHER
    id: int | None = None
    release: int | None = None

    def allows(self, difference: Decimal, expected: Decimal) -> bool:
        """Say whether `difference` (not negative) from `expected` is within this tolerance."""
        if self.cap.state is not LimitState.UNCHECKED and difference > self.cap.height:
            return False
        checks = []
        if self.percent.state is not LimitState.UNCHECKED:
            checks.append(difference * 100 <= self.percent.height * abs(expected))
        if self.amount.state is not LimitState.UNCHECKED:
            checks.append(difference <= self.amount.height)
        if not checks:
            return True
        return any(checks) if self.mode is ToleranceMode.EITHER else all(checks)


@dataclass(frozen=True, slots=True)
class ToleranceTable:
    """The tolerances that hold for one order line, already the most specific ones, by type and direction."""

    rows: dict[tuple[str, Direction], Tolerance]

    def get(self, type_code: str, direction: Direction, default: Tolerance) -> Tolerance:
        """Return the row for `type_code`, or the type's own `default`."""
        return self.rows.get((type_code, direction), default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a supplier owes by when (TAXONOMY, Terms and Applies when).

    Days are business days. `confirm_days` after release; `transit_days` before the promised date the ship
    notice is due at end of business. `total_quantity`: answers name the total quantity, else the open one.
    """

    confirm_days: int = 2
    transit_days: int = 2
    settle_days: int = 1
    invoice_grace_days: int = 3
    expects_confirmation: bool = True
    expects_ship_notice: bool = True
    expects_invoice: bool = True
    total_quantity: bool = True
    ship_to_delivery_days: int | None = None


# --- the expected loss --------------------------------------------------------------------------------------

#: What is calculated with where neither a source nor an administrator says anything.
STANDARD_FIGURES: Mapping[str, Decimal] = {
    "margin_percent": Decimal(25),
    "cover_days": Decimal(30),
    "demand_sd_percent": Decimal(40),
    "recovery_days": Decimal(14),
    "penalty_per_day": Decimal(0),
    "penalty_flat": Decimal(0),
    "lost_sale_percent": Decimal(30),
    "expedite_percent": Decimal(20),
    "expedite_cost": Decimal(250),
    "likelihood_percent": Decimal(30),
    "wacc_percent": Decimal(10),
    "hold_days": Decimal(14),
    "discount_percent": Decimal(0),
    "handling_cost": Decimal(25),
    "blinded_cost": Decimal(5),
    "criticality": Decimal(1),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the expected loss: what an administrator set, in which release; else the standard one."""

    value: Decimal
    release: int | None = None
    set_at: datetime | None = None

    @property
    def is_standard(self) -> bool:
        """Whether nobody has set it."""
        return self.release is None


Figures = Mapping[str, Figure]
