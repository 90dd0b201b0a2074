"""What those above add to the report on a processed interchange, such as the cases it touched.

Each app registers its reporter once, in its `AppConfig.ready`; nothing here knows who they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a transaction was about: orders and documents (`DocumentHead`) by key, and its interchange."""

    orders: Sequence[int]
    heads: Sequence[int]
    interchange: UUID


#: Returns words by their heading: {"cases": ["EX-17"]}.
Reporter = Callable[[Reported], dict[str, list[str]]]

_reporters: list[Reporter] = []


def add_reporter(reporter: Reporter) -> None:
    """Have `reporter` asked about every processed transaction; the same one twice counts once."""
    if reporter not in _reporters:
        _reporters.append(reporter)


def reported(about: Reported) -> dict[str, list[str]]:
    """Return what all reporters say of a processed transaction."""
    said: dict[str, list[str]] = {}
    for reporter in _reporters:
        said |= reporter(about)
    return said
