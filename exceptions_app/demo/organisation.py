"""Sets up the demo's companies: warehouses, calendars, teams, people with limits, and policies."""

from functools import cache

from django.contrib.auth.hashers import make_password

from erp_connectors.companies import Company, Warehouse
from exceptions_app.asking.standard import STANDARD
from exceptions_app.demo import rules
from exceptions_app.demo.catalogue import TEAM_NAMES, DemoCompany, DemoPerson
from exceptions_app.people.models import Membership, Role, Team, User
from exceptions_app.policies.models import (
    Calendar,
    CompanyPolicy,
    MessageTemplate,
    PolicyRelease,
)

DEMO_PASSWORD = "rightline"
WORKDAYS = range(5)


def set_up(demo: DemoCompany, release: PolicyRelease) -> Company:
    """Create the company with everything that people and rules need, and return it."""
    company = Company.objects.create(
        code=demo.code, name=demo.name, currency=demo.currency, time_zone=demo.time_zone
    )
    for code, name in demo.warehouses:
        Warehouse.objects.create(company=company, code=code, name=name)
    calendar = _calendar(demo, release)
    teams = {
        code: Team.objects.create(company=company, code=code, name=name, calendar=calendar)
        for code, name in TEAM_NAMES.items()
    }
    CompanyPolicy.objects.create(
        company=company,
        calendar=calendar,
        fallback_team=teams["PRO"],
        release=release,
        owner="Administration",
    )
    for person in demo.people:
        _person(demo, person, teams[person.team])
    rules.lay_down(company, teams, release)
    return company


def _calendar(demo: DemoCompany, release: PolicyRelease) -> Calendar:
    return Calendar.objects.create(
        code=demo.code,
        name=f"{demo.name}, working days",
        zone=demo.time_zone,
        hours={str(day): [[demo.opens, demo.closes]] for day in WORKDAYS},
        country=demo.country,
        subdivision=demo.subdivision,
        release=release,
        owner="Administration",
    )


def _person(demo: DemoCompany, person: DemoPerson, team: Team) -> None:
    user, _ = User.objects.get_or_create(
        username=person.username,
        defaults={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": f"{person.username}@{demo.code}.example",
            "password": _hashed(),
            "time_zone": demo.time_zone,
            "erp_user": person.erp_user,
        },
    )
    Membership.objects.create(user=user, team=team, role=Role(person.role), limit=person.limit)


@cache
def _hashed() -> str:
    """Return the demo's password as it is kept; computed once, for that is meant to be slow."""
    return make_password(DEMO_PASSWORD)


def administrators() -> tuple[User, User]:
    """Create the administrators of the demo, who set rules, review each other's, and decide nothing."""
    return _administrator("Ada", "Adler"), _administrator("Anton", "Albers")


def _administrator(first_name: str, last_name: str) -> User:
    return User.objects.create(
        username=first_name.lower(),
        first_name=first_name,
        last_name=last_name,
        email=f"{first_name.lower()}@rightline.example",
        password=_hashed(),
        is_staff=True,
        is_superuser=True,
    )


def mail_templates(release: PolicyRelease) -> None:
    """Write down the words of mails to suppliers as rules, so that an administrator finds them to change."""
    MessageTemplate.objects.bulk_create(
        MessageTemplate(
            inquiry=inquiry,
            language=language,
            subject=words.subject,
            body=words.body,
            line=words.line,
            release=release,
            owner="Head of Procurement",
        )
        for (inquiry, language), words in STANDARD.items()
    )
