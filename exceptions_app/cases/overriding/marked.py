"""The one way something is set by hand: a step with a reason, and the mark that stays of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from exceptions_app.audit.record import Actor
from exceptions_app.cases.change import Step, change, require_reason
from exceptions_app.cases.models import Case
from exceptions_app.detection import watch
from exceptions_app.overrides import marks
from exceptions_app.overrides.models import OverrideKind

#: How the history names it.
OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What stays of something that was set by hand, told in `words`, with the values `before` and `after`.

    It takes the place of what is in force of its kind with all of `same`; of nothing where that is None.
    `over`: why it is over at once. `about`: until, order_line, command.
    """

    kind: OverrideKind
    words: str
    before: dict[str, Any]
    after: dict[str, Any]
    same: dict[str, Any] | None = field(default_factory=dict)
    over: str = ""
    about: dict[str, Any] = field(default_factory=dict)


def set_by_hand(
    case: Case,
    step: Step,
    *,
    look: Callable[[Case], Mark],
    reason: str,
    by: Actor,
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Case:
    """Take a step that sets something by hand, for a reason, and keep the mark of it.

    `look` is given the locked case before anything changes: it returns the mark, or raises NotAllowed.
    """
    seen: list[Mark] = []

    def check(locked: Case) -> None:
        require_reason(reason)
        seen.append(look(locked))

    def keep(locked: Case, at: datetime) -> None:
        _keep(locked, seen[0], reason=reason, by=by, at=at)

    marked = replace(step, check=check, reason=reason, effects=(keep, *step.effects))
    return change(case, marked, by=by, expected_version=expected_version, at=at)


def _keep(case: Case, mark: Mark, *, reason: str, by: Actor, at: datetime) -> None:
    if mark.same is not None:
        marks.replace(case, mark.kind, at=at, **mark.same)
    kept = marks.mark(
        case,
        mark.kind,
        words=mark.words,
        reason=reason,
        by=by,
        at=at,
        before=mark.before,
        after=mark.after,
        **mark.about,
    )
    if mark.over:
        marks.close(kept, why=mark.over, at=at)


def look_at_order(case: Case, _at: datetime) -> None:
    """Have the order of a case looked at anew: what was stated of it counts now, or does no more."""
    if case.order_id is not None:
        watch.mark("order", [case.order_id])
