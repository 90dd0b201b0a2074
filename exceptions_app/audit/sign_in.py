"""Tells the history who signed in and out, who could not, and who was locked out."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from erp_connectors import clock
from exceptions_app.audit.concerns import only_company_of
from exceptions_app.audit.record import Actor, record
from exceptions_app.people.models import User


@receiver(user_logged_in, dispatch_uid="tell who signed in")
def tell_signed_in(sender: object, *, request: HttpRequest | None, user: Any, **news: Any) -> None:
    """Tell that somebody signed in. Without an address it was no person: a program made itself a session."""
    if request is not None and isinstance(user, User) and _address(request):
        _tell(request, "person.signed_in", f"{user} signed in", user, by=user)


@receiver(user_logged_out, dispatch_uid="tell who signed out")
def tell_signed_out(sender: object, *, request: HttpRequest | None, user: Any, **news: Any) -> None:
    """Tell that somebody signed out."""
    if request is not None and isinstance(user, User) and _address(request):
        _tell(request, "person.signed_out", f"{user} signed out", user, by=user)


@receiver(user_login_failed, dispatch_uid="tell who could not sign in")
def tell_refused(
    sender: object, *, credentials: dict[str, Any], request: HttpRequest | None = None, **news: Any
) -> None:
    """Tell that a password was wrong. A name that nobody has is not kept: it may be somebody's password."""
    if request is not None and _address(request):
        name = str(credentials.get("username") or "")
        person = _known(name)
        words = f"Nobody signed in as {person}" if person else "Nobody signed in: there is no such name"
        _tell(request, "person.not_signed_in", words, person)


@receiver(user_locked_out, dispatch_uid="tell who was locked out")
def tell_locked_out(sender: object, *, request: HttpRequest | None, username: str, **news: Any) -> None:
    """Tell that a name is locked for a while after too many wrong passwords."""
    if request is not None and _address(request):
        person = _known(username or "")
        words = f"{person} is locked out for a while" if person else "A name that nobody has is locked out"
        _tell(request, "person.locked_out", words, person)


def _tell(
    request: HttpRequest, kind: str, words: str, person: User | None, *, by: User | None = None
) -> None:
    record(
        kind,
        at=clock.now(),
        summary=words,
        subject=("user", str(person.pk) if person else ""),
        actor=Actor(by, f"web {_address(request)}", "" if by else "Somebody"),
        company=only_company_of(person) if person else None,
    )


def _known(name: str) -> User | None:
    return User.objects.filter(username=name.replace("\0", "")).first() if name else None


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
