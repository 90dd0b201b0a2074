"""The rules of a company of the demo: who approves, how things escalate, what they cost, where cases go."""

from decimal import Decimal
from typing import Any

from erp_connectors.companies import Company
from exceptions_app.people.models import Membership, Role, Team
from exceptions_app.policies.models import (
    EscalationStep,
    ExchangeRate,
    ImpactDefaults,
    PolicyRelease,
    Responsibility,
    RoutingRule,
    SeverityBands,
    ToleranceRow,
    TypeMode,
    TypeSetting,
)
from exceptions_app.policies.standard import standard_approvals
from exceptions_app.policies.values import Direction, LimitState

ABOUT_ORDERS = {"fact": "family", "op": "one_of", "value": ["confirmation", "shipment"]}
VERY_MUCH = {"fact": "amount", "op": "at_least", "value": "50000"}
CONFIRMATIONS = {"fact": "family", "op": "is", "value": "confirmation"}
#: Types of the family of confirmations that others own.
OF_OTHERS = {"fact": "type", "op": "not_one_of", "value": ["date_earlier", "allocation_cut"]}
SHIPMENT_DELAYED = {"fact": "type", "op": "is", "value": "shipment_delayed"}
DATE_LATER = {"fact": "type", "op": "is", "value": "date_later"}
FOR_CLASS_A = {"fact": "customer_class", "op": "is", "value": "A"}
FOR_CLASS_A_OR_B = {"fact": "customer_class", "op": "one_of", "value": ["A", "B"]}
OF_CLASS_C = {"fact": "supplier_tier", "op": "is", "value": "C"}
BROKEN_WORD = {
    "fact": "type",
    "op": "one_of",
    "value": ["delivery_overdue", "confirmation_late", "date_later"],
}


def lay_down(company: Company, teams: dict[str, Team], release: PolicyRelease) -> None:
    """Write every rule of the company."""
    standard_approvals(company, release, owner="Head of Procurement")
    _escalation(teams, release)
    _costs(company, release)
    _severity(company, release)
    _tolerances(company, release)
    _routing(company, teams, release)
    _responsibility(company, teams, release)
    _pilot(company, release)
    _rates(company, release)


def _escalation(teams: dict[str, Team], release: PolicyRelease) -> None:
    """A breach goes to the lead at once, and to the manager after four hours."""
    for team in teams.values():
        for level, minutes, role in ((1, 0, Role.LEAD), (2, 240, Role.MANAGER)):
            EscalationStep.objects.create(
                team=team, level=level, after_minutes=minutes, role=role, release=release
            )


def _costs(company: Company, release: PolicyRelease) -> None:
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


def _severity(company: Company, release: PolicyRelease) -> None:
    SeverityBands.objects.create(
        company=company,
        medium=Decimal(200),
        high=Decimal(1000),
        critical=Decimal(5000),
        release=release,
        owner="Head of Procurement",
    )


def _tolerances(company: Company, release: PolicyRelease) -> None:
    ToleranceRow.objects.create(
        company=company,
        type_code="price_mismatch",
        direction=Direction.OVER,
        percent_state=LimitState.VALUE,
        percent=Decimal(2),
        release=release,
        owner="Head of Procurement",
    )


def _routing(company: Company, teams: dict[str, Team], release: PolicyRelease) -> None:
    """Say where cases go that do not go to the owner of their type."""
    manager = Membership.objects.get(team=teams["PRO"], role=Role.MANAGER).user
    rules: tuple[tuple[str, dict[str, Any], str, Any], ...] = (
        (
            "Orders with very much at risk go to the manager",
            {"all": [ABOUT_ORDERS, VERY_MUCH]},
            "PRO",
            manager,
        ),
        (
            "Planning looks first at what comes late and class A or B customers wait for",
            {"all": [DATE_LATER, FOR_CLASS_A_OR_B]},
            "PLN",
            None,
        ),
        (
            "Class A customers hear of late deliveries from Customer service",
            {"all": [SHIPMENT_DELAYED, FOR_CLASS_A]},
            "CSR",
            None,
        ),
        (
            "C suppliers that do not keep their word go to Supplier management",
            {"all": [BROKEN_WORD, OF_CLASS_C]},
            "SUP",
            None,
        ),
        (
            "Confirmations go to Procurement, whoever owns their type",
            {"all": [CONFIRMATIONS, OF_OTHERS]},
            "PRO",
            None,
        ),
    )
    for place, (name, condition, team, person) in enumerate(rules, start=1):
        RoutingRule.objects.create(
            company=company,
            position=5 * place,
            name=name,
            condition=condition,
            team=teams[team],
            person=person,
            release=release,
            owner="Head of Procurement",
        )


def _responsibility(company: Company, teams: dict[str, Team], release: PolicyRelease) -> None:
    """Bearings have somebody of their own in Finance."""
    lead = Membership.objects.filter(team=teams["FIN"], role=Role.LEAD).first()
    if lead is not None:
        Responsibility.objects.create(
            company=company, team=teams["FIN"], person=lead.user, category="Bearings", release=release
        )


def _pilot(company: Company, release: PolicyRelease) -> None:
    """Let one type that is off elsewhere run at the first site, and only watch at the others."""
    for place, warehouse in enumerate(company.warehouses.order_by("pk")):
        TypeSetting.objects.create(
            company=company,
            type_code="reconfirmation_due",
            mode=TypeMode.SHADOW if place else TypeMode.ON,
            warehouse=warehouse,
            release=release,
            owner="Head of Procurement",
        )


def _rates(company: Company, release: PolicyRelease) -> None:
    other, rate = ("GBP", "1.15") if company.currency == "EUR" else ("EUR", "0.87")
    ExchangeRate.objects.create(
        company=company, currency=other, rate=Decimal(rate), release=release, owner="Finance"
    )
