"""The one way the state of a command changes: locked, moved, saved, and those above told."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django_fsm import TransitionNotAllowed

from erp_connectors import clock
from erp_connectors.exchange import lifecycle
from erp_connectors.exchange.models import Command, CommandState
from erp_connectors.signals import command_settled

Move = Callable[..., None]


def change(command_id: UUID, move: Move, **fields: Any) -> Command:
    """Lock the command and apply the move; where its state does not allow that any more, leave it."""
    with transaction.atomic():
        command = locked(command_id)
        try:
            return apply(command, move, **fields)
        except TransitionNotAllowed:
            return command


@transaction.atomic
def change_all(commands: Sequence[Command], move: Move, **fields: Any) -> None:
    """Apply the move to each command, as `change` does."""
    for command in commands:
        change(command.pk, move, **fields)


def locked(command_id: UUID) -> Command:
    """Lock a command, and its group: those settle one by one, so that the last knows how all went."""
    group = Command.objects.values_list("group", flat=True).get(pk=command_id)
    if group is not None:
        list(Command.objects.select_for_update().filter(group=group).order_by("pk").values_list("pk"))
    return Command.objects.select_for_update(of=("self",)).select_related("order").get(pk=command_id)


def apply(command: Command, move: Move, **fields: Any) -> Command:
    """Change the state of the locked command, save, and tell those above when it settled or is unclear."""
    move(command, at=clock.now(), **fields)
    command.save()
    if command.state in (*lifecycle.SETTLED, CommandState.UNKNOWN):
        command_settled.send(sender=Command, command=command)
    return command
