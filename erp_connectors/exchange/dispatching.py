"""Carries commands to their ERP: one at a time per order, at most one effect.

A worker takes a due command, compares the values the decision was made on with the mirror, marks the command
as being sent, commits, and only then hands it over. From that commit on it may have taken effect: a worker
that dies, or an answer that never comes, leaves it unknown, and nothing sends it again.

Commands of one group are compared, sent and tried again together: the ERP carries out all of them or none.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from erp_connectors import clock
from erp_connectors.canonical.codec import from_builtins, to_builtins
from erp_connectors.canonical.commands import OrderCommand, as_one
from erp_connectors.canonical.documents import PurchaseOrder as MirroredOrder
from erp_connectors.companies import Connection
from erp_connectors.connectors.base import (
    AnswerLost,
    Conflict,
    Connector,
    ContractError,
    EndpointDown,
    Evidence,
    Group,
    Outcome,
    PushReceipt,
    RateLimited,
    Rejected,
    Sending,
    Unsupported,
)
from erp_connectors.connectors.compare import differences_before, holds_after
from erp_connectors.connectors.registry import connector_for
from erp_connectors.documents.models import PurchaseOrder
from erp_connectors.errors import ConfigurationError, PermanentError, TransientError
from erp_connectors.exchange import breaker, lifecycle, moves
from erp_connectors.exchange.models import Command, CommandState, StreamState

LEASE = timedelta(minutes=2)
FIRST_BACK_OFF = timedelta(seconds=30)
LONGEST_BACK_OFF = timedelta(hours=1)
MOST_TRIES = 12
LOOK_AGAIN = timedelta(minutes=1)
#: The breaker of a connection's commands is its `StreamState` of this name.
COMMANDS = "commands"

log = logging.getLogger(__name__)


def dispatch_due(limit: int = 50) -> int:
    """Carry due commands one step on, and return how many were taken. Safe beside itself."""
    taken = 0
    for command_id, order_id in _due(limit):
        try:
            taken += _step(command_id, order_id)
        # One command that breaks must not keep the others from their ERPs.
        except Exception as error:
            log.exception("Command %s cannot be carried on", command_id)
            Command.objects.filter(pk=command_id).update(
                due_at=clock.now() + LOOK_AGAIN, last_error=f"{type(error).__name__}: {error}"
            )
    return taken


# --- one step of one command ----------------------------------------------------------------


def _due(limit: int) -> list[tuple[UUID, int]]:
    """The commands that can move now: a waiting one only when nothing of its order is before it."""
    same_order = Command.objects.filter(order=OuterRef("order"))
    in_flight = Exists(same_order.filter(state__in=lifecycle.IN_FLIGHT))
    earlier = Exists(same_order.filter(state=CommandState.WAITING, pk__lt=OuterRef("pk")))
    return list(
        Command.objects.filter(due_at__lte=clock.now(), connection__is_active=True)
        .exclude(Q(in_flight | earlier) & Q(state=CommandState.WAITING))
        .order_by("due_at")
        .values_list("pk", "order_id")[:limit]
    )


def _step(command_id: UUID, order_id: int) -> bool:
    """Take the command if nobody else has it, and do what its state calls for."""
    with transaction.atomic():
        command = _claim(command_id, order_id)
        if command is None:
            return False
        if command.state == CommandState.UNKNOWN:
            command.due_at = clock.now() + LOOK_AGAIN
            command.save(update_fields=["due_at"])
        elif command.state == CommandState.SENDING:
            moves.apply(command, lifecycle.lose, error="The answer did not come in time.")
            return True
        else:
            together = _together(command)
            if not _begin(together):
                return True
    if command.state == CommandState.UNKNOWN:
        _look_for_effect(command)
    else:
        _deliver(together)
    return True


def _claim(command_id: UUID, order_id: int) -> Command | None:
    """Lock order and command; the order's lock keeps two commands of one order from starting together."""
    order = PurchaseOrder.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=order_id).first()
    if order is None:
        return None
    command = (
        Command.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("connection__company", "order__document")
        .filter(pk=command_id, due_at__lte=clock.now())
        .first()
    )
    if command is None or (command.state == CommandState.WAITING and _must_wait(command)):
        return None
    return command


def _must_wait(command: Command) -> bool:
    before = Q(state__in=lifecycle.IN_FLIGHT) | Q(state=CommandState.WAITING, pk__lt=command.pk)
    return Command.objects.filter(before, order=command.order_id).exists()


def _together(command: Command) -> list[Command]:
    """Return the locked command with those of its group that wait too, in the order of their keys."""
    if command.group is None:
        return [command]
    others = Command.objects.select_for_update(of=("self",)).select_related(
        "connection__company", "order__document"
    )
    waiting = others.filter(group=command.group, state=CommandState.WAITING).exclude(pk=command.pk)
    return [command, *waiting.order_by("pk")]


def _begin(commands: Sequence[Command]) -> bool:
    """Compare with the mirror, ask the breaker, and mark the commands as being sent. False: they do not go.

    They are one change: a value that moved of one of them is a conflict of all.
    """
    contents = [from_builtins(command.content, OrderCommand) for command in commands]
    order = _evidence(commands[0]).order
    whole = as_one(contents)
    if holds_after(whole, order):
        words = "The ERP already has these values."
        answer: dict[str, Any] = {"outcome": Outcome.APPLIED.value, "words": words}
        for command in commands:
            moves.apply(command, lifecycle.finish, answer=answer)
        return False
    moved = differences_before(whole, order)
    if moved:
        answer = {
            "outcome": Outcome.CONFLICT.value,
            "words": "; ".join(str(difference) for difference in moved),
            "differences": [asdict(difference) for difference in moved],
        }
        for command in commands:
            moves.apply(command, lifecycle.find_conflict, answer=answer)
        return False
    if not _may_pass(commands):
        return False
    for command, content in zip(commands, contents, strict=True):
        command.content = to_builtins(replace(content, version_token=order.version_token))
        moves.apply(command, lifecycle.send, lease_until=clock.now() + LEASE)
    return True


def _evidence(command: Command) -> Evidence:
    document = command.order.document
    return Evidence(
        order=from_builtins(document.content, MirroredOrder),
        said_at=document.said_at,
        recorded_at=document.recorded_at,
    )


def _sending(command: Command) -> Sending:
    if command.sent_at is None:
        raise PermanentError(f"Command {command.pk} is in flight but was never sent.")
    return Sending(
        key=str(command.pk),
        command=from_builtins(command.content, OrderCommand),
        sent_at=command.sent_at,
        case_number=command.case_number,
    )


def _deliver(commands: Sequence[Command]) -> None:
    """Hand commands over and record how that went; what cannot be told from success leaves them unknown."""
    first = commands[0]
    try:
        connector = connector_for(first.connection)
        receipt = _push(connector, commands)
    except (Rejected, Unsupported) as refusal:
        answer = {"outcome": Outcome.REFUSED.value, "words": str(refusal)}
        moves.change_all(commands, lifecycle.refuse, answer=answer)
    except Conflict as conflict:
        answer = {"outcome": Outcome.CONFLICT.value, "words": str(conflict)}
        moves.change_all(commands, lifecycle.find_conflict, answer=answer)
    except RateLimited as limit:
        _wait_for(commands, limit, limit.retry_after)
    except (TransientError, ConfigurationError) as error:
        _back_off(commands, error)
    except (AnswerLost, ContractError) as error:
        moves.change_all(commands, lifecycle.lose, error=str(error))
    # It may have broken after the ERP acted, so it counts as a lost answer like any other.
    except Exception as error:
        log.exception("Command %s broke on its way to %s", first.pk, first.connection.code)
        moves.change_all(commands, lifecycle.lose, error=f"{type(error).__name__}: {error}")
    else:
        _closes_breaker(first.connection)
        if receipt.outcome is Outcome.APPLIED:
            answer = {"outcome": receipt.outcome.value, "words": receipt.words}
            moves.change_all(commands, lifecycle.finish, answer=answer)
        else:
            answer_by = _sending(first).sent_at + connector.answer_timeout()
            moves.change_all(commands, lifecycle.await_answer, answer_by=answer_by)


def _push(connector: Connector, commands: Sequence[Command]) -> PushReceipt:
    """Hand one command over, or several as the group they are."""
    sendings = tuple(_sending(command) for command in commands)
    if len(sendings) == 1:
        return connector.push(sendings[0])
    return connector.push_group(Group(key=str(commands[0].group), sendings=sendings))


def _look_for_effect(command: Command) -> None:
    """Finish an unknown command whose effect can be seen; else a late answer or a person decides."""
    try:
        connector, evidence = connector_for(command.connection), _evidence(command)
        found = any(connector.find_effect(trace, evidence) for trace in _traces(command))
    except (TransientError, ConfigurationError) as error:
        Command.objects.filter(pk=command.pk, state=CommandState.UNKNOWN).update(last_error=str(error))
        return
    if found:
        answer = {"outcome": Outcome.APPLIED.value, "words": "The ERP has the values that were asked for."}
        moves.change(command.pk, lifecycle.finish, answer=answer)


def _traces(command: Command) -> list[Sending]:
    """Return by what the effect of a command shows: its own values, or those of all that went with it.

    Of two that change one line after another, the first cannot be seen by itself.
    """
    own = _sending(command)
    if command.group is None:
        return [own]
    sent = Command.objects.filter(group=command.group, sent_at__isnull=False).order_by("pk")
    whole = as_one([from_builtins(each.content, OrderCommand) for each in sent])
    return [own, replace(own, key=str(command.group), command=whole)]


# --- when the ERP cannot be reached ---------------------------------------------------------


def _may_pass(commands: Sequence[Command]) -> bool:
    """Ask the breaker; while it is open commands are parked, but for one probe every half minute."""
    now = clock.now()
    state = _breaker_of(commands[0].connection)
    if not breaker.is_open(state):
        return True
    if state.due_at is not None and state.due_at > now:
        for command in commands:
            command.due_at = state.due_at
            command.last_error = state.last_error
            command.save(update_fields=["due_at", "last_error"])
        return False
    state.due_at = now + breaker.PROBE_EVERY
    state.save(update_fields=["due_at"])
    return True


def _breaker_of(connection: Connection) -> StreamState:
    """The locked row of the connection's breaker for commands."""
    StreamState.objects.get_or_create(connection=connection, stream=COMMANDS, defaults={"is_polled": False})
    return StreamState.objects.select_for_update(of=("self",)).get(connection=connection, stream=COMMANDS)


def _closes_breaker(connection: Connection) -> None:
    with transaction.atomic():
        breaker.record_success(_breaker_of(connection), now=clock.now(), due_at=None)


def _back_off(commands: Sequence[Command], error: Exception) -> None:
    """Try again later: with the breaker's next probe, or after a pause that doubles with every try."""
    now, attempts = clock.now(), commands[0].attempts
    with transaction.atomic():
        state = _breaker_of(commands[0].connection)
        was_open = breaker.is_open(state)
        breaker.record_failure(state, error, now=now)
    if breaker.is_open(state):
        counts = not was_open and not isinstance(error, EndpointDown | ConfigurationError)
        due_at = now + breaker.PROBE_EVERY
        moves.change_all(commands, lifecycle.try_again, due_at=due_at, error=str(error), counts=counts)
    elif attempts >= MOST_TRIES:
        words = f"Given up after {MOST_TRIES} tries: {error}"
        moves.change_all(commands, lifecycle.refuse, answer={"outcome": "unreachable", "words": words})
    else:
        pause = min(FIRST_BACK_OFF * 2 ** (attempts - 1), LONGEST_BACK_OFF)
        moves.change_all(commands, lifecycle.try_again, due_at=now + pause, error=str(error), counts=True)


def _wait_for(commands: Sequence[Command], error: Exception, pause: timedelta) -> None:
    due_at = clock.now() + pause
    moves.change_all(commands, lifecycle.try_again, due_at=due_at, error=str(error), counts=False)
