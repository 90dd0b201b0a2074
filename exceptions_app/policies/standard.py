"""The approval rules a company starts with: whom a decision needs besides somebody whose limit covers it.

Limits cover amounts; these name the others (TAXONOMY, approval). An administrator changes them like any rule.
"""

from dataclasses import dataclass
from decimal import Decimal

from erp_connectors.companies import Company
from exceptions_app.policies import matrix
from exceptions_app.policies.models import ApprovalRule, PolicyRelease


@dataclass(frozen=True, slots=True)
class StandardApproval:
    """One rule of the standard set, for decisions of some resolutions (none named: of all) on one type.

    `asks` is written as people write it (`matrix.read_steps`).
    """

    name: str
    type_code: str
    asks: str
    resolutions: tuple[str, ...] = ()
    percent_above: Decimal | None = None
    days_above: int | None = None
    uncovered_class: str = ""
    charge_above: Decimal | None = None


TEN_PERCENT = Decimal(10)
STANDARD_APPROVALS = (
    StandardApproval(
        "A shortage of more than 10 % also needs Planning",
        "quantity_short",
        "PLN",
        percent_above=TEN_PERCENT,
    ),
    StandardApproval(
        "A short shipment of more than 10 % also needs Planning",
        "ship_notice_short",
        "PLN",
        percent_above=TEN_PERCENT,
    ),
    StandardApproval(
        "A date more than 10 days later needs a lead",
        "date_later",
        "PRO lead",
        ("accept_date",),
        days_above=10,
    ),
    StandardApproval(
        "A later date that leaves orders of class A or B uncovered needs a lead",
        "date_later",
        "PRO lead",
        ("accept_date",),
        uncovered_class="B",
    ),
    StandardApproval(
        "Another price also needs Finance", "price_mismatch", "FIN", ("accept_price", "accept_price_once")
    ),
    StandardApproval("Another item also needs Planning", "substitution", "PLN", ("accept_substitute",)),
    StandardApproval(
        "Another item that came also needs Planning", "receipt_wrong_item", "PLN", ("accept_substitute",)
    ),
    StandardApproval(
        "A billed price also needs another of Finance, and Procurement",
        "invoice_price",
        "FIN and PRO",
        ("accept_as_billed",),
    ),
    StandardApproval(
        "Other terms also need another of Finance", "invoice_terms", "FIN", ("accept_as_billed",)
    ),
    StandardApproval(
        "Paying what looks billed twice also needs another of Finance",
        "invoice_duplicate",
        "FIN",
        ("not_a_duplicate",),
    ),
    StandardApproval(
        "A charge of more than 50.00 also needs another of Finance",
        "invoice_charge",
        "FIN",
        ("accept_as_billed",),
        charge_above=Decimal(50),
    ),
)


def standard_approvals(company: Company, release: PolicyRelease, *, owner: str) -> list[ApprovalRule]:
    """Write the standard set for a company."""
    rules = [as_row(rule, company) for rule in STANDARD_APPROVALS]
    for rule in rules:
        rule.release, rule.owner = release, owner
    return ApprovalRule.objects.bulk_create(rules)


def as_row(rule: StandardApproval, company: Company) -> ApprovalRule:
    """Return a rule of the standard set as one of a company, in memory, of no release yet."""
    return ApprovalRule(
        company=company,
        name=rule.name,
        type_code=rule.type_code,
        resolutions=list(rule.resolutions),
        percent_above=rule.percent_above,
        days_above=rule.days_above,
        uncovered_class=rule.uncovered_class,
        charge_above=rule.charge_above,
        steps=matrix.kept_steps(matrix.read_steps(rule.asks)),
    )
