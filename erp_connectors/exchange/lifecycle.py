"""The machine of a command: what may happen to one write to an ERP.

Every move is a plain function that only sets fields of the command; `moves` locks, calls it, saves and
tells, in one transaction. Nothing leads back from unknown to waiting: a command that may have taken effect is
never sent again.
"""

from datetime import datetime
from typing import Any

from django_fsm import transition

from erp_connectors.exchange.models import Command, CommandState

STATE = Command._meta.get_field("state")

IN_FLIGHT = [CommandState.SENDING, CommandState.UNKNOWN]
OPEN = [CommandState.WAITING, *IN_FLIGHT]
SETTLED = [CommandState.DONE, CommandState.CONFLICT, CommandState.DEAD, CommandState.WITHDRAWN]


@transition(STATE, source=CommandState.WAITING, target=CommandState.SENDING)
def send(command: Command, *, at: datetime, lease_until: datetime) -> None:
    """A worker takes it to the ERP; if the worker dies on the way, nobody knows whether it arrived."""
    command.attempts += 1
    command.sent_at = at
    command.lease_until = command.due_at = lease_until


@transition(STATE, source=CommandState.SENDING, target=CommandState.SENDING)
def await_answer(command: Command, *, at: datetime, answer_by: datetime) -> None:
    """It has been handed over; the answer comes by itself."""
    command.lease_until = None
    command.due_at = answer_by
    command.last_error = ""


@transition(STATE, source=CommandState.SENDING, target=CommandState.WAITING)
def try_again(command: Command, *, at: datetime, due_at: datetime, error: str, counts: bool) -> None:
    """It certainly did not reach the ERP: it is tried again; a try the ERP's absence cost does not count."""
    command.attempts -= 0 if counts else 1
    command.sent_at = None
    command.lease_until = None
    command.due_at = due_at
    command.last_error = error


@transition(STATE, source=CommandState.SENDING, target=CommandState.UNKNOWN)
def lose(command: Command, *, at: datetime, error: str) -> None:
    """No answer came, and it may have taken effect: only evidence, a late answer or a person settles it."""
    command.lease_until = None
    command.due_at = at
    command.last_error = error


@transition(STATE, source=OPEN, target=CommandState.DONE)
def finish(command: Command, *, at: datetime, answer: dict[str, Any]) -> None:
    """The ERP has the values that were decided."""
    _settle(command, at, answer)
    command.last_error = ""


@transition(STATE, source=CommandState.DEAD, target=CommandState.DONE)
def finish_by_hand(command: Command, *, at: datetime, answer: dict[str, Any]) -> None:
    """It was refused or given up, and a person has done in the ERP what it asked for."""
    _settle(command, at, answer)
    command.last_error = ""


@transition(STATE, source=OPEN, target=CommandState.CONFLICT)
def find_conflict(command: Command, *, at: datetime, answer: dict[str, Any]) -> None:
    """The ERP has other values than the decision was made on: it is decided anew."""
    _settle(command, at, answer)


@transition(STATE, source=OPEN, target=CommandState.DEAD)
def refuse(command: Command, *, at: datetime, answer: dict[str, Any]) -> None:
    """The ERP said no, or could not be reached in all the tries there are."""
    _settle(command, at, answer)


@transition(STATE, source=CommandState.WAITING, target=CommandState.WITHDRAWN)
def withdraw(command: Command, *, at: datetime, answer: dict[str, Any]) -> None:
    """It is no longer wanted, and nothing of it has been sent."""
    _settle(command, at, answer)


def _settle(command: Command, at: datetime, answer: dict[str, Any]) -> None:
    command.settled_at = at
    command.due_at = command.lease_until = None
    command.answer = answer
