"""How proposals look: each as a card, with what the reader may do with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from erp_connectors.exchange.models import Command
from exceptions_app.people.models import User
from exceptions_app.people.permissions import those_allowed
from exceptions_app.proposals import approvals
from exceptions_app.proposals.candidates import Candidates
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.lifecycle import OPEN
from exceptions_app.proposals.models import Proposal, ProposalState
from exceptions_app.spoken.reading import in_words
from exceptions_app.web import formats, labels
from exceptions_app.web.approvers_view import StepWords, candidates_by_need, is_asked, steps_of
from exceptions_app.web.command_view import CommandWords, command_words
from exceptions_app.web.decided_again import (
    came_to_nothing_on,
    decided_before,
    is_to_decide_again,
    lines_decided_of,
)
from exceptions_app.web.labels import Chip
from exceptions_app.web.resolution_view import resolution_label
from exceptions_app.web.values_view import ValuesLine, amount_words, stored_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A decision that could not be taken, with what the person had typed."""

    problem: str = ""
    conflict: str = ""
    comment: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalCard:
    """A proposal as a card, with what this person may do with it."""

    id: Any
    resolution: str
    label: str
    summary: str
    chip: Chip
    tone: str
    lines: list[ValuesLine]
    amount: str
    percent: str
    by: str
    created_at: datetime
    edited_by: str
    reason: str
    steps: list[StepWords]
    commands: list[CommandWords]
    authorised_by: str
    end_reason: str
    values_hash: str
    may_decide: bool
    may_withdraw: bool
    may_edit: bool
    is_asked: bool
    may_decide_again: bool
    decided_again: str
    case_number: str
    case_headline: str
    bundle_id: UUID | None = None
    waits_for_parts: bool = False
    problem: str = ""
    conflict: str = ""
    comment: str = ""
    seen: str = ""

    @property
    def values_text(self) -> str:
        """The values in one line, to be shown beside newer ones if they move."""
        lines = "; ".join(f"{line.number}: {', '.join(line.after)}" for line in self.lines)
        return f"{self.amount}; {lines}"


def proposal_cards(
    proposals: Sequence[Proposal],
    commands: Iterable[Command],
    person: User,
    refusals: Mapping[Any, Refusal] | None = None,
) -> list[ProposalCard]:
    """Return the proposals as this person sees them. Their lines, needs and approvals must be loaded."""
    by_proposal: dict[Any, list[Command]] = {}
    for command in commands:
        by_proposal.setdefault(command.proposal_id, []).append(command)
    waiting = [proposal.pk for proposal in proposals if proposal.state == ProposalState.PENDING]
    mine = set(approvals.open_approvals(person).filter(pk__in=waiting).values_list("pk", flat=True))
    takes_back = _to_take_back(proposals, person)
    works = {case.pk for case in those_allowed(person, "propose", [each.case for each in proposals])}
    candidates = candidates_by_need(proposals)
    came_to_nothing = came_to_nothing_on({proposal.case_id for proposal in proposals})
    lines_decided = lines_decided_of(proposals)
    return [
        _card(
            proposal,
            by_proposal.get(proposal.pk, []),
            may_decide=proposal.pk in mine,
            may_withdraw=proposal.pk in takes_back and proposal.pk not in mine,
            may_edit=proposal.state == ProposalState.PENDING and proposal.case_id in works,
            may_decide_again=proposal.case_id in works and is_to_decide_again(proposal, lines_decided),
            decided_again=decided_before(proposal, came_to_nothing.get(proposal.case_id, ())),
            candidates=candidates,
            refusal=(refusals or {}).get(proposal.pk, Refusal()),
        )
        for proposal in proposals
    ]


def _card(
    proposal: Proposal,
    commands: list[Command],
    *,
    may_decide: bool,
    may_withdraw: bool,
    may_edit: bool,
    may_decide_again: bool,
    decided_again: str,
    candidates: Mapping[int, Candidates],
    refusal: Refusal,
) -> ProposalCard:
    case = proposal.case
    fingerprint = values_hash(proposal) if proposal.state == ProposalState.PENDING else ""
    return ProposalCard(
        id=proposal.pk,
        resolution=proposal.resolution,
        label=resolution_label(proposal.resolution),
        summary=in_words(proposal.summary),
        chip=labels.PROPOSAL_STATES[proposal.state],
        tone="over" if proposal.state in (ProposalState.VOID, ProposalState.REJECTED) else "",
        lines=stored_lines(proposal.lines.all()),
        amount=amount_words(proposal.amount, case.company.currency),
        percent=formats.percent(proposal.percent) if proposal.percent else "",
        by=str(proposal.proposed_by),
        created_at=proposal.created_at,
        edited_by=formats.listed([str(editor) for editor in proposal.edited_by.all()]),
        reason=proposal.reason,
        steps=steps_of(proposal, fingerprint, candidates),
        commands=[command_words(command) for command in commands],
        authorised_by=_authorised_by(proposal),
        end_reason=proposal.end_reason,
        values_hash=fingerprint,
        may_decide=may_decide,
        may_withdraw=may_withdraw,
        may_edit=may_edit,
        is_asked=may_edit and not may_decide and is_asked(proposal),
        may_decide_again=may_decide_again,
        decided_again=decided_again,
        case_number=case.number,
        case_headline=case.headline,
        bundle_id=proposal.bundle_id,
        waits_for_parts=proposal.state == ProposalState.APPROVED,
        problem=refusal.problem,
        conflict=refusal.conflict,
        comment=refusal.comment,
        seen=refusal.seen,
    )


def _to_take_back(proposals: Iterable[Proposal], person: User) -> set[Any]:
    """Return the keys of the proposals the person may withdraw, in a number of queries that does not grow."""
    live = [each for each in proposals if each.state in OPEN and each.state != ProposalState.EXECUTING]
    if not live:
        return set()
    leads = set(those_allowed(person, "assign", [each.case for each in live]))
    works = set(those_allowed(person, "propose", [each.case for each in live]))
    return {
        each.pk for each in live if each.case in leads or (each.proposed_by == person and each.case in works)
    }


def _authorised_by(proposal: Proposal) -> str:
    if proposal.authorisation.get("kind") == "free":
        return gettext("It costs nothing and changes nothing in the ERP.")
    if proposal.authorisation.get("kind") != "within_limit":
        return ""
    return gettext("Within the limit of %(who)s.") % {"who": proposal.proposed_by}
