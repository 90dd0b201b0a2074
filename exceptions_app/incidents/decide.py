"""One decision for the cases of an incident: looked at as a whole, proposed for each in its own history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from erp_connectors import clock
from erp_connectors.errors import ConfigurationError, PermanentError, RightlineError
from exceptions_app.audit.record import Actor
from exceptions_app.cases.lifecycle import SETTLED
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.incidents.models import Incident
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, may
from exceptions_app.playbook.inputs import LINES, Problem, UnusableInputs
from exceptions_app.playbook.load import free_lines
from exceptions_app.proposals import actions, approvals, planning
from exceptions_app.proposals.approvals import Need
from exceptions_app.proposals.models import Bundle, Proposal
from exceptions_app.proposals.planning import Decision

#: More cases are decided in several steps: every line has to be in view of who approves.
MOST_CASES = 100
#: The line numbers chosen of each case, by its number.
Chosen = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What the decision would do in one case; or what is wrong with it there."""

    case: Case
    decision: Decision | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What the decision would do in all cases together. `amount` None: unknown for one of them."""

    parts: tuple[Part, ...]
    amount: Decimal | None
    currency: str
    needs: tuple[Need, ...] = ()

    @property
    def problems(self) -> list[tuple[Case, Problem]]:
        """What is wrong, case by case; empty when it can be proposed."""
        return [(part.case, problem) for part in self.parts for problem in part.problems]

    @property
    def lines(self) -> int:
        """How many lines it would change."""
        return sum(len(part.decision.plan.lines) for part in self.parts if part.decision)


def decidable(incident: Incident, person: User) -> list[tuple[Case, list[CaseLine]]]:
    """Return the open cases of an incident the person may decide, each with its undecided lines."""
    cases = incident.cases.exclude(state__in=SETTLED).select_related("company", "team", "order")
    found = [
        (case, free_lines(case))
        for case in cases.order_by("-priority", "pk")[:MOST_CASES]
        if may(person, "propose", case)
    ]
    return [(case, lines) for case, lines in found if lines]


def preview(
    incident: Incident, *, resolution: str, inputs: Mapping[str, object], chosen: Chosen, person: User
) -> Whole:
    """Return what deciding would do to the chosen lines, changing nothing. Problems are told, not raised."""
    parts = [
        _part(case, resolution, inputs, chosen[case.number], person)
        for case, _ in decidable(incident, person)
        if chosen.get(case.number)
    ]
    decisions = [part.decision for part in parts if part.decision]
    amounts = [decision.amount for decision in decisions]
    whole = None if None in amounts else sum((amount or Decimal(0) for amount in amounts), Decimal(0))
    needs: dict[tuple[int, str, Decimal | None], Need] = {}
    for part in parts:
        if part.decision is not None:
            for need in _needs(part.case, part.decision, whole, person):
                needs[need.team.pk, need.role, need.min_limit] = need
    return Whole(
        parts=tuple(parts),
        amount=whole,
        currency=incident.company.currency,
        needs=tuple(needs.values()),
    )


def propose(
    incident: Incident,
    *,
    resolution: str,
    inputs: Mapping[str, object],
    chosen: Chosen,
    reason: str,
    by: Actor,
) -> Bundle:
    """Propose one resolution for the chosen lines of all chosen cases: for all of them, or for none.

    Carried out at once where the proposer's limit covers the whole and no rule objects. Raises NotAllowed,
    and UnusableInputs naming each case that something is wrong with.
    """
    if by.person is None:
        raise NotAllowed("Only a person decides.")
    if not incident.is_live:
        raise NotAllowed(f"{incident.number} is over: {incident.get_state_display().lower()}.")
    whole = preview(incident, resolution=resolution, inputs=inputs, chosen=chosen, person=by.person)
    if not whole.parts:
        raise UnusableInputs([Problem("", "Choose at least one line that is still open.")])
    if whole.problems:
        raise UnusableInputs(
            Problem(problem.field, f"{case.number}: {problem.message}") for case, problem in whole.problems
        )
    with transaction.atomic():
        bundle = Bundle.objects.create(
            incident=incident,
            resolution=resolution,
            amount=whole.amount,
            reason=reason[:1000],
            proposed_by=by.person,
            created_at=clock.now(),
        )
        # In the order of their keys, so that two such decisions queue up instead of waiting for each other.
        for part in sorted(whole.parts, key=lambda part: part.case.pk):
            actions.propose(
                part.case,
                resolution=resolution,
                inputs=_inputs(inputs, chosen[part.case.number]),
                reason=reason,
                by=by,
                bundle=bundle,
            )
    return bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What became of the approval of one proposal of a bundle; `words` say why it could not be given."""

    proposal: Proposal
    is_given: bool
    words: str = ""


def approve(proposals: Mapping[Proposal, str], *, by: Actor, comment: str = "") -> list[Approved]:
    """Approve each proposal for exactly the values of its hash; one that is refused holds up no other."""
    given = []
    for proposal, values_hash in proposals.items():
        try:
            now = actions.approve(proposal, by=by, values_hash=values_hash, comment=comment)
        except RightlineError as refused:
            given.append(Approved(proposal=proposal, is_given=False, words=str(refused)))
        else:
            given.append(Approved(proposal=now, is_given=True))
    return given


def _part(
    case: Case, resolution: str, inputs: Mapping[str, object], lines: Sequence[str], person: User
) -> Part:
    try:
        decision = planning.decide(
            case,
            resolution=resolution,
            inputs=_inputs(inputs, lines),
            person=person,
            as_of=clock.now(),
            lines=free_lines(case),
        )
    except UnusableInputs as unusable:
        return Part(case=case, problems=unusable.problems)
    except (ConfigurationError, PermanentError) as wrong:
        return Part(case=case, problems=(Problem("", str(wrong)),))
    return Part(case=case, decision=decision)


def _needs(case: Case, decision: Decision, whole: Decimal | None, person: User) -> list[Need]:
    return approvals.needs_of(
        case,
        resolution=decision.resolution,
        amount=whole,
        percent=decision.percent,
        deciders=[person],
        today=decision.today,
        writes=decision.plan.command is not None,
    )


def _inputs(inputs: Mapping[str, object], lines: Sequence[str]) -> dict[str, object]:
    return {**inputs, LINES: list(lines)}
