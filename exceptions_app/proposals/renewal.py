"""Asks for approvals, and asks again: when the values of a proposal move, nobody's word counts any more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import LineValues, NewLine
from erp_connectors.errors import ConflictError
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import RIGHTLINE, Actor
from exceptions_app.cases import queue
from exceptions_app.kept_apart import Pair
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.playbook.inputs import UnusableInputs
from exceptions_app.playbook.schedules import in_words, quantity
from exceptions_app.policies.matrix import rules_of
from exceptions_app.proposals import approvals, lifecycle, planning
from exceptions_app.proposals.candidates import Asked, candidates_of
from exceptions_app.proposals.change import Step, change, concerned, in_brief, tell
from exceptions_app.proposals.ending import back_to_work, void, void_agreements
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.limits import measured
from exceptions_app.proposals.models import ApprovalNeed, KeptApart, Proposal, ProposalState
from exceptions_app.proposals.needs import needs_of
from exceptions_app.proposals.planning import Decision


@dataclass(frozen=True, slots=True)
class MovedLine:
    """One order line of a proposal: the change that was looked at, and the change it is now, in words."""

    number: str
    was: str
    now: str


class ValuesMoved(ConflictError):
    """The proposal is not what was looked at any more; `lines` show both, and it is decided again."""

    def __init__(self, proposal: Proposal, lines: tuple[MovedLine, ...]) -> None:
        told = "; ".join(f"line {line.number} was {line.was}, and is {line.now} now" for line in lines)
        if proposal.state != ProposalState.PENDING:
            told = f"it is {in_brief(proposal)}: {proposal.end_reason}"
        super().__init__(f"“{proposal}” is not what you looked at any more: {told or 'look at it again'}.")
        self.proposal = proposal
        self.lines = lines


def ask(proposal: Proposal, decision: Decision, *, also: Iterable[Asked] = ()) -> None:
    """Write whom a proposal needs with these values; whoever had agreed before is asked anew.

    By the rules it was made under, however they have changed since. `also`: whom other parts of one decision
    need; of those that wait already it is known.
    """
    proposal.needs.all().delete()
    apart = approvals.kept_from(proposal)
    _keep_apart(proposal, apart)
    needs = needs_of(
        proposal.case,
        facts=replace(decision.facts, amount=measured(proposal, decision.amount)),
        rules=rules_of(proposal.matrix),
        deciders=approvals.deciders_of(proposal),
        writes=decision.plan.command is not None,
        apart=apart,
        also=also or _needs_of_other_parts(proposal),
    )
    ApprovalNeed.objects.bulk_create(
        ApprovalNeed(
            proposal=proposal,
            label=need.label[:200],
            team=need.team,
            role=need.role,
            min_limit=need.min_limit,
            amount=need.amount,
            step=need.step,
            place=need.place,
            rule_id=need.rule_id,
        )
        for need in needs
    )


def _needs_of_other_parts(proposal: Proposal) -> list[ApprovalNeed]:
    """Return whom another part of a decision on an order needs; each of them needs what all do."""
    bundle = proposal.bundle
    if bundle is None or bundle.incident_id is not None:
        return []
    others = bundle.proposals.exclude(pk=proposal.pk).filter(state=ProposalState.PENDING)
    other = others.order_by("case_id", "pk").first()
    return [] if other is None else list(other.needs.select_related("team"))


def _keep_apart(proposal: Proposal, apart: Mapping[int, Pair]) -> None:
    proposal.kept_apart.all().delete()
    KeptApart.objects.bulk_create(
        KeptApart(proposal=proposal, person_id=person, pair=pair.code) for person, pair in apart.items()
    )


def tell_approvers(proposal: Proposal, *, at: datetime) -> None:
    """Tell every team whose turn it is that its word is wanted, and whoever stands in for one of it."""
    barred = {person.pk for person in approvals.deciders_of(proposal)} | approvals.kept_from(proposal).keys()
    path = path_of(proposal)
    told: set[int] = set()
    needs = approvals.open_needs(proposal)
    for need, who in zip(needs, candidates_of([(need, barred) for need in needs]), strict=True):
        wanted = {
            "case": proposal.case,
            "kind": NotificationKind.APPROVAL,
            "title": f"Approval wanted: {proposal}"[:300],
            "path": path,
            "created_at": at,
            "due_at": at,
        }
        words = f"{proposal.case}\n{need.label}\nProposed by {proposal.proposed_by}. {proposal.reason}"
        Notification.objects.create(**wanted, team=need.team, body=words)
        for stand_in in who.stand_ins:
            delegate = stand_in.delegation.delegate
            if delegate.pk not in told:
                told.add(delegate.pk)
                body = f"{words}\nYou act for {stand_in.person}."
                Notification.objects.create(**wanted, person=delegate, body=body)


def path_of(proposal: Proposal) -> str:
    """Return the page of a proposal with the values it has now, for links in mails."""
    return f"/proposals/{proposal.pk}/{values_hash(proposal)}/"


def look_again(proposal: Proposal, *, at: datetime) -> tuple[Proposal, Decision | None]:
    """Work out a pending proposal on the values of now; return it, and what it decides (None: it is void).

    Where that is something else than before, everybody is asked again.
    """
    try:
        decision = planning.decide_again(proposal, as_of=at)
    except UnusableInputs as problem:
        return void(proposal, f"It cannot be carried out any more. {problem}", at=at), None
    if decision.values_hash != values_hash(proposal):
        proposal = renew(proposal, decision, at=at)
    return proposal, decision


def has_moved(proposal: Proposal, *, at: datetime) -> bool:
    """Say whether a proposal would decide something else on the values of now, or nothing at all."""
    try:
        decision = planning.decide_again(proposal, as_of=at)
    except UnusableInputs:
        return True
    return decision.values_hash != values_hash(proposal)


def reconsider(proposal: Proposal, reason: str, *, at: datetime) -> Proposal:
    """Let a proposal be undecided again, since it is not what was agreed to; nobody is asked yet."""
    void_agreements(proposal, reason)
    step = Step(kind="reconsidered", summary=reason, transition=lifecycle.reconsider, reason=reason)
    proposal = change(proposal, step, at=at)
    back_to_work(proposal.case, reason, at=at)
    return proposal


def ask_again(proposal: Proposal, *, at: datetime) -> Proposal:
    """Ask everybody again about a pending proposal, on the values of now; what was said before is void."""
    before = values_hash(proposal)
    proposal, decision = look_again(proposal, at=at)
    if decision is not None and decision.values_hash == before:
        ask(proposal, decision)
        queue.sync(proposal.case)
        tell_approvers(proposal, at=at)
    return proposal


def renew(
    proposal: Proposal,
    decision: Decision,
    *,
    at: datetime,
    by: Actor = RIGHTLINE,
    reason: str = "",
) -> Proposal:
    """Give a pending proposal the values of `decision`, keep both in the history, and ask everybody again."""
    before = {"hash": values_hash(proposal), "lines": _stored(proposal)}
    planning.keep(proposal, decision)
    ask(proposal, decision)
    step = Step(
        kind="edited" if by.person else "values_moved",
        summary=f"{'Changed' if by.person else 'The values moved, decide again'}: {decision.plan.summary}",
        transition=lifecycle.edit if by.person else lifecycle.renew,
        arguments={
            "inputs": decision.inputs,
            "summary": decision.plan.summary[:500],
            "amount": decision.amount,
            "percent": decision.percent,
        },
        reason=reason,
        before=before,
        after={"hash": decision.values_hash, "lines": _planned(decision)},
    )
    proposal = change(proposal, step, by=by, at=at)
    tell_approvers(proposal, at=at)
    if by.person is None:
        tell(proposal, concerned(proposal), f"The values moved: {proposal}", at=at)
    return proposal


def moved_since(proposal: Proposal, values_hash: str) -> tuple[MovedLine, ...]:
    """Return how the lines of now differ from those with `values_hash`, which the history holds."""
    event = (
        Event.objects.filter(subject_kind="proposal", subject_id=str(proposal.pk), before__hash=values_hash)
        .order_by("-at", "-id")
        .first()
    )
    was = event.before["lines"] if event else {}
    now = _stored(proposal)
    return tuple(
        MovedLine(number, was.get(number, "not part of it"), now.get(number, "not part of it"))
        for number in sorted({*was, *now})
        if was.get(number) != now.get(number) and event
    )


def _stored(proposal: Proposal) -> dict[str, str]:
    lines = list(proposal.lines.select_related("order_line"))
    changed = _worded(
        (
            line.order_line.number,
            from_builtins(line.before, LineValues),
            from_builtins(line.after, LineValues),
        )
        for line in lines
        if line.order_line is not None
    )
    return changed | _new_in_words(line.new_line() for line in lines)


def _planned(decision: Decision) -> dict[str, str]:
    lines = decision.plan.lines
    changed = _worded((line.number, line.before, line.after) for line in lines if line.is_ordered)
    return changed | _new_in_words(line.added for line in lines)


def _worded(lines: Iterable[tuple[str, LineValues, LineValues]]) -> dict[str, str]:
    return {number: f"from {_in_words(before)} to {_in_words(after)}" for number, before, after in lines}


def _new_in_words(lines: Iterable[NewLine | None]) -> dict[str, str]:
    return {
        line.line_number: f"new: {line.item}, {_in_words(line.values)}" for line in lines if line is not None
    }


def _in_words(values: LineValues) -> str:
    if values.cancelled:
        return "cancelled"
    price = values.price
    at = "" if price is None else f" at {price.amount:f} {price.currency or ''}".rstrip()
    return f"{quantity(values.quantity)} ({in_words(values.schedule)}){at}"
