"""Writes to an ERP, each under an authorisation: queued, withdrawn, or settled by a person's word."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from erp_connectors import clock
from erp_connectors.canonical.codec import to_builtins
from erp_connectors.canonical.commands import OrderCommand
from erp_connectors.connectors.base import Unsupported
from erp_connectors.connectors.registry import connector_for
from erp_connectors.documents.models import PurchaseOrder
from erp_connectors.errors import ConflictError, PermanentError
from erp_connectors.exchange import lifecycle, moves
from erp_connectors.exchange.models import Command, CommandState
from erp_connectors.exchange.moves import Move
from erp_connectors.exchange.waking import wake

WAKE = "erp_connectors.tasks.dispatch_commands"

#: What each kind of authorisation must say.
AUTHORISATIONS = {
    "within_limit": ("person", "limit", "currency", "release"),
    "approved": ("approvals",),
}

#: What a person may say became of a command, by its state.
BY_HAND: dict[tuple[CommandState, CommandState], Move] = {
    (CommandState.UNKNOWN, CommandState.DONE): lifecycle.finish,
    (CommandState.UNKNOWN, CommandState.DEAD): lifecycle.refuse,
    (CommandState.DEAD, CommandState.DONE): lifecycle.finish_by_hand,
}


class NotAuthorised(PermanentError):
    """A command names no valid authorisation: nothing may be written to an ERP without one."""


def enqueue(
    command: OrderCommand,
    *,
    order: PurchaseOrder,
    authorisation: Mapping[str, Any],
    case_number: str,
    proposal_id: UUID | None,
    group: UUID | None = None,
) -> Command:
    """Queue one write to the ERP of `order`, in the transaction of the decision, and return its row.

    `group`: it is carried out together with others of this order that name it too, where the ERP can do that.
    Raises NotAuthorised without a valid authorisation, Unsupported where the ERP cannot do it, and
    PermanentError for a command that changes nothing or another order.
    """
    _check_authorisation(authorisation)
    if command.order_number != order.number or not (command.changes or command.additions):
        raise PermanentError(f"The command must change lines of order {order.number}.")
    connector = connector_for(order.connection)
    if command.kind not in connector.commands():
        raise Unsupported(f"{order.connection.name} cannot carry out {command.kind}.")
    now = clock.now()
    wake(WAKE)
    return Command.objects.create(
        connection=order.connection,
        order=order,
        kind=command.kind,
        content=to_builtins(command),
        authorisation=dict(authorisation),
        case_number=case_number,
        proposal_id=proposal_id,
        group=group if connector.takes_groups() else None,
        created_at=now,
        due_at=now,
    )


def withdraw(command: Command, *, reason: str) -> Command:
    """Withdraw a command that is still waiting; one that is being sent is awaited and returned as it is."""
    return moves.change(command.pk, lifecycle.withdraw, answer={"outcome": "withdrawn", "words": reason})


def settle_by_hand(command: Command, *, outcome: CommandState, note: str) -> Command:
    """Settle a command by the word of a person who has looked into the ERP: done, or dead.

    One whose answer is lost is settled either way; one that was refused or given up may be said to be done,
    since somebody did it there. Nothing is sent. Raises ConflictError when it is neither by now,
    PermanentError without a note.
    """
    if outcome not in (CommandState.DONE, CommandState.DEAD) or not note.strip():
        raise PermanentError("Say whether the command was done or is dead, and how you know.")
    with transaction.atomic():
        current = Command.objects.select_for_update().get(pk=command.pk)
        move = BY_HAND.get((CommandState(current.state), outcome))
        if move is None:
            raise ConflictError(f"The command is {current.get_state_display().lower()} by now.")
        said = current.answer.get("words") or current.last_error
        return moves.change(
            command.pk, move, answer={"outcome": "by_hand", "words": note, "instead_of": said}
        )


def _check_authorisation(authorisation: Mapping[str, Any]) -> None:
    needed = AUTHORISATIONS.get(authorisation.get("kind", ""))
    missing = [name for name in needed or () if authorisation.get(name) in (None, "", [])]
    if needed is None or missing:
        raise NotAuthorised(
            f"The authorisation is not complete: {', '.join(missing) or 'its kind is unknown'}."
        )
