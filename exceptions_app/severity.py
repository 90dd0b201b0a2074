"""How severe a case is: the band its expected loss is in. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum


class Severity(IntEnum):
    """How bad; higher is worse. The numbers are those of `cases.models.Severity`."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """From which expected loss on, in the company's currency, a case is in a band (ASSIST, section 4)."""

    medium: Decimal = Decimal(200)
    high: Decimal = Decimal(1000)
    critical: Decimal = Decimal(5000)


def severity_of(loss: Decimal, bands: Bands, floor: Severity = Severity.LOW) -> Severity:
    """Return the band of a loss, at least `floor`."""
    limits = (
        (bands.critical, Severity.CRITICAL),
        (bands.high, Severity.HIGH),
        (bands.medium, Severity.MEDIUM),
    )
    band = next((band for limit, band in limits if loss >= limit), Severity.LOW)
    return max(band, floor)
