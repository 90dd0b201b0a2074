"""The clocks of a case, set by hand: moved, held, released, ended."""

from datetime import datetime

from erp_connectors import clock
from exceptions_app import sla
from exceptions_app.audit.record import Actor
from exceptions_app.cases.change import Step, require
from exceptions_app.cases.models import Case, CaseState, Clock, ClockKind
from exceptions_app.cases.overriding.marked import OVERRIDDEN, Mark, set_by_hand
from exceptions_app.cases.overriding.standing import OPEN
from exceptions_app.overrides.models import OverrideKind

#: In these a case has clocks that go.
CLOCKED = OPEN - {str(CaseState.RESOLVED)}
#: What a person may do with a clock.
MOVE, HOLD, RELEASE, END = CLOCK_DEEDS = ("move", "hold", "release", "end")


def override_clock(
    case: Case,
    *,
    clock_kind: ClockKind | str,
    deed: str,
    reason: str,
    by: Actor,
    due: datetime | None = None,
    expected_version: int | None = None,
) -> Case:
    """Move the due time of a clock to `due`, hold it (until `due`, if given), release it, or end it.

    Neither severity nor calendar moves a due time that was set by hand, for the rest of the clock's round.
    """
    kind, at = ClockKind(clock_kind), clock.now()
    words = _in_words(kind, deed, due)
    done = {"clock": str(kind), "do": deed, "due": due.isoformat() if due else None}

    def look(locked: Case) -> Mark:
        require(deed in CLOCK_DEEDS, f"Say what to do with the clock: {', '.join(CLOCK_DEEDS)}.")
        require(deed != MOVE or due is not None, "Say when it is to be due.")
        require(due is None or due > at, "The time lies in the past.")
        return Mark(
            kind=OverrideKind.CLOCK,
            words=words,
            before=_stands(_clock_to_set(locked, kind, deed)),
            after=done,
            same={"after__clock": str(kind)},
            over="It goes as the rules say again" if deed == RELEASE else "",
            about={"until": due if deed == HOLD else None},
        )

    step = Step(
        kind=OVERRIDDEN,
        summary=words,
        action="override_clock",
        states=CLOCKED,
        set_fields=lambda locked: _set(locked, kind, deed, due, at),
        after=done,
    )
    return set_by_hand(case, step, look=look, reason=reason, by=by, expected_version=expected_version, at=at)


def _in_words(kind: ClockKind, deed: str, due: datetime | None) -> str:
    to = f"{due:%Y-%m-%d %H:%M} UTC" if due else ""
    told = {
        MOVE: f"due {to}",
        HOLD: f"stands still until {to}" if due else "stands still",
        RELEASE: "goes on",
        END: "ended",
    }
    return f"{kind.label}: {told.get(deed, deed)}, by hand"


def _clock_to_set(case: Case, kind: ClockKind, deed: str) -> Clock:
    found: Clock | None = case.clocks.filter(kind=kind, stopped_at=None).first()
    require(found is not None, f"{case.number} has no clock “{kind.label}” that goes.")
    assert found is not None
    require(deed != RELEASE or found.is_held, "Nobody holds this clock.")
    return found


def _stands(found: Clock) -> dict[str, str | bool | None]:
    """Return how a clock stands, as a mark keeps it."""
    return {
        "clock": str(found.kind),
        "due": found.due_at.isoformat() if found.due_at else None,
        "runs": found.running_since is not None,
    }


def _set(case: Case, kind: ClockKind, deed: str, due: datetime | None, at: datetime) -> None:
    if deed == MOVE:
        assert due is not None
        sla.move_due_by_hand(case, kind, due, at)
    elif deed == HOLD:
        sla.hold_by_hand(case, kind, at)
    elif deed == RELEASE:
        sla.release_by_hand(case, kind, at)
    else:
        sla.stop(case, at, kind)
        sla.show_next_due(case)
