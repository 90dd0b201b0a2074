"""How a supplier performs over its orders, as detection sees it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exceptions_app.detection.agreement import Agreement, AgreementState
from exceptions_app.detection.subject import ACTIVE, SubjectSnapshot, SubjectView, counting


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceObservation:
    """What one order's confirmed prices come to beyond its own, in the company's currency.

    `ordered`: the confirmed lines at the order's prices, above zero; `difference`: how much more, or less.
    """

    order: str
    said_at: datetime
    ordered: Decimal
    difference: Decimal

    @property
    def percent(self) -> Decimal:
        """The difference in percent of what was ordered."""
        return self.difference * 100 / self.ordered


@dataclass(frozen=True, kw_only=True)
class SupplierSnapshot(SubjectSnapshot):
    """One supplier with what was observed of it, oldest first. `yearly`: what was ordered in a year."""

    number: str
    currency: str
    prices: tuple[PriceObservation, ...] = ()
    yearly: Decimal = Decimal(0)

    def look(
        self, agreements: Iterable[Agreement], as_of: datetime, states: frozenset[AgreementState] = ACTIVE
    ) -> "SupplierView":
        """Return the supplier as it is at `as_of`."""
        return SupplierView(self, as_of, counting(self.calendar, agreements, as_of, states))


@dataclass(frozen=True)
class SupplierView(SubjectView):
    """One supplier at one moment."""
