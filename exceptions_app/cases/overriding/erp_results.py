"""What became of a command in the ERP, by the word of a person."""

from typing import Any
from uuid import UUID

from django.db import transaction

from erp_connectors import clock
from erp_connectors.exchange import outbox
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.audit.record import Actor
from exceptions_app.cases.change import Step, lock, require
from exceptions_app.cases.models import Case
from exceptions_app.cases.overriding.marked import OVERRIDDEN, Mark, set_by_hand
from exceptions_app.cases.overriding.standing import OPEN
from exceptions_app.overrides.models import OverrideKind
from exceptions_app.proposals import settle

DONE, NOT_DONE = OUTCOMES = ("done", "not_done")
#: A command in one of these states is settled by the word of a person.
UNSETTLED = (CommandState.UNKNOWN, CommandState.DEAD)


@transaction.atomic
def settle_command(
    case: Case,
    *,
    command: UUID | str,
    outcome: str,
    reason: str,
    by: Actor,
    expected_version: int | None = None,
) -> Case:
    """Say what became of a command that is unknown, was refused or given up: done, or not done.

    Nothing is sent: somebody did it in the ERP, or looked there. Only what was authorised can be said to be
    done. What the ERP says next confirms it, or contradicts it and is told.
    """
    result = "done" if outcome == DONE else "not done"
    found: list[Command] = []

    def look(locked: Case) -> Mark:
        row = _command_to_settle(locked, command, outcome)
        found.append(row)
        return Mark(
            kind=OverrideKind.ERP_RESULT,
            words=f"{row.connection.name}: {row.get_state_display().lower()} → {result}",
            before={"command": str(row.pk), "state": row.state, "words": row.answer.get("words", "")},
            after={"command": str(row.pk), "outcome": outcome},
            same=None,
            about={"command": row},
        )

    step = Step(
        kind=OVERRIDDEN,
        summary=f"Result in the ERP set by hand: {result}",
        action="settle_command",
        states=OPEN,
        after={"command": str(command), "outcome": outcome},
    )
    changed = set_by_hand(case, step, look=look, reason=reason, by=by, expected_version=expected_version)
    _settle(found[0], outcome, reason)
    return lock(changed)


def _command_to_settle(case: Case, command: UUID | str, outcome: str) -> Command:
    """Return the command of the case whose result can be said to be `outcome`; refused where it cannot."""
    require(outcome in OUTCOMES, "Say whether it was done or not.")
    row: Command | None = commands_to_settle(case).filter(pk=command).first()
    require(row is not None, f"{case.number} has no command that waits for anybody's word.")
    assert row is not None
    is_news = outcome == DONE or row.state == CommandState.UNKNOWN
    require(is_news, "The ERP has not done it: that is known already.")
    return row


def _settle(row: Command, outcome: str, reason: str) -> None:
    was_dead = row.state == CommandState.DEAD
    wanted = CommandState.DONE if outcome == DONE else CommandState.DEAD
    outbox.settle_by_hand(row, outcome=wanted, note=reason)
    proposal = settle.proposal_of(row)
    if was_dead and proposal is not None:
        settle.carried_out_by_hand(proposal, at=clock.now())


def commands_to_settle(case: Case) -> Any:
    """Return the commands of a case on which a person may have the last word, newest first."""
    rows = Command.objects.filter(case_number=case.number, state__in=UNSETTLED)
    return rows.select_related("connection", "order__document").order_by("-created_at")
