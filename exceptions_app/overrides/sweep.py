"""Looks over what is in force by hand: what has run out ends, and what was contradicted is told.

That a statement no longer counts is known wherever a position is read; here its case is told of it.
"""

from datetime import datetime

from django.db import transaction

from erp_connectors import clock
from erp_connectors.canonical.codec import from_builtins
from erp_connectors.connectors.base import Stream
from erp_connectors.documents.position import LinePosition
from erp_connectors.exchange.models import Command, StreamState
from exceptions_app import sla
from exceptions_app.cases.change import lock
from exceptions_app.cases.models import AgreementRow, ClockKind
from exceptions_app.cases.overriding.erp_results import DONE
from exceptions_app.detection import watch
from exceptions_app.detection.agreement import AgreementState
from exceptions_app.overrides import marks
from exceptions_app.overrides.models import Override, OverrideKind
from exceptions_app.overrides.stated import as_said, said_of, statement_of
from exceptions_app.proposals.planning import is_in_mirror
from exceptions_app.proposals.settle import proposal_of

BATCH = 200
CHANGING = (OverrideKind.POSITION, OverrideKind.ERP_RESULT, OverrideKind.CLOCK)


def sweep(limit: int = BATCH) -> int:
    """Look at what is in force by hand, and return how much of it ended. Safe beside itself."""
    found = Override.objects.filter(ended_at=None, kind__in=CHANGING).order_by("pk")
    return sum(_look_at(key) for key in found.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _look_at(key: int) -> bool:
    """Look at one with its case locked; one that somebody else holds is left for the next time."""
    related = ("case__owner", "made_by", "order_line", "command")
    rows = Override.objects.select_for_update(of=("self",), skip_locked=True).select_related(*related)
    override = rows.filter(pk=key, ended_at=None).first()
    if override is None:
        return False
    now = clock.now()
    if override.kind == OverrideKind.POSITION:
        return _look_at_position(override, now)
    if override.kind == OverrideKind.ERP_RESULT:
        return _look_at_result(override, now)
    return _look_at_clock(override, now)


def _look_at_position(override: Override, now: datetime) -> bool:
    line = override.order_line
    assert line is not None
    statement = statement_of(override)
    said = said_of(from_builtins(line.position, LinePosition), statement.fact)
    stated = as_said(statement.fact, statement.quantity, statement.on)
    if said == stated:
        marks.end(override, why=f"The documents say the same now: {said}", at=now)
    elif said != statement.instead_of:
        why = f"A later document says {said}, stated was {stated}"
        marks.end(override, why=why, at=now, is_contradicted=True)
    elif statement.until is not None and now >= statement.until:
        marks.end(override, why="It has run out", at=now)
    else:
        return False
    watch.mark("order", [line.order_id])
    return True


def _look_at_result(override: Override, now: datetime) -> bool:
    """Compare a result that was set by hand with what the ERP has said since."""
    command = override.command
    assert command is not None
    proposal = proposal_of(command)
    if proposal is None or not _has_been_read_since(command, override.made_at):
        return False
    has_it, is_done = is_in_mirror(proposal), bool(override.after["outcome"] == DONE)
    if has_it == is_done:
        # Not done stays so for good only where the ERP will not do it after all.
        if is_done:
            marks.end(override, why="The ERP says the same now", at=now)
        return is_done
    why = "The ERP has the values all the same" if has_it else "The ERP still has the values before"
    marks.end(override, why=why, at=now, is_contradicted=True)
    if is_done:
        void = {"state": AgreementState.VOID, "void_reason": why}
        AgreementRow.objects.filter(proposal=proposal, state=AgreementState.ACTIVE).update(**void)
    watch.mark("order", [command.order_id])
    return True


def _has_been_read_since(command: Command, moment: datetime) -> bool:
    """Say whether the ERP has told of the order since, or a whole read of its orders began later."""
    if command.order.document.recorded_at > moment:
        return True
    reads = StreamState.objects.filter(connection=command.connection_id, stream=Stream.ORDERS)
    return reads.filter(watermark__gt=moment).exists()


def _look_at_clock(override: Override, now: datetime) -> bool:
    """Let a clock that stood still by hand run on when its time has come."""
    if override.until is None or now < override.until:
        return False
    case = lock(override.case)
    sla.release_by_hand(case, ClockKind(override.after["clock"]), now)
    case.save(update_fields=["due_at"])
    marks.end(override, why="It has run out", at=now)
    return True
