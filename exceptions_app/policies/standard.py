"""The approval rules a company starts with: whom a decision needs besides somebody whose limit covers it.

Limits cover amounts; these name the others. An administrator changes them like any rule.
"""

from dataclasses import dataclass
from decimal import Decimal

from erp_connectors.companies import Company
from exceptions_app.policies.models import ApprovalRule, PolicyRelease


@dataclass(frozen=True, slots=True)
class StandardApproval:
    """One rule of the standard set, for decisions of some resolutions (none named: of all) on one type."""

    name: str
    type_code: str
    team: str
    resolutions: tuple[str, ...] = ()
    percent_above: Decimal | None = None


TEN_PERCENT = Decimal(10)
STANDARD_APPROVALS = (
    StandardApproval(
        "A shortage of more than 10 % also needs Planning", "quantity_short", "PLN", (), TEN_PERCENT
    ),
    StandardApproval(
        "A short shipment of more than 10 % also needs Planning", "ship_notice_short", "PLN", (), TEN_PERCENT
    ),
    StandardApproval(
        "Another price also needs Finance", "price_mismatch", "FIN", ("accept_price", "accept_price_once")
    ),
    StandardApproval("Another item also needs Planning", "substitution", "PLN", ("accept_substitute",)),
    StandardApproval(
        "A billed price also needs another of Finance", "invoice_price", "FIN", ("accept_as_billed",)
    ),
    StandardApproval("A billed price also needs Procurement", "invoice_price", "PRO", ("accept_as_billed",)),
    StandardApproval(
        "Other terms also need another of Finance", "invoice_terms", "FIN", ("accept_as_billed",)
    ),
    StandardApproval(
        "Paying what looks billed twice also needs another of Finance",
        "invoice_duplicate",
        "FIN",
        ("not_a_duplicate",),
    ),
)


def standard_approvals(company: Company, release: PolicyRelease, *, owner: str) -> list[ApprovalRule]:
    """Write the standard set for a company."""
    return ApprovalRule.objects.bulk_create(
        ApprovalRule(
            company=company,
            name=rule.name,
            type_code=rule.type_code,
            resolutions=list(rule.resolutions),
            percent_above=rule.percent_above,
            team_code=rule.team,
            release=release,
            owner=owner,
        )
        for rule in STANDARD_APPROVALS
    )
