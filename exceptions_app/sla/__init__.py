"""The clocks of a case: how much business time we and the supplier have, and what happens when it is used up.

A clock is a sum of running segments. `clocks` holds what happens to them when a case changes, `timers` what
they have to tell and when, `sweep` lets it happen, `notices` says it; `auditor` stands apart and computes all
of it again.
"""

from exceptions_app.sla.clocks import (
    add,
    first_round,
    go_on,
    hold_by_hand,
    look_again,
    move_due_by_hand,
    release_by_hand,
    rescale,
    resume,
    show_next_due,
    start,
    stop,
    wait,
)
from exceptions_app.sla.counting import used_by
from exceptions_app.sla.sweep import is_swept, sweep

__all__ = [
    "add",
    "first_round",
    "go_on",
    "hold_by_hand",
    "is_swept",
    "look_again",
    "move_due_by_hand",
    "release_by_hand",
    "rescale",
    "resume",
    "show_next_due",
    "start",
    "stop",
    "sweep",
    "used_by",
    "wait",
]
