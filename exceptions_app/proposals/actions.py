"""What people do with a proposal: preview, propose, edit, approve, reject, ask back, answer, withdraw.

Nothing reaches the ERP but what `_authorise` wrote an authorisation for. It is carried out in the same
transaction; a part of a decision on an order, in that of the last part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from erp_connectors import clock
from erp_connectors.canonical.commands import LineValues
from erp_connectors.errors import ConfigurationError, ConflictError, TransientError
from erp_connectors.exchange import outbox
from exceptions_app import intake
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions as case_actions
from exceptions_app.cases import queue
from exceptions_app.cases.change import StaleVersion, changes_since
from exceptions_app.cases.change import lock as lock_case
from exceptions_app.cases.lifecycle import SETTLED
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection.models import Watch
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, forget_memberships, may
from exceptions_app.playbook.inputs import Problem, UnusableInputs
from exceptions_app.playbook.load import free_lines
from exceptions_app.playbook.schedules import plain
from exceptions_app.playbook.situation import LinePlan
from exceptions_app.policies import lookup
from exceptions_app.policies.matrix import kept_rules
from exceptions_app.proposals import approvals, lifecycle, parts, planning
from exceptions_app.proposals.approvals import Capacity
from exceptions_app.proposals.candidates import Need
from exceptions_app.proposals.change import Step, change, in_brief, lock, note, tell
from exceptions_app.proposals.ending import back_to_work, void_agreements
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.limits import is_free, is_within_limit, limit_of, measured
from exceptions_app.proposals.models import (
    Answer,
    Approval,
    ApprovalNeed,
    Bundle,
    Decision,
    Proposal,
    ProposalState,
)
from exceptions_app.proposals.needs import needs_of, rules_for
from exceptions_app.proposals.planning import Decision as Planned
from exceptions_app.proposals.renewal import (
    ValuesMoved,
    ask,
    look_again,
    moved_since,
    path_of,
    renew,
    tell_approvers,
)
from exceptions_app.proposals.settle import unsent_commands

NOTHING_WRITTEN: Mapping[str, LineValues] = {}
#: The need that a word is about, and in which capacity it is given.
Filled = tuple[ApprovalNeed, Capacity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What proposing would do: each line before and after, what it costs, whom it needs; or what is wrong.

    `within_limit`: the person's own limit covers the amount. Nobody else is asked when `needs` is empty too.
    """

    summary: str = ""
    lines: tuple[LinePlan, ...] = ()
    writes_to_erp: bool = False
    amount: Decimal | None = None
    currency: str = ""
    percent: Decimal | None = None
    within_limit: bool = False
    needs: tuple[Need, ...] = ()
    problems: tuple[Problem, ...] = ()


# --- before it is proposed ----------------------------------------------------------------------------------


def preview(case: Case, *, resolution: str, inputs: Mapping[str, object], person: User) -> Preview:
    """Return what proposing would do, changing nothing. Problems are told, not raised."""
    try:
        decision = planning.decide(
            case,
            resolution=resolution,
            inputs=inputs,
            person=person,
            as_of=clock.now(),
            lines=free_lines(case),
        )
        needs = needs_of(
            case,
            facts=decision.facts,
            rules=rules_for(decision.facts, decision.today),
            deciders=[person],
            writes=decision.plan.command is not None,
            apart=planning.apart_from(case, decision),
        )
    except UnusableInputs as unusable:
        return Preview(currency=case.company.currency, problems=unusable.problems)
    except ConfigurationError as wrong:
        return Preview(currency=case.company.currency, problems=(Problem("", str(wrong)),))
    return Preview(
        summary=decision.plan.summary,
        lines=decision.plan.lines,
        writes_to_erp=decision.plan.command is not None,
        amount=decision.amount,
        currency=case.company.currency,
        percent=decision.percent,
        within_limit=is_within_limit(case, decision.amount, person)
        or is_free(decision.amount, writes=decision.plan.command is not None),
        needs=tuple(needs),
    )


# --- proposing ----------------------------------------------------------------------------------------------


def propose(
    case: Case,
    *,
    resolution: str,
    inputs: Mapping[str, object],
    reason: str,
    by: Actor,
    expected_version: int | None = None,
    bundle: Bundle | None = None,
    written: Mapping[str, LineValues] = NOTHING_WRITTEN,
    also: Sequence[Need] = (),
    waits: bool = False,
) -> Proposal:
    """Propose a resolution; carried out at once when the proposer's limit covers it and no rule objects.

    `bundle`: it is a part of one decision over several cases, and limits are held against the whole.
    `written`: what parts of it before this one write to lines of the order, by number; `also`: whom any part
    of it needs; `waits`: other parts follow, and the caller carries all of them out (`parts`).
    Raises UnusableInputs, NotAllowed (permission, state), StaleVersion, and ConflictError when the lines are
    in another proposal.
    """
    _look_first(case)
    with transaction.atomic():
        case = lock_case(case)
        person = _require_person(by)
        lines = _lines_to_decide(case, person, by, expected_version)
        case = case_actions.begin_work(case, by=by)
        at = clock.now()
        decision = planning.decide(
            case, resolution=resolution, inputs=inputs, person=person, as_of=at, lines=lines
        )
        decision = planning.on_top(decision, written)
        proposal = Proposal.objects.create(
            case=case,
            bundle=bundle,
            resolution=resolution,
            inputs=decision.inputs,
            summary=decision.plan.summary[:500],
            reason=reason[:1000],
            amount=decision.amount,
            percent=decision.percent,
            proposed_by=person,
            release=lookup.current_release(),
            matrix=kept_rules(rules_for(decision.facts, decision.today)),
            created_at=at,
        )
        planning.keep(proposal, decision)
        ask(proposal, decision, also=also)
        note(
            proposal,
            "proposed",
            f"Proposed: {proposal}",
            at=at,
            by=by,
            after=_figures(proposal),
            reason=reason,
        )
        if proposal.needs.exists():
            return _submit(proposal, by=by, at=at)
        proposal = _authorise(proposal, _own(proposal, person), by=by, at=at)
        return proposal if waits else parts.carry_out(proposal, decision.plan, at=at)


def _lines_to_decide(case: Case, person: User, by: Actor, expected_version: int | None) -> list[CaseLine]:
    """Return the lines of a locked case that are in no proposal yet; refuse who may not decide on them."""
    if not may(person, "propose", case):
        raise NotAllowed(f"{by.name} may not propose a resolution for {case.number}.")
    if expected_version is not None and expected_version != case.version:
        raise StaleVersion(case, changes_since(case, expected_version))
    if case.state in SETTLED:
        raise NotAllowed(f"{case.number} is {case.get_state_display().lower()}: nothing is to be decided.")
    lines = free_lines(case)
    if not lines:
        _refuse_second(case)
    return lines


def _submit(proposal: Proposal, *, by: Actor, at: datetime) -> Proposal:
    """Ask those who have to agree."""
    step = Step(kind="submitted", summary=f"Approval asked for: {proposal}", transition=lifecycle.submit)
    proposal = change(proposal, step, by=by, at=at)
    tell_approvers(proposal, at=at)
    return proposal


def edit(proposal: Proposal, *, inputs: Mapping[str, object], by: Actor, reason: str = "") -> Proposal:
    """Enter other values for a proposal that waits; who does so cannot approve it any more.

    Raises UnusableInputs and NotAllowed.
    """
    _look_first(proposal.case)
    with transaction.atomic():
        proposal = lock(proposal)
        person = _require_person(by)
        if not may(person, "propose", proposal.case):
            raise NotAllowed(f"{by.name} may not change the proposal “{proposal}”.")
        _require_pending(proposal)
        at = clock.now()
        decision = planning.decide(
            proposal.case,
            resolution=proposal.resolution,
            inputs=inputs,
            person=person,
            as_of=at,
            lines=planning.lines_of(proposal) + free_lines(proposal.case),
        )
        if person != proposal.proposed_by:
            proposal.edited_by.add(person)
        return renew(proposal, decision, at=at, by=by, reason=reason)


# --- deciding -----------------------------------------------------------------------------------------------


def approve(proposal: Proposal, *, by: Actor, values_hash: str, comment: str = "") -> Proposal:
    """Agree to exactly the values with `values_hash`; with the last approval it needs it is carried out.

    Raises NotAllowed when the person cannot fill an open need, and ValuesMoved, with the values of then and
    now, when they are not the values of the proposal any more. Approving again changes nothing.
    """
    _look_first(proposal.case)
    with transaction.atomic():
        parts.queue_up(proposal)
        proposal = lock(proposal)
        person = _require_person(by)
        if approvals.given_by(proposal, person) is not None:
            return proposal
        _require_pending(proposal)
        filled = _require_need(proposal, person)
        at = clock.now()
        proposal, decision = look_again(proposal, at=at)
        if decision is not None and values_hash == decision.values_hash:
            return _approve(proposal, decision, filled, comment, by=by, at=at)
        moved = ValuesMoved(proposal, moved_since(proposal, values_hash))
    # Raised only now: that it was asked about anew must stay.
    raise moved


def reject(proposal: Proposal, *, by: Actor, comment: str) -> Proposal:
    """Say no, as an approver; the case goes on without the proposal, and its proposer is told why."""
    _require_words(comment)
    with transaction.atomic():
        parts.queue_up(proposal)
        proposal = lock(proposal)
        person = _require_person(by)
        _require_pending(proposal)
        at = clock.now()
        _say(proposal, _require_approver(proposal, person), person, Decision.REJECTED, comment, at)
        step = Step(
            kind="rejected",
            summary=f"Rejected by {by.name}: {proposal}",
            transition=lifecycle.reject,
            arguments={"reason": comment[:500]},
            reason=comment,
        )
        proposal = change(proposal, step, by=by, at=at)
        tell(proposal, {proposal.proposed_by}, f"Rejected: {proposal}", at=at, body=f"{by.name}: {comment}")
        parts.carry_out_rest(proposal, at=at)
        return proposal


def ask_back(proposal: Proposal, *, by: Actor, comment: str) -> Proposal:
    """Ask the proposer something before deciding; the proposal goes on waiting."""
    _require_words(comment)
    with transaction.atomic():
        proposal = lock(proposal)
        person = _require_person(by)
        _require_pending(proposal)
        at = clock.now()
        _say(proposal, _require_approver(proposal, person), person, Decision.ASKED, comment, at)
        note(proposal, "asked_back", f"{by.name} asks: {comment}"[:500], at=at, by=by, reason=comment)
        tell(
            proposal,
            {proposal.proposed_by},
            f"{by.name} asks about {proposal.case}",
            at=at,
            body=f"{comment}\n{proposal}",
            path=path_of(proposal),
        )
        return proposal


def answer(proposal: Proposal, *, by: Actor, words: str) -> Proposal:
    """Answer what approvers asked back, as somebody who works the case; they are told, and decide.

    Raises NotAllowed (permission, state, nothing was asked).
    """
    if not words.strip():
        raise NotAllowed("Write an answer.")
    with transaction.atomic():
        proposal = lock(proposal)
        person = _require_person(by)
        if not may(person, "propose", proposal.case):
            raise NotAllowed(f"{by.name} may not answer for the proposal “{proposal}”.")
        _require_pending(proposal)
        asked = Approval.objects.filter(need__proposal=proposal, decision=Decision.ASKED, answers=None)
        questions = list(asked.select_related("person").order_by("pk"))
        if not questions:
            raise NotAllowed("Nothing is asked that was not answered.")
        at = clock.now()
        for question in questions:
            Answer.objects.create(question=question, person=person, words=words[:1000], said_at=at)
        note(proposal, "answered", f"{by.name} answers: {words}"[:500], at=at, by=by, reason=words)
        tell(
            proposal,
            {question.person for question in questions},
            f"{by.name} answers about {proposal.case}",
            at=at,
            body=f"{words}\n{proposal}",
            path=path_of(proposal),
        )
        return proposal


def withdraw(proposal: Proposal, *, by: Actor, reason: str) -> Proposal:
    """Take a proposal back, while nothing of it is on its way to the ERP.

    Raises NotAllowed otherwise, TransientError while a worker has just taken its command.
    """
    _require_words(reason)
    with transaction.atomic():
        parts.queue_up(proposal)
        proposal = lock(proposal)
        commands = unsent_commands(proposal)
        if commands is None:
            raise NotAllowed(f"“{proposal}” is on its way to the ERP already.")
        at = clock.now()
        step = Step(
            kind="withdrawn",
            summary=f"Withdrawn: {proposal}",
            transition=lifecycle.withdraw,
            arguments={"reason": reason[:500]},
            reason=reason,
        )
        proposal = change(proposal, step, by=by, at=at)
        void_agreements(proposal, reason)
        for command in commands:
            outbox.withdraw(command, reason=reason)
        back_to_work(proposal.case, f"{by.name} withdrew what was decided", at=at)
        parts.carry_out_rest(proposal, at=at)
        return proposal


# --- the pieces of a decision -------------------------------------------------------------------------------


def _approve(
    proposal: Proposal, planned: Planned, filled: Filled | None, comment: str, *, by: Actor, at: datetime
) -> Proposal:
    """Write down the word of an approver, and carry the proposal out if it was the last one needed.

    Without a need the person's own limit covers it.
    """
    person = _require_person(by)
    if filled is None:
        return _carry_out(proposal, planned, _own(proposal, person), by=by, at=at)
    step = filled[0].step
    said = _say(proposal, filled, person, Decision.APPROVED, comment, at)
    note(
        proposal,
        "approved",
        f"Approved by {by.name}{_in_place(said)}, {said.need.label}: {proposal}"[:500],
        at=at,
        by=by,
        after={"need": said.need.label, "for": _for(said), "hash": planned.values_hash} | _figures(proposal),
        reason=comment,
    )
    left = approvals.open_needs(proposal)
    if not left:
        return _carry_out(proposal, planned, _approved(proposal), by=by, at=at)
    queue.sync(proposal.case)
    if left[0].step > step:
        tell_approvers(proposal, at=at)
    return proposal


def _for(said: Approval) -> str | None:
    """Return in whose place a word was given, by name; None: for themselves."""
    return None if said.given_for is None else str(said.given_for)


def _in_place(said: Approval) -> str:
    return "" if said.given_for is None else f" for {said.given_for}"


def _carry_out(
    proposal: Proposal, planned: Planned, authorisation: dict[str, Any], *, by: Actor, at: datetime
) -> Proposal:
    """Authorise the proposal and carry it out; the only way to a command."""
    return parts.carry_out(_authorise(proposal, authorisation, by=by, at=at), planned.plan, at=at)


def _authorise(proposal: Proposal, authorisation: dict[str, Any], *, by: Actor, at: datetime) -> Proposal:
    step = Step(
        kind="authorised",
        summary=f"Decided: {proposal}",
        transition=lifecycle.authorise,
        arguments={"authorisation": authorisation},
        after={"authorisation": authorisation},
    )
    return change(proposal, step, by=by, at=at)


def _own(proposal: Proposal, person: User) -> dict[str, Any]:
    """Return the authorisation by one person alone: by their limit, or where none is needed."""
    amount = measured(proposal, proposal.amount)
    if is_free(amount, writes=proposal.writes_to_erp):
        return _figures(proposal) | {"kind": "free", "person": person.pk, "name": str(person)}
    return _within_limit(proposal, person)


def _within_limit(proposal: Proposal, person: User) -> dict[str, Any]:
    """Return the authorisation by a person's own limit, with the release under which it holds."""
    return _figures(proposal) | {
        "kind": "within_limit",
        "person": person.pk,
        "name": str(person),
        "limit": str(limit_of(proposal.case, person)),
        "release": proposal.release.number,
    }


def _approved(proposal: Proposal) -> dict[str, Any]:
    """Return the authorisation by those who agreed, one for every need, and by the proposer's limit."""
    limits = {
        str(person): str(limit_of(proposal.case, person))
        for person in approvals.deciders_of(proposal)
        if is_within_limit(proposal.case, measured(proposal, proposal.amount), person)
    }
    given = Approval.objects.filter(need__proposal=proposal, decision=Decision.APPROVED)
    return _figures(proposal) | {
        "kind": "approved",
        "proposed_by": proposal.proposed_by_id,
        "limits": limits,
        "values_hash": values_hash(proposal),
        "release": proposal.release.number,
        "approvals": [
            {
                "need": approval.need.label,
                "team": approval.need.team.code,
                "person": approval.person_id,
                "name": str(approval.person),
                "for": _for(approval),
                "at": approval.decided_at.isoformat(),
            }
            for approval in given.select_related("need__team", "person", "given_for").order_by(
                "decided_at", "pk"
            )
        ],
    }


def _figures(proposal: Proposal) -> dict[str, Any]:
    return {
        "amount": None if proposal.amount is None else str(proposal.amount),
        "currency": proposal.case.company.currency,
        "percent": None if proposal.percent is None else plain(proposal.percent),
    }


def _say(
    proposal: Proposal, filled: Filled, person: User, word: Decision, comment: str, at: datetime
) -> Approval:
    need, capacity = filled
    stand_in = capacity.stand_in
    return Approval.objects.create(
        need=need,
        person=person,
        given_for=stand_in.person if stand_in else None,
        delegation=stand_in.delegation if stand_in else None,
        decision=word,
        comment=comment[:1000],
        values_hash=values_hash(proposal),
        decided_at=at,
    )


def _look_first(case: Case) -> None:
    """Have the subject of a case looked at now if something happened to it: nobody decides on what is gone.

    Raises TransientError where that fails; the watch of the subject says why.
    """
    if case.subject_id is None:
        return
    kind = SubjectKind(case.subject_kind)
    news = Watch.objects.filter(subject_kind=kind, subject_id=case.subject_id, marked__gt=F("seen"))
    if not news.exists():
        return
    evaluation = intake.evaluate([case.subject_id], clock.now(), kind=kind)
    for failure in evaluation.failures.values():
        raise TransientError(f"What just happened could not be looked at: {failure}")


# --- what must hold -----------------------------------------------------------------------------------------


def _require_person(by: Actor) -> User:
    if by.person is None:
        raise NotAllowed("Only a person decides.")
    return by.person


def _require_words(words: str) -> None:
    if not words.strip():
        raise NotAllowed("Say why: it stays in the history.")


def _require_pending(proposal: Proposal) -> None:
    if proposal.state != ProposalState.PENDING:
        raise NotAllowed(f"“{proposal}” is {in_brief(proposal)}: nobody is asked any more.")


def _require_need(proposal: Proposal, person: User) -> Filled | None:
    """Return what the person fills; None where nobody else is needed and their own limit covers it."""
    filled = approvals.need_for(proposal, person)
    if filled is not None and _still_fits(filled, person):
        return filled
    if filled is None and not proposal.needs.exists() and approvals.may_alone(proposal, person):
        return None
    raise NotAllowed(approvals.why_not(proposal, person))


def _still_fits(filled: Filled, person: User) -> bool:
    """Say whether a capacity holds at this moment; where not, what was read of the person is forgotten."""
    if approvals.still_fits(*filled):
        return True
    forget_memberships(person)
    return False


def _require_approver(proposal: Proposal, person: User) -> Filled:
    """Return a need that names the person, filled or not."""
    named = approvals.named_need(proposal, person)
    if named is None or not _still_fits(named, person):
        raise NotAllowed(approvals.why_not(proposal, person))
    return named


def _refuse_second(case: Case) -> None:
    """Raise ConflictError naming the proposals that are under way already, if any."""
    under_way = Proposal.objects.filter(case=case, state__in=lifecycle.OPEN).select_related("proposed_by")
    told = "; ".join(f"{each.proposed_by}: {each} ({in_brief(each)})" for each in under_way)
    if told:
        raise ConflictError(f"Everything open in {case.number} is in a proposal already. {told}.")
