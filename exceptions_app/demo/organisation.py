"""Sets up the demo's companies: warehouses, calendars, teams, people with limits, and policies."""

from datetime import datetime
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from erp_connectors.companies import Company, Warehouse
from exceptions_app.asking.standard import STANDARD
from exceptions_app.demo.catalogue import TEAM_NAMES, DemoCompany, DemoPerson
from exceptions_app.people.models import Membership, Role, Team, User
from exceptions_app.policies.models import (
    ApprovalRule,
    Calendar,
    CompanyPolicy,
    EscalationStep,
    ExchangeRate,
    ImpactDefaults,
    MessageTemplate,
    PolicyRelease,
    Responsibility,
    RoutingRule,
    SeverityBands,
    TypeMode,
    TypeSetting,
)

DEMO_PASSWORD = "rightline"
WORKDAYS = range(5)


def set_up(demo: DemoCompany, release: PolicyRelease, now: datetime) -> Company:
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
    _rules(company, teams, release)
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
    user = User.objects.create(
        username=person.username,
        first_name=person.first_name,
        last_name=person.last_name,
        email=f"{person.username}@{demo.code}.example",
        password=make_password(DEMO_PASSWORD),
        time_zone=demo.time_zone,
        erp_user=person.erp_user,
    )
    Membership.objects.create(user=user, team=team, role=Role(person.role), limit=person.limit)


def _rules(company: Company, teams: dict[str, Team], release: PolicyRelease) -> None:
    ApprovalRule.objects.create(
        company=company,
        name="A shortage of more than 10 % also needs Planning",
        type_code="quantity_short",
        percent_above=Decimal(10),
        team_code="PLN",
        release=release,
        owner="Head of Procurement",
    )
    for team in teams.values():
        EscalationStep.objects.create(team=team, level=1, after_minutes=0, role=Role.LEAD, release=release)
        EscalationStep.objects.create(
            team=team, level=2, after_minutes=240, role=Role.MANAGER, release=release
        )
    ImpactDefaults.objects.create(
        company=company,
        margin_percent=Decimal(22),
        cover_days=30,
        demand_sd_percent=Decimal(40),
        recovery_days=14,
        penalty_per_day=Decimal(0),
        penalty_flat=Decimal(0),
        lost_sale_percent=Decimal(35),
        expedite_percent=Decimal(20),
        expedite_cost=Decimal(280),
        likelihood_percent=Decimal(25),
        wacc_percent=Decimal(9),
        hold_days=12,
        discount_percent=Decimal(2),
        handling_cost=Decimal(25),
        blinded_cost=Decimal(6),
        criticality=Decimal(1),
        release=release,
        owner="Controlling",
    )
    ImpactDefaults.objects.create(
        company=company, category="Fasteners", expedite_cost=Decimal(90), release=release, owner="Controlling"
    )
    SeverityBands.objects.create(
        company=company,
        medium=Decimal(200),
        high=Decimal(1000),
        critical=Decimal(5000),
        release=release,
        owner="Head of Procurement",
    )
    _routing(company, teams, release)
    other = "GBP" if company.currency == "EUR" else "EUR"
    rate = Decimal("1.15") if company.currency == "EUR" else Decimal("0.87")
    ExchangeRate.objects.create(company=company, currency=other, rate=rate, release=release, owner="Finance")


def _routing(company: Company, teams: dict[str, Team], release: PolicyRelease) -> None:
    """Set up where cases go: two rules, somebody with a field of their own, a type that only watches."""
    manager = Membership.objects.get(team=teams["PRO"], role=Role.MANAGER).user
    about_orders = {"fact": "family", "op": "one_of", "value": ["confirmation", "shipment"]}
    rules = (
        (
            5,
            "Orders with very much at risk go to the manager",
            {"all": [about_orders, {"fact": "amount", "op": "at_least", "value": "50000"}]},
            manager,
        ),
        (
            10,
            "Confirmations go to Procurement, whoever owns their type",
            {
                "all": [
                    {"fact": "family", "op": "is", "value": "confirmation"},
                    {"fact": "type", "op": "not_one_of", "value": ["date_earlier", "allocation_cut"]},
                ]
            },
            None,
        ),
    )
    for position, name, condition, person in rules:
        RoutingRule.objects.create(
            company=company,
            position=position,
            name=name,
            condition=condition,
            team=teams["PRO"],
            person=person,
            release=release,
            owner="Head of Procurement",
        )
    lead = Membership.objects.filter(team=teams["FIN"], role=Role.LEAD).first()
    if lead is not None:
        Responsibility.objects.create(
            company=company, team=teams["FIN"], person=lead.user, category="Bearings", release=release
        )
    TypeSetting.objects.create(
        company=company,
        type_code="date_earlier",
        mode=TypeMode.SHADOW,
        warehouse=company.warehouses.order_by("code")[0],
        release=release,
        owner="Head of the warehouse",
    )


def administrator() -> User:
    """Create the administrator of the demo, who sets rules and decides nothing."""
    return User.objects.create(
        username="ada",
        first_name="Ada",
        last_name="Adler",
        email="ada@rightline.example",
        password=make_password(DEMO_PASSWORD),
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
