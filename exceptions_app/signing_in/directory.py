"""Whose account it is that the company's directory vouches for, and which teams its groups stand for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from erp_connectors import clock
from erp_connectors.errors import PermanentError
from exceptions_app.audit.record import Actor, record
from exceptions_app.people.models import Membership, Role, User
from exceptions_app.signing_in.models import DirectoryGroup, DirectoryIdentity
from exceptions_app.signing_in.oidc import Identity

DIRECTORY = Actor(label="The company's directory", source="directory")
#: The stronger role counts where several groups stand for one team.
STRENGTH = (Role.AUDITOR, Role.MEMBER, Role.LEAD, Role.MANAGER)


class NoAccount(PermanentError):
    """The directory vouches for somebody who has no account here; the text is for that person."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a membership says."""

    role: str
    limit: Decimal | None


@transaction.atomic
def person_of(identity: Identity) -> User:
    """Return the person whom the directory vouches for, with the teams of their groups.

    By what was known of them before, else the one person with their verified address, else a new person where
    the settings allow it. Raises NoAccount.
    """
    issuer, subject = str(identity.claims["iss"]), str(identity.claims["sub"])
    known = DirectoryIdentity.objects.select_related("person").filter(issuer=issuer, subject=subject).first()
    person = known.person if known else _with_address(identity) or _added(identity)
    if not person.is_active:
        raise NoAccount(gettext("Please ask your administrator for access."))
    if known is None:
        DirectoryIdentity.objects.create(issuer=issuer, subject=subject, person=person)
        _tell("person.known_to_directory", person, f"{person} signs in with the company's directory")
    groups = identity.claims.get(settings.OIDC_GROUPS_CLAIM) if settings.OIDC_GROUPS_CLAIM else None
    # A provider that says nothing of groups, or too many to list, takes nothing away.
    if isinstance(groups, list):
        follow_groups(person, {str(group) for group in groups})
    return person


def follow_groups(person: User, groups: Iterable[str]) -> None:
    """Give the person the teams that the groups stand for, and take those away that no group stands for.

    What an administrator gave by hand stays as it is.
    """
    wanted = _wanted(groups)
    for row in Membership.objects.filter(user=person).select_related("team"):
        standing = wanted.pop(row.team_id, None)
        if not row.is_from_directory:
            continue
        if standing is None:
            row.delete()
            _tell("membership.removed", person, f"{person} is no longer in {row.team}, by their groups")
        elif standing != Standing(row.role, row.limit):
            row.role, row.limit = standing.role, standing.limit
            row.save(update_fields=["role", "limit"])
            _tell("membership.changed", person, f"{row}, by their groups")
    for team, standing in wanted.items():
        row = Membership.objects.create(
            user=person, team_id=team, role=standing.role, limit=standing.limit, is_from_directory=True
        )
        _tell("membership.added", person, f"{row}, by their groups")


def _wanted(groups: Iterable[str]) -> dict[int, Standing]:
    rows = DirectoryGroup.objects.filter(group__in=set(groups))
    strongest_last = sorted(rows, key=lambda row: (STRENGTH.index(Role(row.role)), row.limit or 0))
    return {row.team_id: Standing(row.role, row.limit) for row in strongest_last}


def _with_address(identity: Identity) -> User | None:
    """Return the one person with the verified address; nobody where several have it."""
    email = identity.verified_email
    people = list(User.objects.filter(email__iexact=email)[:2]) if email else []
    if len(people) > 1:
        raise NoAccount(gettext("Several people here have your e-mail address. Ask your administrator."))
    return people[0] if people else None


def _added(identity: Identity) -> User:
    """Add a person without any team, where the settings allow it."""
    if not settings.OIDC_ADDS_PEOPLE or not identity.verified_email:
        raise NoAccount(gettext("You have no access here yet. Your administrator adds people and teams."))
    claims = identity.claims
    person = User.objects.create(
        username=_free_name(str(claims.get("preferred_username") or identity.verified_email)),
        first_name=str(claims.get("given_name") or "")[:150],
        last_name=str(claims.get("family_name") or "")[:150],
        email=identity.verified_email,
    )
    person.set_unusable_password()
    person.save(update_fields=["password"])
    _tell("person.added", person, f"{person} added by the company's directory, without a team")
    return person


def _free_name(wanted: str) -> str:
    name = re.sub(r"[^\w.@+-]", "", wanted.partition("@")[0])[:100] or "person"
    number, free = 1, name
    while User.objects.filter(username=free).exists():
        number += 1
        free = f"{name}{number}"
    return free


def _tell(kind: str, person: User, words: str) -> None:
    record(kind, at=clock.now(), summary=words, subject=("user", str(person.pk)), actor=DIRECTORY)
