"""One decision over several cases: looked at as a whole, proposed for each in its own history.

Limits are held against the whole, so that a large decision is not made of small ones; and of an order's cases
each part goes to every approver that any of them needs.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from erp_connectors import clock
from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import LineValues
from erp_connectors.errors import ConfigurationError, PermanentError, RightlineError
from exceptions_app.audit.record import Actor
from exceptions_app.cases.lifecycle import SETTLED
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.incidents.models import Incident
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, those_allowed
from exceptions_app.playbook.inputs import Problem, UnusableInputs
from exceptions_app.playbook.load import Outlook, free_lines_of, outlook_of
from exceptions_app.proposals import actions, parts, planning
from exceptions_app.proposals.candidates import Need
from exceptions_app.proposals.models import Bundle, Proposal, ProposalState
from exceptions_app.proposals.needs import needs_of, rules_for
from exceptions_app.proposals.planning import Decision, apart_from

#: More cases are decided in several steps: every line has to be in view of who approves.
MOST_CASES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted for one case. `expected_version`: the case as it was read."""

    case: Case
    resolution: str
    inputs: Mapping[str, object]
    expected_version: int | None = None


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


def decidable(cases: QuerySet[Case], person: User) -> list[tuple[Case, list[CaseLine]]]:
    """Return those of `cases` that are open and the person's to decide, each with its undecided lines.

    The MOST_CASES most urgent ones, in a number of queries that does not grow with them.
    """
    open_cases = cases.exclude(state__in=SETTLED)
    related = open_cases.select_related("company", "team", "order__connection__company")
    allowed = those_allowed(person, "propose", related.order_by("-priority", "pk")[:MOST_CASES])
    free = free_lines_of(allowed)
    return [(case, free[case.pk]) for case in allowed if case.pk in free]


def preview(wanted: Sequence[Wanted], *, currency: str, person: User) -> Whole:
    """Return what deciding would do, changing nothing. Problems are told, not raised."""
    cases = [each.case for each in wanted]
    outlook, free = outlook_of(cases, clock.now()), free_lines_of(cases)
    parts = [_part(each, free.get(each.case.pk, []), outlook, person) for each in wanted]
    decisions = [part.decision for part in parts if part.decision]
    amounts = [decision.amount for decision in decisions]
    whole = None if None in amounts else sum((amount or Decimal(0) for amount in amounts), Decimal(0))
    needs = _needs(parts, whole, person)
    return Whole(parts=tuple(parts), amount=whole, currency=currency, needs=tuple(needs))


def preview_of_order(wanted: Sequence[Wanted], *, person: User) -> Whole:
    """Return what one decision over cases of one order would do, such as accepting a whole confirmation.

    Raises NotAllowed for cases of several orders, one named twice, and one the person may not decide.
    """
    cases = [each.case for each in wanted]
    if not cases or len(cases) > MOST_CASES:
        raise NotAllowed(f"Decide on 1 to {MOST_CASES} cases at once.")
    if len({case.pk for case in cases}) < len(cases):
        raise NotAllowed("Name each case once.")
    if len({case.order_id for case in cases}) > 1 or cases[0].order_id is None:
        raise NotAllowed("One decision is about the cases of one order.")
    barred = set(cases) - set(those_allowed(person, "propose", cases))
    if barred:
        numbers = ", ".join(sorted(case.number for case in barred))
        raise NotAllowed(f"{person} may not propose a resolution for {numbers}.")
    in_order = sorted(wanted, key=lambda each: each.case.pk)
    whole = preview(in_order, currency=cases[0].company.currency, person=person)
    return replace(whole, parts=_one_after_another(whole))


def propose_for_order(wanted: Sequence[Wanted], *, reason: str, by: Actor) -> Bundle:
    """Propose a resolution for each of several cases of one order: for all of them, or for none.

    Raises as `preview_of_order` and `propose` do.
    """
    if by.person is None:
        raise NotAllowed("Only a person decides.")
    whole = preview_of_order(wanted, person=by.person)
    return propose(wanted, whole, incident=None, reason=reason, by=by)


@transaction.atomic
def propose(
    wanted: Sequence[Wanted], whole: Whole, *, incident: Incident | None, reason: str, by: Actor
) -> Bundle:
    """Propose what was looked at as a `whole`, each in its case; at once where the limit covers all of it.

    Raises UnusableInputs naming each case that something is wrong with, and what `actions.propose` raises.
    """
    if by.person is None:
        raise NotAllowed("Only a person decides.")
    if whole.problems:
        raise UnusableInputs(
            Problem(problem.field, f"{case.number}: {problem.message}") for case, problem in whole.problems
        )
    codes = {each.resolution for each in wanted}
    bundle = Bundle.objects.create(
        incident=incident,
        resolution=codes.pop() if len(codes) == 1 else "",
        amount=whole.amount,
        reason=reason[:1000],
        proposed_by=by.person,
        created_at=clock.now(),
    )
    written: dict[str, LineValues] = {}
    of_order: Counter[int | None] = Counter(each.case.order_id for each in wanted)
    waiting: dict[int | None, Proposal] = {}
    # In the order of their keys, so that two such decisions queue up instead of waiting for each other.
    for each in sorted(wanted, key=lambda each: each.case.pk):
        proposal = actions.propose(
            each.case,
            resolution=each.resolution,
            inputs=each.inputs,
            reason=reason,
            by=by,
            expected_version=each.expected_version,
            bundle=bundle,
            written={} if incident else written,
            also=() if incident else whole.needs,
            waits=each.case.order_id is not None and of_order[each.case.order_id] > 1,
        )
        written |= _written_by(proposal)
        if proposal.state == ProposalState.APPROVED:
            waiting[proposal.case.order_id] = proposal
    for proposal in waiting.values():
        parts.carry_out_rest(proposal, at=bundle.created_at)
    return bundle


def _written_by(proposal: Proposal) -> dict[str, LineValues]:
    """Return what a proposal writes to lines of its order, by number."""
    if not proposal.writes_to_erp:
        return {}
    lines = proposal.lines.exclude(order_line=None).values_list("order_line__number", "after")
    return {number: from_builtins(after, LineValues) for number, after in lines}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one proposal of a bundle; where nothing was done, `words` say why."""

    proposal: Proposal
    is_done: bool
    words: str = ""


def approve(proposals: Mapping[Proposal, str], *, by: Actor, comment: str = "") -> list[Outcome]:
    """Approve each proposal for exactly the values of its hash; one that is refused holds up no other."""
    return _each(
        proposals,
        lambda proposal: actions.approve(proposal, by=by, values_hash=proposals[proposal], comment=comment),
    )


def reject(proposals: Iterable[Proposal], *, by: Actor, comment: str) -> list[Outcome]:
    """Say no to each proposal, as its approver; one that is refused holds up no other."""
    return _each(proposals, lambda proposal: actions.reject(proposal, by=by, comment=comment))


def withdraw(proposals: Iterable[Proposal], *, by: Actor, reason: str) -> list[Outcome]:
    """Take each proposal back that is not on its way to the ERP; one that is holds up no other."""
    return _each(proposals, lambda proposal: actions.withdraw(proposal, by=by, reason=reason))


def _each(proposals: Iterable[Proposal], act: Callable[[Proposal], Proposal]) -> list[Outcome]:
    outcomes = []
    for proposal in proposals:
        try:
            now = act(proposal)
        except RightlineError as refused:
            outcomes.append(Outcome(proposal=proposal, is_done=False, words=str(refused)))
        else:
            outcomes.append(Outcome(proposal=now, is_done=True))
    return outcomes


def _part(wanted: Wanted, lines: list[CaseLine], outlook: Outlook, person: User) -> Part:
    case = wanted.case
    try:
        decision = planning.decide(
            case,
            resolution=wanted.resolution,
            inputs=wanted.inputs,
            person=person,
            as_of=outlook.as_of,
            lines=lines,
            outlook=outlook,
        )
    except UnusableInputs as unusable:
        return Part(case=case, problems=unusable.problems)
    except (ConfigurationError, PermanentError) as wrong:
        return Part(case=case, problems=(Problem("", str(wrong)),))
    return Part(case=case, decision=decision)


def _one_after_another(whole: Whole) -> tuple[Part, ...]:
    """Let each part be planned on what those before it write to the same order line."""
    written: dict[str, LineValues] = {}
    parts = []
    for part in whole.parts:
        done = _on_top(part, written, is_at_once=not whole.needs)
        if done.decision is not None:
            written |= _writes(done.decision) | _adds(done.decision)
        parts.append(done)
    return tuple(parts)


def _on_top(part: Part, written: Mapping[str, LineValues], *, is_at_once: bool) -> Part:
    added = [] if part.decision is None else _adds(part.decision)
    taken = [number for number in added if number in written]
    if taken:
        words = f"Line {', '.join(taken)} is added by another part. Decide this afterwards."
        return replace(part, problems=(*part.problems, Problem("", words)))
    again = [] if part.decision is None else [line for line in _writes(part.decision) if line in written]
    if part.decision is None or not again:
        return part
    if not is_at_once:
        words = f"Line {', '.join(again)} is changed by another part, and approvals are for what the ERP has."
        return replace(part, problems=(*part.problems, Problem("", f"{words} Decide this afterwards.")))
    try:
        return replace(part, decision=planning.on_top(part.decision, written))
    except UnusableInputs as clash:
        return replace(part, problems=(*part.problems, *clash.problems))


def _writes(decision: Decision) -> dict[str, LineValues]:
    """Return what a decision writes to the ERP, by line number."""
    plan = decision.plan
    return {line.number: line.after for line in plan.lines} if plan.command is not None else {}


def _adds(decision: Decision) -> dict[str, LineValues]:
    """Return the lines a decision adds to the order, by number."""
    added = [line.added for line in decision.plan.lines if line.added is not None]
    return {new.line_number: new.values for new in added}


def _needs(parts: Iterable[Part], whole: Decimal | None, person: User) -> list[Need]:
    """Return whom any of the parts needs; of those that are the same to every rule one is asked about."""
    known = set()
    needs: list[Need] = []
    for part in parts:
        case, decision = part.case, part.decision
        if decision is None:
            continue
        facts = replace(decision.facts, amount=whole)
        writes, apart = decision.plan.command is not None, apart_from(case, decision)
        same = (case.team_id, facts, writes, frozenset(apart))
        if same not in known:
            known.add(same)
            needs = needs_of(
                case,
                facts=facts,
                rules=rules_for(facts, decision.today),
                deciders=[person],
                writes=writes,
                apart=apart,
                also=needs,
            )
    return needs
