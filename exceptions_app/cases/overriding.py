"""What people set by hand on a case: each with its permission, a reason, an event, and a mark that stays."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from erp_connectors import clock
from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import InvoiceKind
from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.models import OrderLine
from erp_connectors.documents.position import LinePosition
from erp_connectors.exchange import outbox
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app import sla
from exceptions_app.audit.record import Actor
from exceptions_app.cases import lifecycle
from exceptions_app.cases.change import Step, change, lock
from exceptions_app.cases.models import Case, CaseState, ClockKind
from exceptions_app.detection import watch
from exceptions_app.overrides import marks
from exceptions_app.overrides.models import Override, OverrideKind
from exceptions_app.overrides.stated import StatedFact, as_said, said_of
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, works_in
from exceptions_app.proposals import settle

OPEN = frozenset(map(str, lifecycle.OPEN))
#: In these a case has clocks that go.
CLOCKED = OPEN - {str(CaseState.RESOLVED)}
KIND = "overridden"
#: What a person may do with a clock.
MOVE, HOLD, RELEASE, END = CLOCK_DEEDS = ("move", "hold", "release", "end")
DONE, NOT_DONE = OUTCOMES = ("done", "not_done")
#: A command in one of these states is settled by the word of a person.
UNSETTLED = (CommandState.UNKNOWN, CommandState.DEAD)


def require(holds: bool, otherwise: str) -> None:
    """Raise NotAllowed with a sentence unless something holds."""
    if not holds:
        raise NotAllowed(otherwise)


def require_reason(reason: str) -> None:
    """Raise NotAllowed without a reason."""
    require(bool(reason.strip()), "Give a reason: it stays in the history.")


def override_state(
    case: Case, *, state: CaseState | str, reason: str, by: Actor, expected_version: int | None = None
) -> Case:
    """Say how the case stands. What is proposed or being written to the ERP goes on as it is."""
    wanted, at, was = CaseState(state), clock.now(), CaseState(case.state)

    def check(locked: Case) -> None:
        nonlocal was
        was = CaseState(locked.state)
        require_reason(reason)
        require(wanted in lifecycle.BY_HAND, f"A case is not made {wanted.label.lower()} by hand.")
        require(wanted != was, f"{locked.number} is {wanted.label.lower()} already.")

    def keep(locked: Case, at: datetime) -> None:
        marks.replace(locked, OverrideKind.STATE, at=at)
        marks.mark(
            locked,
            OverrideKind.STATE,
            words=f"Status: {was.label} → {wanted.label}",
            reason=reason,
            by=by,
            at=at,
            before={"state": str(was)},
            after={"state": str(wanted)},
        )

    step = Step(
        kind=KIND,
        summary=f"Status set by hand to {wanted.label.lower()}",
        transition=lifecycle.set_by_hand,
        arguments={"state": wanted},
        check=check,
        reason=reason,
        effects=(keep,),
    )
    return change(case, step, by=by, expected_version=expected_version, at=at)


def override_owner(
    case: Case, *, to: User, reason: str, by: Actor, expected_version: int | None = None
) -> Case:
    """Say whose the case is, whoever has it: somebody who works in its team."""
    was: User | None = None

    def check(locked: Case) -> None:
        nonlocal was
        was = locked.owner
        require_reason(reason)
        require(works_in(to, locked.team), f"{to} does not work in {locked.team}.")
        require(to != was, f"{locked.number} is with {to} already.")

    def keep(locked: Case, at: datetime) -> None:
        marks.replace(locked, OverrideKind.OWNER, at=at)
        marks.mark(
            locked,
            OverrideKind.OWNER,
            words=f"Owner: {was or 'nobody'} → {to}",
            reason=reason,
            by=by,
            at=at,
            before={"owner": was.username if was else None},
            after={"owner": to.username},
        )
        for person in {to, was} - {None, by.person}:
            marks.tell(locked, person, f"{by.name} gave {locked} to {to}", body=reason, at=at)

    step = Step(
        kind=KIND,
        summary=f"Owner set by hand: {to}",
        transition=lifecycle.give_by_hand,
        arguments={"person": to},
        check=check,
        reason=reason,
        effects=(keep,),
    )
    return change(case, step, by=by, expected_version=expected_version)


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
    words = _words_of_clock(kind, deed, due)
    before: dict[str, Any] = {}
    step = Step(
        kind=KIND,
        summary=words,
        action="override_clock",
        states=CLOCKED,
        check=lambda _: _check_clock(deed, due, reason, at),
        set_fields=lambda locked: before.update(_set_clock(locked, kind, deed, due, at)),
        reason=reason,
        after={"clock": str(kind), "do": deed, "due": due.isoformat() if due else None},
        effects=(
            lambda locked, at: _mark_clock(
                locked, kind, deed, due, words=words, reason=reason, before=before, by=by, at=at
            ),
        ),
    )
    return change(case, step, by=by, expected_version=expected_version, at=at)


def _words_of_clock(kind: ClockKind, deed: str, due: datetime | None) -> str:
    to = f"{due:%Y-%m-%d %H:%M} UTC" if due else ""
    told = {
        MOVE: f"due {to}",
        HOLD: f"stands still until {to}" if due else "stands still",
        RELEASE: "goes on",
        END: "ended",
    }
    return f"{kind.label}: {told.get(deed, deed)}, by hand"


def _check_clock(deed: str, due: datetime | None, reason: str, at: datetime) -> None:
    require_reason(reason)
    require(deed in CLOCK_DEEDS, f"Say what to do with the clock: {', '.join(CLOCK_DEEDS)}.")
    require(deed != MOVE or due is not None, "Say when it is to be due.")
    require(due is None or due > at, "The time lies in the past.")


def _set_clock(case: Case, kind: ClockKind, deed: str, due: datetime | None, at: datetime) -> dict[str, Any]:
    """Do it, and return how the clock stood before."""
    found = case.clocks.filter(kind=kind, stopped_at=None).first()
    require(found is not None, f"{case.number} has no clock “{kind.label}” that goes.")
    assert found is not None
    require(deed != RELEASE or found.is_held, "Nobody holds this clock.")
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
    return {
        "clock": str(kind),
        "due": found.due_at.isoformat() if found.due_at else None,
        "runs": found.running_since is not None,
    }


def _mark_clock(
    case: Case,
    kind: ClockKind,
    deed: str,
    due: datetime | None,
    *,
    words: str,
    reason: str,
    before: dict[str, Any],
    by: Actor,
    at: datetime,
) -> None:
    marks.replace(case, OverrideKind.CLOCK, at=at, after__clock=str(kind))
    kept = marks.mark(
        case,
        OverrideKind.CLOCK,
        words=words,
        reason=reason,
        by=by,
        at=at,
        before=before,
        after={"clock": str(kind), "do": deed, "due": due.isoformat() if due else None},
        until=due if deed == HOLD else None,
    )
    if deed == RELEASE:
        marks.close(kept, why="It goes as the rules say again", at=at)


def override_position(
    case: Case,
    *,
    line: str,
    fact: StatedFact | str,
    quantity: Decimal,
    reason: str,
    by: Actor,
    on: date | None = None,
    until: datetime | None = None,
    expected_version: int | None = None,
) -> Case:
    """State what of a line was confirmed, shipped, received or invoiced, in the unit of its order.

    `on` is the day of it (else today), of what was confirmed the day it is promised for (else as requested).
    It counts, whatever the documents say, until `until`, or until a document says anything else of it. The
    mirror stays as it is.
    """
    stated, at, quantity = StatedFact(fact), clock.now(), Decimal(quantity)
    said: dict[str, Any] = {}
    found: list[OrderLine] = []

    def check(locked: Case) -> None:
        require_reason(reason)
        require(quantity >= 0, "A quantity is not below zero.")
        require(until is None or until > at, "The time lies in the past.")
        order_line, position = _line_to_state(locked, line, stated)
        found.append(order_line)
        said.update(fact=str(stated), line=line, said=said_of(position, stated))

    def keep(locked: Case, at: datetime) -> None:
        (order_line,) = found
        marks.replace(locked, OverrideKind.POSITION, at=at, order_line=order_line, after__fact=str(stated))
        words = as_said(stated, Quantity(quantity, order_line.unit), on)
        marks.mark(
            locked,
            OverrideKind.POSITION,
            words=f"Line {line}: {words} {stated}, not {said['said']}",
            reason=reason,
            by=by,
            at=at,
            before=said,
            after=_stated(stated, line, quantity, order_line.unit, _day_of(stated, on, at)),
            until=until,
            order_line=order_line,
        )
        watch.mark("order", [order_line.order_id])

    step = Step(
        kind=KIND,
        summary=f"Stated of line {line}: {quantity.normalize():f} {stated}",
        action="override_position",
        states=OPEN,
        check=check,
        reason=reason,
        effects=(keep,),
        after={"line": line, "fact": str(stated), "quantity": f"{quantity:f}"},
    )
    return change(case, step, by=by, expected_version=expected_version, at=at)


def _line_to_state(case: Case, number: str, fact: StatedFact) -> tuple[OrderLine, LinePosition]:
    """Return the line of the case's order that a fact is stated of, as the documents have it.

    Refused for a line the case is not about, and where a bare quantity would hide what the documents know:
    goods that came damaged or went back, a credit note.
    """
    of_order = OrderLine.objects.filter(order=case.order_id, number=number)
    line = of_order.first() if case.order_id else None
    require(line is not None, f"{case.number} is about no order line {number}.")
    assert line is not None
    position = from_builtins(line.position, LinePosition)
    unfit = any(each.damaged or each.rejected or each.returned for each in position.receipts)
    require(
        fact is not StatedFact.RECEIVED or not unfit,
        "Some of the line came damaged or went back: put the receipt right in the ERP.",
    )
    has_credit = any(each.kind is InvoiceKind.CREDIT for each in position.invoices)
    require(
        fact is not StatedFact.INVOICED or not has_credit,
        "A part of the line was credited: put the invoice right in the ERP.",
    )
    return line, position


def _day_of(fact: StatedFact, on: date | None, at: datetime) -> date | None:
    return on if on or fact is StatedFact.CONFIRMED else at.date()


def _stated(fact: StatedFact, line: str, quantity: Decimal, unit: str, on: date | None) -> dict[str, str]:
    return {
        "fact": str(fact),
        "line": line,
        "quantity": f"{quantity.normalize():f}",
        "unit": unit,
        "on": on.isoformat() if on else "",
    }


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
    kept: list[Command] = []

    def check(locked: Case) -> None:
        require_reason(reason)
        kept.append(_command_to_settle(locked, command, outcome))

    def keep(locked: Case, at: datetime) -> None:
        (row,) = kept
        result = "done" if outcome == DONE else "not done"
        marks.mark(
            locked,
            OverrideKind.ERP_RESULT,
            words=f"{row.connection.name}: {row.get_state_display().lower()} → {result}",
            reason=reason,
            by=by,
            at=at,
            before={"command": str(row.pk), "state": row.state, "words": row.answer.get("words", "")},
            after={"command": str(row.pk), "outcome": outcome},
            command=row,
        )

    step = Step(
        kind=KIND,
        summary=f"Result in the ERP set by hand: {'done' if outcome == DONE else 'not done'}",
        action="settle_command",
        states=OPEN,
        check=check,
        reason=reason,
        effects=(keep,),
        after={"command": str(command), "outcome": outcome},
    )
    changed = change(case, step, by=by, expected_version=expected_version)
    _settle(kept[0], outcome, reason)
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


def end_override(
    case: Case, *, override: int | str, reason: str, by: Actor, expected_version: int | None = None
) -> Case:
    """Take back what was set by hand: a clock goes by the rules again, a line by its documents."""
    kept: list[Override] = []

    def check(locked: Case) -> None:
        require_reason(reason)
        rows = Override.objects.select_related("case__owner", "made_by", "order_line")
        found = rows.filter(case=locked, pk=override, ended_at=None, kind__in=ENDING).first()
        require(found is not None, "There is nothing in force that could be taken back.")
        assert found is not None
        kept.append(found)

    def undo(locked: Case) -> None:
        if kept[0].kind == OverrideKind.CLOCK:
            sla.release_by_hand(locked, ClockKind(kept[0].after["clock"]), clock.now())
        elif kept[0].kind == OverrideKind.SEVERITY:
            locked.severity_override_reason = ""

    def keep(locked: Case, at: datetime) -> None:
        marks.close(kept[0], why=f"Taken back by {by.name}", at=at)
        if locked.order_id is not None:
            watch.mark("order", [locked.order_id])

    step = Step(
        kind="override_taken_back",
        summary=f"{by.name} took back what was set by hand",
        action="end_override",
        states=OPEN,
        check=check,
        set_fields=undo,
        reason=reason,
        effects=(keep,),
    )
    return change(case, step, by=by, expected_version=expected_version)


#: What can be taken back; of anything else, something else is set by hand.
ENDING = (OverrideKind.POSITION, OverrideKind.CLOCK, OverrideKind.SEVERITY)
