"""Who may try a draft of the rules, on history or in shadow, and in which companies it is seen."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from erp_connectors.companies import Company
from exceptions_app.people.permissions import companies_open
from exceptions_app.policies import drafts
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.web.access import person_of


def may_try(request: HttpRequest, draft: PolicyDraft) -> bool:
    """Say whether the person may try a draft: whoever may edit or review it."""
    person = person_of(request)
    return any(drafts.may(person, action, draft) for action in ("edit_policies", "review_policies"))


def draft_to_try(request: HttpRequest, draft_id: int) -> PolicyDraft:
    """Return a draft the person may try. Raises PermissionDenied where they may only see it, else Http404."""
    draft = get_object_or_404(drafts.visible_to(person_of(request)), pk=draft_id)
    if not may_try(request, draft):
        raise PermissionDenied(gettext("Rules are tried by who may edit or review them."))
    return draft


def companies_of(request: HttpRequest) -> list[Company]:
    """Return the companies of which the person sees what was tried."""
    return companies_open(person_of(request), "view_policies")
