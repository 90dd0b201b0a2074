"""What those above add to the report on a processed interchange, such as the cases it touched.

Each app registers its reporter once, in its `AppConfig.ready`; nothing here knows who they are.
"""

from collections.abc import Callable, Sequence

#: Takes primary keys of orders a transaction named, returns words by their heading: {"cases": ["EX-17"]}.
Reporter = Callable[[Sequence[int]], dict[str, list[str]]]

_reporters: list[Reporter] = []


def add_reporter(reporter: Reporter) -> None:
    """Have `reporter` asked about every processed transaction; the same one twice counts once."""
    if reporter not in _reporters:
        _reporters.append(reporter)


def reported(orders: Sequence[int]) -> dict[str, list[str]]:
    """Return what all reporters say of these orders."""
    said: dict[str, list[str]] = {}
    for reporter in _reporters:
        said |= reporter(orders)
    return said
