"""From what is open and what deviates to what has to change. Pure.

Only a difference changes anything: reconciling twice changes nothing the second time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from exceptions_app.detection.detect import Detection
from exceptions_app.detection.healing import Healing
from exceptions_app.deviation import Deviation, OpenLine


@dataclass(frozen=True, slots=True)
class Cleared:
    """An open deviation that is no longer there, and why."""

    line: OpenLine
    reason: Healing


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to do: open these, give these open ones their new values, clear these.

    `to_refresh` are open, with the same values shown by newer evidence: nothing to tell anybody, but to keep.
    """

    to_open: tuple[Deviation, ...] = ()
    to_update: tuple[Deviation, ...] = ()
    to_refresh: tuple[Deviation, ...] = ()
    to_clear: tuple[Cleared, ...] = ()


def reconcile(open_lines: Iterable[OpenLine], detection: Detection) -> Changes:
    """Return what has to change so that the open lines are what `detection` found.

    What a pending decision covers, and what cannot be judged because a stream is blind, stays as it is. Lines
    of types that were not looked for, and those of an order that is not watched, are left alone.
    """
    types = {kind.code: kind for kind in detection.types}
    if detection.view is None or not detection.view.snapshot.watched:
        return Changes()
    by_key = {line.key: line for line in open_lines if line.type_code in types}
    found = {deviation.key for deviation in detection.deviations}
    still_open = [(by_key[d.key], d) for d in detection.deviations if d.key in by_key]
    unjudged = detection.unjudged
    return Changes(
        to_open=tuple(deviation for deviation in detection.deviations if deviation.key not in by_key),
        to_update=tuple(deviation for line, deviation in still_open if _differs(line, deviation)),
        to_refresh=tuple(
            deviation
            for line, deviation in still_open
            if not _differs(line, deviation) and line.evidence != deviation.evidence
        ),
        to_clear=tuple(
            Cleared(line, types[line.type_code].healed_by(line, detection.view))
            for key, line in by_key.items()
            if key not in found and key not in unjudged
        ),
    )


def _differs(line: OpenLine, deviation: Deviation) -> bool:
    return (line.quantity, line.amount, line.expected, line.actual) != (
        deviation.quantity,
        deviation.amount,
        deviation.expected,
        deviation.actual,
    )
