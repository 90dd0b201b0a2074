"""A deviation: one thing that is not as ordered, on one line, as found by one exception type."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """What deviates, by how much, and what shows it.

    `key` identifies it without values (type and line), so that it can be updated, healed and reopened.
    `group` names the case it belongs to within its type (the order, the invoice ...).
    `quantity` is in `unit`, the order line's unit; `amount` is the money short in the order's `currency`
    (None where the price is unknown). `expected` and `actual` are plain JSON for people and the API:
    decimals as strings, dates in ISO form. `evidence` names documents and figures that decided.
    `tolerance_id` is the policy row that was applied, None for a type's own default.
    """

    type_code: str
    key: str
    group: str
    line_number: str | None
    quantity: Decimal | None = None
    unit: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    since: datetime | None = None
    expected: dict[str, Any] = field(default_factory=dict)
    actual: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    tolerance_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """A deviation that is open in a case, with the values it was last updated with."""

    key: str
    type_code: str
    line_number: str | None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    expected: dict[str, Any] = field(default_factory=dict)
    actual: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
