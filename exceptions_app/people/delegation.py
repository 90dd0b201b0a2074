"""Letting somebody else approve for a time, and taking it back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from exceptions_app.audit.record import Actor, record
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import Absence, Delegation, Membership, Team, User
from exceptions_app.people.permissions import NotAllowed, deciding

SUBJECT = "delegation"
#: Where a person sees who acts for them, and for whom they act.
PAGE = "/profile/delegations/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is passed on: to whom, on which days, up to which amount (None: the person's own limit), in which
    teams (none: in all of theirs).
    """

    delegate: User
    first_day: date
    last_day: date
    limit: Decimal | None = None
    teams: Collection[Team] = ()
    reason: str = ""


def check(person: User, terms: Terms) -> None:
    """Raise NotAllowed, in words that say what to choose instead, where the terms pass nothing on."""
    if terms.delegate == person or not terms.delegate.is_active:
        raise NotAllowed("Choose somebody else, who is here.")
    if terms.last_day < terms.first_day:
        raise NotAllowed("It ends before it begins.")
    if terms.limit is not None and terms.limit <= 0:
        raise NotAllowed("Write a limit above zero, or none for your own.")
    own = deciding(Membership.objects.filter(user=person)).select_related("team__company")
    decides = {each.team_id: each.team for each in own}
    foreign = [team for team in terms.teams if team.pk not in decides]
    if foreign or not decides:
        names = ", ".join(str(team) for team in foreign) or "any team"
        raise NotAllowed(f"{person} decides nothing in {names}: there is nothing to pass on.")
    chosen = list(terms.teams) or list(decides.values())
    works_in = deciding(Membership.objects.filter(user=terms.delegate))
    companies = set(works_in.values_list("team__company", flat=True))
    strange = [team for team in chosen if team.company_id not in companies]
    if strange:
        raise NotAllowed(f"{terms.delegate} does not work in {strange[0].company}: choose a colleague there.")


@transaction.atomic
def delegate(person: User, terms: Terms, *, by: Actor, at: datetime, is_away: bool = False) -> Delegation:
    """Let somebody approve in the place of a person, and tell both. `is_away`: the person is out then.

    Raises NotAllowed where `check` does, and where one would pass on to oneself what is somebody else's.
    """
    if by.person is not None and by.person not in (person, terms.delegate) and not by.person.is_superuser:
        raise NotAllowed("What somebody decides is passed on by themselves, or by an administrator.")
    if by.person == terms.delegate:
        raise NotAllowed("Nobody takes over what somebody else decides: they pass it on themselves.")
    check(person, terms)
    made = Delegation.objects.create(
        person=person,
        delegate=terms.delegate,
        limit=terms.limit,
        first_day=terms.first_day,
        last_day=terms.last_day,
        reason=terms.reason[:200],
        made_at=at,
    )
    made.teams.set(terms.teams)
    if is_away:
        Absence.objects.create(
            person=person, first_day=made.first_day, last_day=made.last_day, reason=terms.reason[:100]
        )
    words = f"{made.delegate} approves for {person} {in_words(made)}"
    record(
        "delegation.made",
        at=at,
        summary=words,
        subject=(SUBJECT, str(made.pk)),
        actor=by,
        after=values_of(made),
        reason=terms.reason,
    )
    _tell(made, words, at)
    return made


@transaction.atomic
def end(delegation: Delegation, *, by: Actor, at: datetime, reason: str = "") -> Delegation:
    """Take back what was passed on, at once; either of the two may, or an administrator. Tells both."""
    locked = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation.pk)
    if (
        by.person is not None
        and by.person not in (locked.person, locked.delegate)
        and not by.person.is_superuser
    ):
        raise NotAllowed("This is between two others.")
    if locked.ended_at is not None:
        return locked
    locked.ended_at = at
    locked.save(update_fields=["ended_at"])
    words = f"{locked.delegate} approves for {locked.person} no more"
    record(
        "delegation.ended",
        at=at,
        summary=words,
        subject=(SUBJECT, str(locked.pk)),
        actor=by,
        before=values_of(locked),
        reason=reason,
    )
    _tell(locked, words, at)
    return locked


def in_words(delegation: Delegation) -> str:
    """Return on which days and up to which amount a delegation holds, as part of a sentence."""
    upto = "within their limit" if delegation.limit is None else f"up to {delegation.limit:,.2f}"
    return f"from {delegation.first_day} to {delegation.last_day}, {upto}"


def values_of(delegation: Delegation) -> dict[str, str]:
    """Return a delegation as plain words, for the history."""
    return {
        "person": str(delegation.person),
        "delegate": str(delegation.delegate),
        "first_day": str(delegation.first_day),
        "last_day": str(delegation.last_day),
        "limit": "" if delegation.limit is None else str(delegation.limit),
        "teams": ", ".join(str(team) for team in delegation.teams.all()),
    }


def _tell(delegation: Delegation, words: str, at: datetime) -> None:
    for person in (delegation.person, delegation.delegate):
        Notification.objects.create(
            person=person,
            kind=NotificationKind.NEWS,
            title=words[:300],
            path=PAGE,
            created_at=at,
            due_at=at,
        )
