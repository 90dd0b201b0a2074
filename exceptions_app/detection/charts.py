"""A control chart for how far a supplier is off: small differences of one sign that add up. Pure and exact.

A two-sided CUSUM with target 0 on robust units (ASSIST, section 5): each observation counts as at most three
sigma, half a sigma is given away, and eight together are a signal. Sigma is that of the first thirty
observations, at least a floor. After a signal the chart goes on until thirty in a row are in control.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

BASELINE, IN_CONTROL = 30, 30
ALLOWANCE, THRESHOLD, MOST = Decimal("0.5"), Decimal(8), Decimal(3)
#: Median absolute deviation, and width of the middle 80 %, of a normal distribution in sigma.
OF_MAD, OF_MIDDLE = Decimal("1.48"), Decimal("5.1") / 2


@dataclass(frozen=True, slots=True)
class Signal:
    """What the chart says: since which observation it drifts, at which it signalled, and where to."""

    since: int
    signalled: int
    is_up: bool


def signal(values: Sequence[Decimal], floor: Decimal) -> Signal | None:
    """Return the drift that the observations (oldest first) are in at their end; None: they are in control.

    `floor` is the least sigma, in the unit of the values. Fewer than thirty observations say nothing.
    """
    if len(values) <= BASELINE:
        return None
    sigma = sigma_of(values[:BASELINE], floor)
    up, down = _Side(is_up=True), _Side(is_up=False)
    for index, value in enumerate(values):
        units = max(-MOST, min(MOST, value / sigma))
        up.take(index, units)
        down.take(index, -units)
    drifting = [side.signal for side in (up, down) if side.signal is not None]
    return max(drifting, key=lambda each: each.signalled, default=None)


def sigma_of(baseline: Sequence[Decimal], floor: Decimal) -> Decimal:
    """Return the robust spread of a baseline around its target 0, at least `floor`."""
    mad = Decimal(median(abs(value) for value in baseline))
    ordered = sorted(baseline)
    tenth = len(ordered) // 10
    middle = ordered[-1 - tenth] - ordered[tenth]
    return max(OF_MAD * mad, middle / (2 * OF_MIDDLE), floor)


class _Side:
    """One side of the chart."""

    def __init__(self, *, is_up: bool) -> None:
        self.is_up = is_up
        self.sum = Decimal(0)
        self.since = 0
        self.calm = 0
        self.signal: Signal | None = None

    def take(self, index: int, units: Decimal) -> None:
        """Add one observation, in sigmas into the direction of this side."""
        if self.sum == 0:
            self.since = index
        # Capped, so that a long drift does not outlive its end by as much.
        self.sum = min(max(Decimal(0), self.sum + units - ALLOWANCE), THRESHOLD)
        self.calm = self.calm + 1 if self.sum == 0 else 0
        if self.sum >= THRESHOLD and self.signal is None:
            self.signal = Signal(self.since, index, self.is_up)
        elif self.calm >= IN_CONTROL:
            self.signal = None
