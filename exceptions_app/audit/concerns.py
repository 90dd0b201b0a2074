"""Whose an event is that is about no case: the company of a row, or of a person."""

from django.db.models import Model

from erp_connectors.companies import Company
from exceptions_app.people.models import User
from exceptions_app.people.permissions import memberships_of


def company_of(row: Model) -> Company | None:
    """Return the company of a row, or of its team or case; None: it is of several, or of none.

    That there is a company is a matter of the whole installation.
    """
    if isinstance(row, User):
        return only_company_of(row)
    for owner in (row, *(getattr(row, name, None) for name in ("team", "connection", "case"))):
        company = getattr(owner, "company", None)
        if isinstance(company, Company):
            return company
    return None


def only_company_of(person: User) -> Company | None:
    """Return the company of a person who is in teams of one only."""
    companies = {membership.team.company for membership in memberships_of(person)}
    return companies.pop() if len(companies) == 1 else None
