"""Which proposals would have needed other approvals under the tried rules than under the live ones.

Each is looked at on the day it was made, for what it came to: its amount, percentage and lines are as they
were proposed. Teams, roles and limits of people are as they are now, for both states of the rules alike.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import LineValues
from exceptions_app.backtest.rules import APPROVING, Changed
from exceptions_app.cases.models import Case
from exceptions_app.kept_apart import Pair
from exceptions_app.people.models import User
from exceptions_app.playbook.amount import CHARGE, charged, days_later_of
from exceptions_app.policies import rows
from exceptions_app.policies.lookup import CompanyPolicies, policies_of
from exceptions_app.policies.matrix import Facts, Rule
from exceptions_app.policies.models import ApprovalRule
from exceptions_app.policies.rows import Rows
from exceptions_app.proposals import approvals, planning
from exceptions_app.proposals.candidates import Need
from exceptions_app.proposals.limits import measured
from exceptions_app.proposals.models import Proposal, ProposalLine
from exceptions_app.proposals.needs import needs_of, rules_for


class NeedsEffect(StrEnum):
    """What would be otherwise with whom a proposal needs."""

    MORE = "needs_more"
    FEWER = "needs_fewer"
    OTHERS = "needs_others"


NEEDS_EFFECTS = {
    NeedsEffect.MORE: _("Would need more approvals"),
    NeedsEffect.FEWER: _("Would need fewer approvals"),
    NeedsEffect.OTHERS: _("Would need other approvals"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherApprovals:
    """A proposal that would need others; `live` and `tried` are whom, a label for each who is needed.

    `amount` is what limits are held against, in the company's currency; None: nobody knows.
    """

    effect: NeedsEffect
    proposal: Proposal
    amount: Decimal | None
    live: tuple[str, ...]
    tried: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """What the ERP had of a line and what was wanted of it."""

    before: LineValues
    after: LineValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A proposal as it was made: its facts but for what calendars and rates say, and who decided on it."""

    proposal: Proposal
    facts: Facts
    lines: Sequence[Values]
    stakes: Sequence[Decimal | None]
    currency: str
    deciders: Sequence[User]
    apart: dict[int, Pair]


class Approvers:
    """Whom proposals made between two moments need under the live rows and the tried ones."""

    def __init__(
        self, live: Rows, tried: Rows, changed: Collection[Changed], since: datetime, until: datetime
    ) -> None:
        self.live, self.tried = live, tried
        self.changed = [each for each in changed if each.table in APPROVING]
        self.since, self.until = since, until

    def cases(self) -> QuerySet[Case]:
        """Return the cases with a proposal that may need others, by their primary keys."""
        made = self._made().filter(case=OuterRef("pk"))
        return Case.objects.filter(Exists(made)).order_by("pk")

    def _made(self) -> QuerySet[Proposal]:
        """Return the proposals that a changed row may be about, or about another part of one decision."""
        made = Proposal.objects.filter(created_at__gt=self.since, created_at__lte=self.until)
        about = Q(pk__in=[])
        for each in self.changed:
            about |= _is_about(each)
        return made.filter(about | Q(bundle__in=made.filter(about).exclude(bundle=None).values("bundle")))

    def of(self, cases: Collection[int]) -> list[Proposal]:
        """Return the proposals of some cases that may need others, the first made first."""
        related = ("case__company", "case__team", "case__order", "case__document", "bundle", "proposed_by")
        made = self._made().filter(case__in=cases).select_related(*related)
        parts = ("edited_by", "lines__case_line__order_line__item")
        return list(made.prefetch_related(*parts).order_by("case_id", "created_at", "pk"))

    def compare(self, proposal: Proposal) -> OtherApprovals | None:
        """Return whom a proposal would need that differs; None: the same.

        Raises RightlineError where a rule names a team that is not there, or a calendar cannot be read.
        """
        parts = [_as_made(each) for each in (proposal, *_other_parts(proposal))]
        if all(_asks_the_same(self.live, self.tried, part) for part in parts):
            return None
        live, tried = _needs(self.live, parts), _needs(self.tried, parts)
        effect = _effect(_places(live), _places(tried))
        if effect is None:
            return None
        return OtherApprovals(
            effect=effect,
            proposal=proposal,
            amount=parts[0].facts.amount,
            live=_labels(live),
            tried=_labels(tried),
        )


def _is_about(changed: Changed) -> Q:
    """Return which proposals a changed row may be about."""
    row = changed.row
    company = getattr(row, "company_id", None)
    about = Q() if company is None else Q(case__company=company)
    if isinstance(row, ApprovalRule):
        if row.type_code:
            about &= Q(case__type_code=row.type_code)
        if row.resolutions:
            about &= Q(resolution__in=row.resolutions)
        if row.supplier_id is not None:
            about &= Q(case__supplier=row.supplier_id)
    return about or Q(pk__isnull=False)


def _other_parts(proposal: Proposal) -> list[Proposal]:
    """Return the other parts of a decision on an order: each of them needs what all do."""
    bundle = proposal.bundle
    if bundle is None or bundle.incident_id is not None:
        return []
    others = bundle.proposals.exclude(pk=proposal.pk).select_related("case__company", "case__team")
    return list(others.order_by("case_id", "pk"))


def _as_made(proposal: Proposal) -> Made:
    case, lines = proposal.case, list(proposal.lines.all())
    return Made(
        proposal=proposal,
        facts=Facts(
            type_code=case.type_code,
            resolution=proposal.resolution,
            company_id=case.company_id,
            supplier_id=case.supplier_id,
            categories=planning.categories(line.case_line for line in lines),
            classes=planning.uncovered_classes(case),
            amount=measured(proposal, proposal.amount),
            percent=proposal.percent,
            days_later=None,
            charge=None,
        ),
        lines=list(_values(lines)),
        stakes=[line.case_line.amount for line in lines],
        currency=next((line.case_line.currency for line in lines), ""),
        deciders=approvals.deciders_of(proposal),
        apart=approvals.kept_from(proposal),
    )


def _values(lines: Iterable[ProposalLine]) -> Iterator[Values]:
    for line in lines:
        if line.before is not None and line.after is not None:
            yield Values(from_builtins(line.before, LineValues), from_builtins(line.after, LineValues))


def _of_company(known: Rows, made: Made) -> CompanyPolicies:
    company = made.facts.company_id
    return policies_of(known, [company], made.proposal.created_at).of(company)


def _facts(known: Rows, made: Made) -> Facts:
    """Return the facts with what calendars and rates of that day say. Raises ConfigurationError."""
    policies = _of_company(known, made)
    charge = None
    if made.facts.type_code == CHARGE and made.stakes:
        is_own = made.currency in ("", policies.company.currency)
        charge = charged(made.stakes, Decimal(1) if is_own else policies.rates.get(made.currency))
    return replace(made.facts, days_later=days_later_of(made.lines, policies.calendar), charge=charge)


def _asks_the_same(live: Rows, tried: Rows, made: Made) -> bool:
    """Say whether the same rules ask for the same people, so that nothing has to be worked out."""
    ours, theirs = ({(rule.id, rule.steps) for rule in _holding(known, made)} for known in (live, tried))
    return ours == theirs


def _holding(known: Rows, made: Made) -> list[Rule]:
    facts = _facts(known, made)
    with rows.seeing(known):
        return [rule for rule in rules_for(facts, _of_company(known, made).today) if rule.holds(facts)]


def _needs(known: Rows, parts: Sequence[Made]) -> list[Need]:
    """Return whom the first of the parts of one decision needs. Raises ConfigurationError."""
    first, *others = parts
    also = [need for part in others for need in _needs_of(known, part)]
    return _needs_of(known, first, also)


def _needs_of(known: Rows, made: Made, also: Iterable[Need] = ()) -> list[Need]:
    with rows.seeing(known):
        return needs_of(
            made.proposal.case,
            facts=_facts(known, made),
            rules=_holding(known, made),
            deciders=made.deciders,
            writes=made.proposal.writes_to_erp,
            apart=made.apart,
            also=also,
        )


#: Who fills one place: alternatives by team, role and limit, at one step.
Place = tuple[int, frozenset[tuple[int, str, Decimal | None]]]


def _by_place(needs: Iterable[Need]) -> list[list[Need]]:
    found: dict[tuple[int, int], list[Need]] = defaultdict(list)
    for need in needs:
        found[need.step, need.place].append(need)
    return [found[key] for key in sorted(found)]


def _places(needs: Iterable[Need]) -> Counter[Place]:
    return Counter(
        (some[0].step, frozenset((need.team.pk, need.role, need.min_limit) for need in some))
        for some in _by_place(needs)
    )


def _labels(needs: Iterable[Need]) -> tuple[str, ...]:
    return tuple(" / ".join(need.label for need in some) for some in _by_place(needs))


def _effect(live: Counter[Place], tried: Counter[Place]) -> NeedsEffect | None:
    more, fewer = tried - live, live - tried
    if more and fewer:
        return NeedsEffect.OTHERS
    if more:
        return NeedsEffect.MORE
    return NeedsEffect.FEWER if fewer else None
