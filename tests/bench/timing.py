"""Wall time and percentiles, without Django."""

import math
import time
from collections.abc import Callable, Sequence


def wall_of(block: Callable[[], object]) -> float:
    """Run the block and return the seconds that passed."""
    began = time.perf_counter()
    block()
    return time.perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(round(len(ordered) * share, 6)) - 1)]
