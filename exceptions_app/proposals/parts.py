"""One decision over several cases of an order is carried out as one, once each of its parts is agreed to.

A part is the proposal for one case. One that is authorised waits for those that are not decided yet; one that
was rejected or withdrawn, or is void, has left, and the others go on without it. What they write goes to the
ERP as one group of commands.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from erp_connectors import clock
from erp_connectors.canonical.commands import LineValues
from erp_connectors.errors import RightlineError
from erp_connectors.identifiers import uuid7
from exceptions_app.cases.models import Case
from exceptions_app.playbook.inputs import UnusableInputs
from exceptions_app.playbook.situation import Plan
from exceptions_app.proposals import lifecycle, planning
from exceptions_app.proposals.change import lock
from exceptions_app.proposals.execute import execute
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.limits import OVER
from exceptions_app.proposals.models import Proposal, ProposalState
from exceptions_app.proposals.planning import Decision
from exceptions_app.proposals.renewal import look_again, reconsider

log = structlog.get_logger(__name__)


def queue_up(proposal: Proposal) -> None:
    """Lock the cases of all parts of the decision a proposal is a part of, by their keys.

    So two people who decide on two parts at once take turns, and the second knows what the first did.
    """
    if is_part(proposal):
        cases = Case.objects.filter(pk__in=_parts(proposal).values("case")).order_by("pk")
        list(cases.select_for_update(of=("self",)).values_list("pk"))


def is_part(proposal: Proposal) -> bool:
    """Say whether a proposal is a part of one decision over several cases, and about an order."""
    return proposal.bundle_id is not None and proposal.case.order_id is not None


def carry_out(proposal: Proposal, plan: Plan, *, at: datetime) -> Proposal:
    """Carry out what was authorised, a part of a decision with the others; return it as it is then."""
    if not is_part(proposal) or not _parts(proposal).exclude(pk=proposal.pk).exists():
        return execute(proposal, plan, at=at)
    carry_out_rest(proposal, at=at)
    return lock(proposal)


def carry_out_rest(proposal: Proposal, *, at: datetime) -> None:
    """Carry out the parts that are authorised where none of the decision on this order is undecided any more.

    A part whose values moved meanwhile is asked about again, and the others wait for it.
    """
    if not is_part(proposal):
        return
    parts = list(_parts(proposal).select_related("case").order_by("case_id", "pk"))
    if any(part.state in lifecycle.UNDECIDED for part in parts):
        return
    ready = [lock(part) for part in parts if part.state == ProposalState.APPROVED]
    plans = _as_agreed(ready, at)
    group = uuid7() if sum(plan.command is not None for plan in plans.values()) > 1 else None
    for part, plan in plans.items():
        execute(part, plan, at=at, group=group)


def carry_out_left() -> None:
    """Carry out the decisions whose last undecided part fell away while its order was looked at."""
    undecided = Proposal.objects.filter(
        bundle=OuterRef("bundle"), case__order=OuterRef("case__order"), state__in=lifecycle.UNDECIDED
    )
    waiting = Proposal.objects.filter(~Exists(undecided), state=ProposalState.APPROVED, bundle__isnull=False)
    one_of_each = waiting.order_by("bundle", "case__order").distinct("bundle", "case__order")
    for part in one_of_each.select_related("case"):
        try:
            with transaction.atomic():
                queue_up(part)
                carry_out_rest(part, at=clock.now())
        # One decision that cannot be carried out now must not keep the others from it.
        except RightlineError as problem:
            log.warning("decision_not_carried_out", proposal=str(part.pk), error=str(problem))


def _parts(proposal: Proposal) -> QuerySet[Proposal]:
    """Return the proposals of the same decision on the same order that have not come to nothing."""
    same = Proposal.objects.filter(bundle=proposal.bundle_id, case__order=proposal.case.order_id)
    return same.exclude(state__in=OVER)


def _as_agreed(parts: Sequence[Proposal], at: datetime) -> dict[Proposal, Plan]:
    """Return the plan of each part, if all are what was agreed to; none at all where a value moved."""
    written: dict[str, LineValues] = {}
    plans = {}
    for part in parts:
        decision = _decided_now(part, written, at)
        if decision is None:
            look_again(reconsider(part, "What it was decided on has changed", at=at), at=at)
            return {}
        if decision.plan.command is not None:
            written |= {line.number: line.after for line in decision.plan.lines}
        plans[part] = decision.plan
    return plans


def _decided_now(part: Proposal, written: dict[str, LineValues], at: datetime) -> Decision | None:
    """Return what a part decides after others have `written` to its order; None: not what was agreed to."""
    try:
        decision = planning.on_top(planning.decide_again(part, as_of=at), written)
    except UnusableInputs:
        return None
    return decision if decision.values_hash == values_hash(part) else None
