"""Hears what Django, axes and allauth tell of sign-ins, and hands it on to the history."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)

# Brings axes' own receivers in before ours: what it counts stands on the request when we look.
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from exceptions_app.people.models import User
from exceptions_app.signing_in import factors, recorded


@receiver(user_login_failed)
def tell_failure(credentials: dict[str, Any], request: HttpRequest | None = None, **news: Any) -> None:
    """Tell of a failed sign-in; of those while the name is locked, only the lock is told."""
    if request is None or was_locked_already(request):
        return
    step = getattr(request, "failed_step", "password")
    recorded.sign_in_failed(request, _person(credentials.get("username")), step=step)


@receiver(user_locked_out)
def tell_lock(request: HttpRequest, username: str, **news: Any) -> None:
    """Tell that a name was locked, once for each lock."""
    if not was_locked_already(request):
        failures = settings.AXES_FAILURE_LIMIT
        recorded.locked_out(request, _person(username), failures=failures)


@receiver(user_logged_out)
def tell_sign_out(request: HttpRequest, user: User | None, **news: Any) -> None:
    """Tell that somebody signed out."""
    if isinstance(user, User):
        recorded.signed_out(request, user)


@receiver(authentication_failed)
def count_wrong_code(request: HttpRequest, user: User, authenticator: Authenticator, **news: Any) -> None:
    """Count a wrong code like a wrong password."""
    count_failure(request, user, step=str(authenticator.type))


@receiver(authenticator_added)
def tell_factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **news: Any) -> None:
    """Tell of a new factor, which this session has shown by setting it up."""
    if authenticator.type in factors.FACTORS:
        factors.note_factor_set_up(request, authenticator)
    recorded.factor_changed(request, user, authenticator, "added")


@receiver(authenticator_removed)
def tell_factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **news: Any) -> None:
    """Tell of a factor that is gone."""
    recorded.factor_changed(request, user, authenticator, "removed")


@receiver(authenticator_reset)
def tell_factor_reset(request: HttpRequest, user: User, authenticator: Authenticator, **news: Any) -> None:
    """Tell of new recovery codes."""
    recorded.factor_changed(request, user, authenticator, "renewed")


def count_failure(request: HttpRequest, person: User, *, step: str) -> None:
    """Count a failed step of this person towards the lock, as axes counts wrong passwords."""
    request.failed_step = step  # type: ignore[attr-defined]
    user_login_failed.send(__name__, credentials={"username": person.username}, request=request)


def was_locked_already(request: HttpRequest) -> bool:
    """Say whether axes let nobody try: the failures it counted before are not counted on."""
    counted = getattr(request, "axes_failures_since_start", None)
    return bool(getattr(request, "axes_locked_out", False)) and not counted


def _person(username: str | None) -> User | None:
    return User.objects.filter(username=username.replace("\0", "")).first() if username else None
