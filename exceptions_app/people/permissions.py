"""Who may do what: one table of actions on a case, one of actions in a company, and the questions on them.

A permission follows from a membership: from how its team stands to the case, and from the role in that team.
Being superuser lets one look at everything and administer the rules; it neither works a case nor decides one.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q, QuerySet

from erp_connectors.companies import Company
from erp_connectors.errors import PermanentError
from exceptions_app.cases.models import Case, QueueEntry
from exceptions_app.people.models import Membership, Role, Team, User
from exceptions_app.people.standing_in import StandIn, read_stand_ins
from exceptions_app.proposals import conditions
from exceptions_app.proposals.models import ApprovalNeed, Proposal


class NotAllowed(PermanentError):
    """Somebody may not do this, or not in the state it is in; the text says which."""


class Relation(StrEnum):
    """How the team of a membership stands to a case."""

    OWNER = "owner"
    INVOLVED = "involved"
    COMPANY = "company"


Grant = tuple[Relation, Role]
EVERYBODY = (Role.MEMBER, Role.LEAD, Role.MANAGER, Role.AUDITOR)
WORKERS = (Role.MEMBER, Role.LEAD, Role.MANAGER)
LEADERS = (Role.LEAD, Role.MANAGER)
#: Roles that decide, the least first: each answers to what is asked of those before it.
DECIDING = (Role.MEMBER, Role.LEAD, Role.MANAGER)


def _grants(relation: Relation, roles: tuple[Role, ...]) -> frozenset[Grant]:
    return frozenset((relation, role) for role in roles)


OWNERS_WORKERS = _grants(Relation.OWNER, WORKERS)
OWNERS_LEADERS = _grants(Relation.OWNER, LEADERS)

#: Action on a case -> (how the team stands to it, role) that may do it. INVOLVED: it is in the team's queue
#: for a task, an approval or for information. COMPANY: another team of the same company.
CASE_ACTIONS: dict[str, frozenset[Grant]] = {
    "view": _grants(Relation.OWNER, EVERYBODY)
    | _grants(Relation.INVOLVED, EVERYBODY)
    | _grants(Relation.COMPANY, (Role.MANAGER, Role.AUDITOR)),
    "comment": OWNERS_WORKERS
    | _grants(Relation.INVOLVED, WORKERS)
    | _grants(Relation.COMPANY, (Role.MANAGER,)),
    "complete_task": OWNERS_WORKERS | _grants(Relation.INVOLVED, WORKERS),
    "take": OWNERS_WORKERS,
    "start": OWNERS_WORKERS,
    "ask": OWNERS_WORKERS,
    "wait_for_supplier": OWNERS_WORKERS,
    "note_answer": OWNERS_WORKERS,
    "resume": OWNERS_WORKERS,
    "escalate": OWNERS_WORKERS,
    "propose": OWNERS_WORKERS,
    "assign": OWNERS_LEADERS,
    "dismiss": OWNERS_LEADERS,
    "override_severity": OWNERS_LEADERS,
    "override_state": OWNERS_LEADERS,
    "override_owner": OWNERS_LEADERS,
    "override_clock": OWNERS_LEADERS,
    # Whoever counts the goods knows what came, also where the case is another team's.
    "override_position": OWNERS_LEADERS | _grants(Relation.INVOLVED, LEADERS),
    "settle_command": OWNERS_LEADERS,
    "end_override": OWNERS_LEADERS,
    "hand_over": OWNERS_LEADERS,
    "reopen": OWNERS_LEADERS,
}

PROCUREMENT, INTEGRATION = "PRO", "EDI"
ANY_TEAM = ("PRO", "PLN", "WHS", "FIN", "CSR", "SUP", "EDI")

#: Action in a company -> (team, role) that may do it.
COMPANY_ACTIONS: dict[str, frozenset[tuple[str, Role]]] = {
    "view_orders": frozenset((team, role) for team in ANY_TEAM for role in EVERYBODY),
    "view_documents": frozenset((team, role) for team in ANY_TEAM for role in EVERYBODY),
    "view_exchange": frozenset((INTEGRATION, role) for role in EVERYBODY)
    | frozenset((team, role) for team in ANY_TEAM for role in (Role.LEAD, Role.MANAGER, Role.AUDITOR)),
    "replay_interchange": frozenset((INTEGRATION, role) for role in WORKERS),
    # A corrected copy is read as the partner's word: that takes whoever answers for the exchange.
    "correct_interchange": frozenset((INTEGRATION, role) for role in LEADERS),
    "match_documents": frozenset((team, role) for team in ("PRO", "WHS", "FIN", "EDI") for role in WORKERS),
    "manage_incidents": frozenset((team, role) for team in ("PRO", "SUP") for role in WORKERS)
    | frozenset((team, role) for team in ANY_TEAM for role in LEADERS),
    "view_shadow": frozenset(
        (team, role) for team in ANY_TEAM for role in (Role.LEAD, Role.MANAGER, Role.AUDITOR)
    ),
    # A token lets a program in: that takes whoever answers for the exchange.
    "manage_tokens": frozenset((INTEGRATION, role) for role in LEADERS),
    "view_history": frozenset((team, role) for team in ANY_TEAM for role in (Role.MANAGER, Role.AUDITOR)),
    "view_policies": frozenset(
        (team, role) for team in ANY_TEAM for role in (Role.LEAD, Role.MANAGER, Role.AUDITOR)
    ),
    # Of a draft: in every company it says something about (`policies.drafts.may`).
    "edit_policies": frozenset((team, Role.MANAGER) for team in ANY_TEAM),
    "review_policies": frozenset((team, Role.MANAGER) for team in ANY_TEAM),
    "publish_policies": frozenset((team, Role.MANAGER) for team in ANY_TEAM),
}
#: What a superuser may do besides: look, and administer.
SUPERUSER_ACTIONS = frozenset(
    {"view", "view_orders", "view_documents", "view_exchange", "view_shadow", "view_history", "manage_tokens"}
    | {"view_policies", "edit_policies", "review_policies", "publish_policies"}
)


def may(user: User, action: str, case: Case) -> bool:
    """Say whether the person may do `action` on the case, whatever its state. KeyError: no such action."""
    grants = CASE_ACTIONS[action]
    if not user.is_active:
        return False
    if user.is_superuser and action in SUPERUSER_ACTIONS:
        return True
    return not grants.isdisjoint(_standing(user, case))


def permitted_actions(user: User, case: Case) -> frozenset[str]:
    """Return every action the person may do on the case, whatever its state."""
    if not user.is_active:
        return frozenset()
    standing = _standing(user, case)
    granted = {action for action, grants in CASE_ACTIONS.items() if not grants.isdisjoint(standing)}
    if user.is_superuser:
        granted |= SUPERUSER_ACTIONS & CASE_ACTIONS.keys()
    return frozenset(granted)


def those_allowed(user: User, action: str, cases: Iterable[Case]) -> list[Case]:
    """Return the cases on which the person may do `action`, whatever their state, in two queries.

    KeyError: no such action.
    """
    grants = CASE_ACTIONS[action]
    asked = list(cases)
    if not user.is_active:
        return []
    if user.is_superuser and action in SUPERUSER_ACTIONS:
        return asked
    memberships = memberships_of(user)
    involved: dict[int, set[int]] = {}
    for case, team in QueueEntry.objects.filter(case__in=asked).values_list("case_id", "team_id"):
        involved.setdefault(case, set()).add(team)
    return [
        case
        for case in asked
        if not grants.isdisjoint(_stands(memberships, case, involved.get(case.pk, frozenset())))
    ]


def may_in_company(user: User, action: str, company: Company) -> bool:
    """Say whether the person may do `action` in the company. KeyError: no such action."""
    grants = COMPANY_ACTIONS[action]
    if not user.is_active:
        return False
    if user.is_superuser and action in SUPERUSER_ACTIONS:
        return True
    return any(
        (membership.team.code, Role(membership.role)) in grants
        for membership in memberships_of(user)
        if membership.team.company_id == company.pk
    )


def companies_open(user: User, action: str) -> list[Company]:
    """Return the companies in which the person may do `action`, by name. KeyError: no such action."""
    grants = COMPANY_ACTIONS[action]
    if not user.is_active:
        return []
    if user.is_superuser and action in SUPERUSER_ACTIONS:
        return list(Company.objects.order_by("name"))
    granted = {
        membership.team.company
        for membership in memberships_of(user)
        if (membership.team.code, Role(membership.role)) in grants
    }
    return sorted(granted, key=lambda company: company.name)


def visible_cases(user: User) -> QuerySet[Case]:
    """Return the cases the person may see: in a queue of their teams, or all of a company they oversee.

    Whoever stands in for somebody also sees the cases behind the approvals that wait for them in that
    person's place, as long as they do.
    """
    if not user.is_active:
        return Case.objects.none()
    if user.is_superuser:
        return Case.objects.all()
    memberships = memberships_of(user)
    teams = [membership.team_id for membership in memberships]
    overseen = {
        membership.team.company_id
        for membership in memberships
        if (Relation.COMPANY, Role(membership.role)) in CASE_ACTIONS["view"]
    }
    # EXISTS, not IN: for one case the database looks up one entry instead of reading a team's whole queue.
    is_queued = Exists(QueueEntry.objects.filter(case=OuterRef("pk"), team__in=teams))
    visible = Q(team__in=teams) | Q(company__in=overseen) | Q(is_queued)
    stand_ins = standing_in(user)
    if stand_ins:
        passed_on = asked_in_place_of(stand_ins, user)
        visible |= Q(Exists(passed_on.filter(case=OuterRef("pk"))))
    return Case.objects.filter(visible)


def asked_in_place_of(stand_ins: Iterable[StandIn], user: User) -> QuerySet[Proposal]:
    """Return the proposals that wait for the person in the place of those they stand in for."""
    needs = Q(pk__in=[])
    for each in stand_ins:
        needs |= conditions.names_stand_in(each, roles=roles_filled_by(each.membership.role))
    return conditions.waiting(needs, user)


def addressed_to(user: User) -> QuerySet[Proposal]:
    """Return the proposals of which the person is told why they may not decide, or that they did already.

    They need not see the case: it asks whom they stand in for, whatever was passed on, or they have spoken.
    """
    needs = Q(approvals__person=user)
    for each in standing_in(user):
        needs |= conditions.names(each.membership, roles=roles_filled_by(each.membership.role))
    return Proposal.objects.filter(pk__in=ApprovalNeed.objects.filter(needs).values("proposal"))


def queue_teams(user: User) -> list[Team]:
    """Return the teams whose queue is open to the person, in a fixed order, with their companies."""
    return [membership.team for membership in memberships_of(user)] if user.is_active else []


def overseen_teams(user: User) -> list[Team]:
    """Return the other teams whose queue is open to the person: those of companies they oversee."""
    if not user.is_active:
        return []
    memberships = memberships_of(user)
    companies = {
        membership.team.company_id
        for membership in memberships
        if (Relation.COMPANY, Role(membership.role)) in CASE_ACTIONS["view"]
    }
    if not companies and not user.is_superuser:
        return []
    teams = Team.objects.exclude(pk__in=[membership.team_id for membership in memberships])
    if not user.is_superuser:
        teams = teams.filter(company__in=companies)
    return list(teams.select_related("company", "calendar").order_by("company__name", "name", "pk"))


def only_reads(user: User) -> bool:
    """Say whether the person is in teams, and in all of them as auditor."""
    return bool(memberships := memberships_of(user)) and all(
        each.role == Role.AUDITOR for each in memberships
    )


def audits_everything(user: User) -> bool:
    """Say whether the person audits every company: then also what is about none is theirs to read."""
    audited = {each.team.company_id for each in memberships_of(user) if each.role == Role.AUDITOR}
    return user.is_active and bool(audited) and not Company.objects.exclude(pk__in=audited).exists()


def works_in(user: User, team: Team) -> bool:
    """Say whether the person works in the team: its cases can be theirs, and they complete its tasks."""
    return user.is_active and any(
        membership.team_id == team.pk and membership.role in WORKERS for membership in memberships_of(user)
    )


# --- who decides --------------------------------------------------------------------------------------------


def decides(membership: Membership) -> bool:
    """Say whether a membership decides anything: an auditor's reads."""
    return membership.role in DECIDING


def deciding(memberships: QuerySet[Membership]) -> QuerySet[Membership]:
    """Return those of memberships that decide."""
    return memberships.filter(role__in=DECIDING)


def people_deciding_in(companies: Iterable[int]) -> QuerySet[User]:
    """Return the people who are here and decide in one of the companies."""
    return User.objects.filter(
        memberships__team__company__in=companies, memberships__role__in=DECIDING, is_active=True
    )


def fills(role: str, asked_for: str) -> bool:
    """Say whether somebody in `role` answers to what is asked of a role ("": of anybody who decides)."""
    return role in DECIDING and (not asked_for or _rank(role) >= _rank(asked_for))


def roles_filled_by(role: str) -> list[str]:
    """Return the roles that somebody in `role` answers to when they are asked for, with "" for any."""
    return ["", *DECIDING[: _rank(role) + 1]]


def filling(memberships: QuerySet[Membership], asked_for: str) -> QuerySet[Membership]:
    """Return those of memberships that answer to what is asked of a role ("": of anybody who decides)."""
    return memberships.filter(role__in=DECIDING[_rank(asked_for) :] if asked_for else DECIDING)


def higher_role(one: str, other: str) -> str:
    """Return which of two roles that are asked for is the higher one; "" is the least."""
    return max(one, other, key=lambda role: _rank(role) if role else -1)


def _rank(role: str) -> int:
    return DECIDING.index(Role(role))


def standing_in(user: User) -> Sequence[StandIn]:
    """Return every membership in which the person decides for somebody now; a request reads them once."""
    return _stand_ins_of(user) if user.stand_ins_read is None else user.stand_ins_read


def _stand_ins_of(user: User) -> tuple[StandIn, ...]:
    return tuple(each for each in read_stand_ins(user) if decides(each.membership))


def _standing(user: User, case: Case) -> frozenset[Grant]:
    """Return how each of the person's memberships stands to the case, with its role."""
    memberships = memberships_of(user)
    if not any(each.team.company_id == case.company_id for each in memberships):
        return frozenset()
    involved = QueueEntry.objects.filter(case=case).values_list("team_id", flat=True)
    return _stands(memberships, case, set(involved))


def _stands(memberships: Iterable[Membership], case: Case, involved: Collection[int]) -> frozenset[Grant]:
    """Return how memberships stand to a case in whose queues the teams `involved` have it."""
    standing: set[Grant] = set()
    for membership in memberships:
        if membership.team.company_id != case.company_id:
            continue
        role = Role(membership.role)
        standing.add((Relation.COMPANY, role))
        if membership.team_id in involved:
            standing.add((Relation.INVOLVED, role))
        if membership.team_id == case.team_id:
            standing.add((Relation.OWNER, role))
    return frozenset(standing)


def memberships_of(user: User) -> Sequence[Membership]:
    """Return the person's memberships with their teams, in a fixed order; a request reads them once."""
    return _read_memberships(user) if user.memberships_read is None else user.memberships_read


def remember_memberships(user: User) -> None:
    """Read the memberships of the person of a request, who has one standing from its start to its end."""
    user.memberships_read = _read_memberships(user)
    user.stand_ins_read = _stand_ins_of(user)


def forget_memberships(user: User) -> None:
    """Have the memberships of a person read again, since they ended in the middle of a request."""
    user.memberships_read = user.stand_ins_read = None


def _read_memberships(user: User) -> tuple[Membership, ...]:
    related = ("team__company", "team__calendar")
    order = ("team__company__name", "team__name", "team")
    return tuple(Membership.objects.filter(user=user).select_related(*related).order_by(*order))
