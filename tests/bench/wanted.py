"""What the caller of a benchmark wants."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How large (`n`, see the area), how many pairs of floor and candidate, and the seed of all chance."""

    n: int
    reps: int
    seed: int
