"""To whom in a team a case goes: whom the rule names, who looks after it, who buys it, who has least to do.

Whoever is away is passed over, and the words that go with the choice say so.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.db.models import Case as ByCase
from django.db.models import OuterRef, Subquery, Sum, When
from django.utils.formats import date_format
from django.utils.translation import gettext

from exceptions_app.cases.models import AT_REST, Case, Severity
from exceptions_app.people.models import Absence, Membership, Role, Team, User
from exceptions_app.policies.lookup import LineScope, Policies
from exceptions_app.policies.models import Responsibility

#: How much of a person a case takes: as its clocks run, twice as much with each band.
WEIGHTS = {Severity.LOW: 1, Severity.MEDIUM: 2, Severity.HIGH: 4, Severity.CRITICAL: 8}
#: Over whom work is spread: over those of the first of these roles in which anybody is there.
SPREAD_OVER = (Role.MEMBER, Role.LEAD, Role.MANAGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Somebody who works in a team; `away_until` is the last day of an absence that holds today."""

    person: User
    role: Role
    away_until: date | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets a case, and why in words; None: whoever is back first takes it from the queue."""

    person: User | None
    words: str


@dataclass(frozen=True, slots=True)
class _Claim:
    """People of whom one is to have a case for one reason; `why` puts a name into its words."""

    people: tuple[Worker, ...]
    why: Any


#: Who works in each team, by its primary key.
Workers = Mapping[int, Sequence[Worker]]


def workers_of(company_id: int, today: date) -> Workers:
    """Return, by team, everybody who works in a team of the company, in one query."""
    absences = Absence.objects.filter(person=OuterRef("user"), first_day__lte=today, last_day__gte=today)
    memberships = (
        Membership.objects.filter(team__company=company_id, user__is_active=True)
        .exclude(role=Role.AUDITOR)
        .select_related("user")
        .annotate(away_until=Subquery(absences.order_by("-last_day").values("last_day")[:1]))
        .order_by("user__username")
    )
    workers: dict[int, list[Worker]] = {}
    for each in memberships:
        worker = Worker(person=each.user, role=Role(each.role), away_until=each.away_until)
        workers.setdefault(each.team_id, []).append(worker)
    return workers


def loads_of(people: Iterable[User]) -> dict[int, int]:
    """Return, by person, how much their open cases weigh, in one query; who has none is left out."""
    weight = ByCase(*(When(severity=level, then=weight) for level, weight in WEIGHTS.items()))
    cases = Case.objects.filter(owner__in=[person.pk for person in people]).exclude(state__in=AT_REST)
    return dict(cases.order_by().values("owner").annotate(load=Sum(weight)).values_list("owner", "load"))


def choose(
    team: Team,
    workers: Sequence[Worker],
    *,
    named: User | None = None,
    scopes: Collection[LineScope] = (),
    buyer: str = "",
    policies: Policies,
) -> Choice:
    """Return to whom of the `workers` of the team a case goes that stands in `scopes`.

    Of several with the same claim the one with the least to do gets it, then the first by user name.
    """
    passed_over: list[str] = []
    for claim in _claims(team, workers, named=named, scopes=scopes, buyer=buyer, policies=policies):
        there = [worker for worker in claim.people if worker.away_until is None]
        if there:
            person = _least_loaded([worker.person for worker in there])
            return Choice(person, " ".join([*passed_over, claim.why(who=person)]))
        passed_over += [_is_away(worker) for worker in claim.people if _is_away(worker) not in passed_over]
    nobody = gettext("Nobody in %(team)s is there today: whoever is back first takes it from the queue.")
    return Choice(None, " ".join([*passed_over, nobody % {"team": team.name}]))


def _claims(
    team: Team,
    workers: Sequence[Worker],
    *,
    named: User | None,
    scopes: Collection[LineScope],
    buyer: str,
    policies: Policies,
) -> Iterator[_Claim]:
    """Yield who has a claim to the case, the strongest first."""
    by_id = {worker.person.pk: worker for worker in workers}
    if named is not None and named.pk in by_id:
        yield _Claim((by_id[named.pk],), partial(_say, gettext("The rule names %(who)s.")))
    for rung in policies.responsibilities_for(team.pk, scopes):
        carers = tuple(by_id[row.person_id] for row in rung if row.person_id in by_id)
        if carers:
            why = gettext("%(who)s looks after %(what)s.")
            # Names of suppliers and sites are no policies: they are read when they are told.
            named_row = Responsibility.objects.select_related("supplier", "warehouse").get(pk=rung[0].pk)
            yield _Claim(carers, partial(_say, why, what=looked_after(named_row)))
    buyers = tuple(worker for worker in workers if buyer and worker.person.erp_user == buyer)
    if buyers:
        yield _Claim(buyers, partial(_say, gettext("%(who)s is the buyer in the ERP."), buyer=buyer))
    for role in SPREAD_OVER:
        peers = tuple(worker for worker in workers if worker.role is role)
        if any(worker.away_until is None for worker in peers):
            yield _Claim(peers, partial(_say, gettext("%(who)s has the least to do at the moment.")))


def _say(words: str, **values: Any) -> str:
    return words % values


def _least_loaded(people: Sequence[User]) -> User:
    if len(people) == 1:
        return people[0]
    loads = loads_of(people)
    return min(people, key=lambda person: (loads.get(person.pk, 0), person.username))


def _is_away(worker: Worker) -> str:
    until = date_format(worker.away_until, "SHORT_DATE_FORMAT") if worker.away_until else ""
    return gettext("%(who)s is away until %(day)s.") % {"who": worker.person, "day": until}


def looked_after(row: Responsibility) -> str:
    """Return what somebody looks after, in words: a supplier, a category, an item, a site, or all."""
    parts = [
        row.item_number and gettext("item %(number)s") % {"number": row.item_number},
        row.category,
        row.supplier and row.supplier.name,
        row.warehouse and row.warehouse.name,
    ]
    return ", ".join(str(part) for part in parts if part) or gettext("everything in the team")
