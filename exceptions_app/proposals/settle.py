"""What becomes of a proposal once its command has an answer, or once what it was to put right is gone."""

from collections.abc import Collection, Iterable
from datetime import datetime

import structlog
from django.db import OperationalError, transaction

from erp_connectors import clock
from erp_connectors.errors import ConfigurationError, TransientError
from erp_connectors.exchange import outbox
from erp_connectors.exchange.answers import PARTLY
from erp_connectors.exchange.lifecycle import SETTLED
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.audit.record import record
from exceptions_app.cases import upkeep
from exceptions_app.cases.models import AgreementRow, Case, CaseLine
from exceptions_app.detection import watch
from exceptions_app.detection.agreement import AgreementState
from exceptions_app.notifications import alerts
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.proposals import lifecycle
from exceptions_app.proposals.change import Step, change, concerned, lock, note, tell
from exceptions_app.proposals.ending import back_to_work, void, void_agreements
from exceptions_app.proposals.models import Proposal, ProposalState
from exceptions_app.proposals.planning import is_in_mirror
from exceptions_app.proposals.renewal import ask_again, has_moved, look_again, reconsider

log = structlog.get_logger(__name__)

#: Why a decision that the ERP said it had carried out has to be made anew.
CAME_OUT_OTHERWISE = "The ERP said it was done, and does not show it"
INTEGRATION = "EDI"
IN_FLIGHT = (CommandState.SENDING, CommandState.UNKNOWN)


# --- the ERP has answered -----------------------------------------------------------------------------------


@transaction.atomic
def command_settled(command: Command) -> None:
    """Let the proposal of a command follow it: done, refused, in conflict, withdrawn; unknown is only shown.

    The same news again changes nothing.
    """
    proposal = proposal_of(command)
    if proposal is None:
        return
    proposal = lock(proposal)
    if proposal.state != ProposalState.EXECUTING or command != _newest_command(proposal):
        return
    at = clock.now()
    words = str(command.answer.get("words") or command.last_error or "no reason was given")
    _note(proposal, command, words, at)
    if command.state == CommandState.DONE:
        carried_out(proposal, at=at)
    elif command.state == CommandState.DEAD:
        _refused(proposal, command, words, at)
    elif command.state == CommandState.CONFLICT:
        _in_conflict(proposal, command, words, at)
    elif command.state == CommandState.WITHDRAWN:
        void(proposal, words, at=at)
        back_to_work(proposal.case, "What was decided was withdrawn", at=at)
    elif command.state == CommandState.UNKNOWN:
        _unclear(proposal, at)
    if command.group is not None:
        _tell_if_partly_done(command, at)


def proposal_of(command: Command) -> Proposal | None:
    """Return the proposal a command carries out, with its case; None for one that was decided elsewhere."""
    if command.proposal_id is None:
        return None
    return Proposal.objects.select_related("case").filter(pk=command.proposal_id).first()


def carried_out(proposal: Proposal, *, at: datetime) -> Proposal:
    """Settle a proposal all of whose effects are there: its agreements hold, and its lines are decided.

    Other teams are given what is left for them to do.
    """
    step = Step(kind="settled", summary=f"Carried out: {proposal}", transition=lifecycle.settle)
    return _carried_out(proposal, step, AgreementState.PENDING, at)


def carried_out_by_hand(proposal: Proposal, *, at: datetime) -> Proposal:
    """Settle a proposal that the ERP had refused, since a person did it there: its agreements hold after all.

    Raises NotAllowed where it was not refused, or something else was decided since.
    """
    proposal = lock(proposal)
    lines = CaseLine.objects.filter(proposal_lines__proposal=proposal)
    if Proposal.objects.filter(state__in=lifecycle.OPEN, lines__case_line__in=lines).exists():
        raise NotAllowed("Something else is proposed for these lines by now: withdraw that first.")
    step = Step(
        kind="settled", summary=f"Carried out by hand: {proposal}", transition=lifecycle.settle_by_hand
    )
    return _carried_out(proposal, step, AgreementState.VOID, at)


def _carried_out(proposal: Proposal, step: Step, were: AgreementState, at: datetime) -> Proposal:
    AgreementRow.objects.filter(proposal=proposal, state=were).update(
        state=AgreementState.ACTIVE, void_reason=""
    )
    CaseLine.objects.filter(proposal_lines__proposal=proposal, cleared_at=None).update(settled_at=at)
    if proposal.case.subject_id is not None:
        watch.mark(proposal.case.subject_kind, [proposal.case.subject_id])
    proposal = change(proposal, step, at=at)
    for task in proposal.tasks:
        alerts.give_task(
            proposal.case,
            task["team"],
            title=task["title"],
            body=task["body"],
            at=at,
            pair=task.get("pair", ""),
        )
    upkeep.resolve_if_decided(proposal.case, at=at)
    return proposal


def _refused(proposal: Proposal, command: Command, words: str, at: datetime) -> None:
    """The ERP said no, if only to some of the lines: work goes on with the ERP's words.

    What it did all the same is seen when it says the order next.
    """
    is_partly = command.answer.get("outcome") == PARTLY
    verdict = "The ERP did only a part" if is_partly else "The ERP refused"
    void_agreements(proposal, f"{verdict}: {words}")
    step = Step(
        kind="refused",
        summary=f"{verdict}: {words}"[:500],
        transition=lifecycle.refuse,
        arguments={"reason": words[:500]},
        reason=words,
    )
    proposal = change(proposal, step, at=at)
    back_to_work(proposal.case, "The ERP refused what was decided", at=at)
    tell(proposal, concerned(proposal), f"{verdict}: {proposal.case}", at=at, body=words)


def _in_conflict(proposal: Proposal, command: Command, words: str, at: datetime) -> None:
    """The ERP has other values: whoever agreed did so to something else, and is asked again."""
    void_agreements(proposal, f"The ERP has other values: {words}")
    step = Step(
        kind="in_conflict",
        summary=f"The ERP has other values: {words}",
        transition=lifecycle.reconsider,
        after={"differences": command.answer.get("differences", []), "words": words},
        reason=words,
    )
    proposal = change(proposal, step, at=at)
    back_to_work(proposal.case, "The ERP has other values than were agreed on", at=at)
    proposal = ask_again(proposal, at=at)
    if proposal.state == ProposalState.PENDING:
        tell(proposal, concerned(proposal), f"To be decided again: {proposal.case}", at=at, body=words)


def _tell_if_partly_done(command: Command, at: datetime) -> None:
    """Tell, once all commands that went together are settled, where the ERP did some and not the others.

    It was to do all or none: whoever decided has to see what is left of it.
    """
    together = Command.objects.filter(group=command.group, sent_at__isnull=False).order_by("pk")
    if any(each.state not in SETTLED for each in together):
        return
    done = [each for each in together if each.state == CommandState.DONE]
    if not 0 < len(done) < len(together):
        return
    told = [f"{_lines_in_words(each)} {_became(each)}" for each in together]
    title = f"Partly carried out: order {command.order.number}"
    people: set[User] = set()
    for part in Proposal.objects.filter(pk__in=together.values("proposal_id")).select_related("case__owner"):
        summary = f"{title}: {'; '.join(told)}"[:500]
        note(part, "partly_carried_out", summary, at=at, after={"group": str(command.group)})
        newly = concerned(part) - people
        people |= newly
        tell(part, newly, title, at=at, body="\n".join(told))


def _lines_in_words(command: Command) -> str:
    return f"line {', '.join(command.line_numbers)}"


def _became(command: Command) -> str:
    """Return what the ERP made of a command, on one line, with its own words behind."""
    label = command.get_state_display()
    words = " ".join(command.answer.get("words", "").split())
    return f"{label[:1].lower()}{label[1:]}{f' ({words})' if words else ''}"


def _unclear(proposal: Proposal, at: datetime) -> None:
    """Nobody knows whether it took effect: those concerned are told, and nothing is sent again."""
    tell(
        proposal,
        concerned(proposal),
        f"It is not known whether the ERP did it: {proposal.case}",
        at=at,
        body="The answer was lost. It is not sent again; its effect is looked for in what the ERP says next.",
    )


def _note(proposal: Proposal, command: Command, words: str, at: datetime) -> None:
    record(
        f"command.{command.state}",
        at=at,
        case=proposal.case,
        subject=("command", str(command.pk)),
        summary=f"{command.get_state_display()}: {proposal}",
        after={"command": str(command.pk), "answer": command.answer},
        reason=words if command.state != CommandState.DONE else "",
        release=proposal.release,
    )


# --- what it was to put right has changed, or is gone -------------------------------------------------------


@transaction.atomic
def case_changed(case: Case) -> None:
    """Ask again about what is undecided or unsent of a case whose lines became others; the rest stays.

    What the ERP has already is left to its command, which finds out. Raises TransientError while a worker
    has just taken one of its commands.
    """
    at = clock.now()
    not_done = (ProposalState.PENDING, *lifecycle.AGREED)
    for proposal in Proposal.objects.filter(case=case, state__in=not_done).select_related("case"):
        try:
            with transaction.atomic():
                _ask_if_moved(lock(proposal), at)
        except ConfigurationError as wrong:
            # Whoever approves meets the same error; looking at the order must not fail with it.
            log.warning("proposal_not_renewed", proposal=str(proposal.pk), error=str(wrong))


def _ask_if_moved(proposal: Proposal, at: datetime) -> None:
    commands = unsent_commands(proposal)
    if commands is None or is_in_mirror(proposal) or not has_moved(proposal, at=at):
        return
    if proposal.state in lifecycle.AGREED:
        _ask_about_group(proposal, commands, at)
        proposal = _take_back(proposal, commands, at)
    look_again(proposal, at=at)


def _ask_about_group(proposal: Proposal, commands: Collection[Command], at: datetime) -> None:
    """Ask again about whatever would have gone to the ERP together with the commands of a proposal."""
    groups = {command.group for command in commands if command.group is not None}
    others = Command.objects.filter(group__in=groups, state=CommandState.WAITING)
    same = Proposal.objects.filter(pk__in=others.values("proposal_id"), state=ProposalState.EXECUTING)
    for other in same.exclude(pk=proposal.pk).select_related("case").order_by("case_id", "pk"):
        other = lock(other)
        ask_again(_take_back(other, unsent_commands(other) or [], at), at=at)


def _take_back(proposal: Proposal, commands: Iterable[Command], at: datetime) -> Proposal:
    """Withdraw what a proposal was to write, since it is not agreed to any more."""
    reason = "What it was decided on has changed"
    proposal = reconsider(proposal, reason, at=at)
    for command in commands:
        outbox.withdraw(command, reason=reason)
    return proposal


@transaction.atomic
def case_healed(case: Case, *, reason: str = "Nothing deviates any more") -> None:
    """End what is still undecided or unsent of a case that healed or ended; what is being sent is awaited.

    Raises TransientError while a worker has just taken one of its commands.
    """
    at = clock.now()
    for proposal in Proposal.objects.filter(case=case, state__in=lifecycle.OPEN).select_related("case"):
        proposal = lock(proposal)
        commands = unsent_commands(proposal)
        if commands is not None:
            void(proposal, reason, at=at)
            for command in commands:
                outbox.withdraw(command, reason=reason)


def came_out_otherwise(line: CaseLine, *, at: datetime) -> None:
    """End what was agreed on a line whose values the ERP said it wrote, and does not show.

    Whoever decided is told, and the integration team has to find out; the line is decided anew.
    """
    rows = AgreementRow.objects.filter(case_line=line, state=AgreementState.ACTIVE)
    proposals = list(
        Proposal.objects.filter(agreements__in=rows).select_related("case__owner", "proposed_by").distinct()
    )
    rows.update(state=AgreementState.VOID, void_reason=CAME_OUT_OTHERWISE)
    for proposal in proposals:
        Proposal.objects.filter(pk=proposal.pk).update(end_reason=CAME_OUT_OTHERWISE)
        note(proposal, "came_out_otherwise", f"{CAME_OUT_OTHERWISE}: {proposal}"[:500], at=at)
        tell(
            proposal, concerned(proposal), f"{CAME_OUT_OTHERWISE}: {proposal.case}", at=at, body=str(proposal)
        )
        alerts.give_task(
            proposal.case,
            INTEGRATION,
            title=f"Find out why the ERP does not show what it wrote: {proposal}",
            body=f"It answered the command of {proposal.case} as done.",
            at=at,
        )
    if proposals and line.case.subject_id is not None:
        watch.mark(line.case.subject_kind, [line.case.subject_id])


def unsent_commands(proposal: Proposal) -> list[Command] | None:
    """Lock and return the commands of a proposal that still wait; None when one is on its way to the ERP.

    Raises TransientError while a worker has one of them: waiting for it could make it wait for us.
    """
    try:
        with transaction.atomic():
            commands = list(Command.objects.select_for_update(nowait=True).filter(proposal_id=proposal.pk))
    except OperationalError as taken:
        raise TransientError(f"A command of “{proposal}” is being sent; look again in a moment.") from taken
    if any(command.state in IN_FLIGHT for command in commands):
        return None
    return [command for command in commands if command.state == CommandState.WAITING]


def _newest_command(proposal: Proposal) -> Command | None:
    return Command.objects.filter(proposal_id=proposal.pk).order_by("-created_at", "-pk").first()
