"""How severe a deviation is, by the money at stake. Pure.

Bands of ASSIST, section 4: critical from 5,000, high from 1,000, medium from 200, else low. Until the
expected loss is computed, the money short stands for it.
"""

from decimal import Decimal
from enum import IntEnum


class Severity(IntEnum):
    """How bad; higher is worse. The numbers are those of `cases.models.Severity`."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


BANDS = (
    (Decimal(5000), Severity.CRITICAL),
    (Decimal(1000), Severity.HIGH),
    (Decimal(200), Severity.MEDIUM),
)


def severity_of(amount: Decimal | None, floor: Severity = Severity.LOW) -> Severity:
    """Return the band of `amount` (company currency), at least `floor`; an unknown amount is in no band."""
    if amount is None:
        return floor
    band = next((band for limit, band in BANDS if amount >= limit), Severity.LOW)
    return max(band, floor)
