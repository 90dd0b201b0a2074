"""Locks after too many failed sign-ins: a user name at an address, so that nobody locks out a company.

What comes from many addresses or tries many names is slowed down instead (`pace`).
"""

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse

from exceptions_app.people.models import User
from exceptions_app.signing_in import pace


def locked_page(request: HttpRequest, person: User) -> HttpResponse | None:
    """Return the page that says the person is locked for this address; None when they are not."""
    credentials: dict[str, Any] = {"username": person.username}
    if AxesProxyHandler.is_allowed(request, credentials):
        return None
    answer: HttpResponse = get_lockout_response(request, None, credentials)
    return answer


def locked_addresses(person: User) -> list[str]:
    """Return the addresses for which failures of this person have reached the limit, whatever their age."""
    failures = (
        AccessAttempt.objects.filter(username=person.username)
        .values("ip_address")
        .annotate(failures=Sum("failures_since_start"))
        .filter(failures__gte=settings.AXES_FAILURE_LIMIT)
    )
    return sorted(str(each["ip_address"]) for each in failures)


def unlock(person: User) -> int:
    """Forget the person's failures from every address; return how many browsers were counted."""
    forgotten: int = reset(username=person.username)
    pace.tries_of(person).delete()
    return forgotten
