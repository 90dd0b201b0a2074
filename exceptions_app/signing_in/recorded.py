"""Tells the history of sign-ins: who came in with what, who did not, and what changed about how they do."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from erp_connectors import clock
from exceptions_app.audit.concerns import only_company_of
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor, record
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import User
from exceptions_app.signing_in import known
from exceptions_app.signing_in.models import SignInTry
from exceptions_app.signing_in.pace import TooFast, Whose

NOBODY = Actor(label="Somebody")
#: How a step of a sign-in is called.
STEPS = {
    "password": "password",
    "directory": "the company's directory",
    "totp": "a code from an app",
    "webauthn": "a passkey",
    "recovery_codes": "a recovery code",
}


def signed_in(request: HttpRequest, person: User, steps: Iterable[dict[str, Any]]) -> None:
    """Tell that somebody signed in, and with what."""
    used = [str(each.get("type") or each["method"]) for each in steps]
    words = " and ".join(STEPS.get(each, each) for each in used) or "no step of their own"
    tell(request, person, "person.signed_in", f"{person} signed in with {words}", after={"steps": used})


def signed_out(request: HttpRequest, person: User) -> None:
    """Tell that somebody signed out."""
    tell(request, person, "person.signed_out", f"{person} signed out")


def sign_in_failed(request: HttpRequest, person: User | None, *, step: str) -> None:
    """Tell that a sign-in failed. A name that nobody has is not kept: people type passwords there."""
    if person is None:
        words = "A sign-in failed: nobody has the user name"
    else:
        words = f"A sign-in as {person.username} failed: wrong {_bare(step)}"
    tell(request, person, "person.not_signed_in", words, actor=NOBODY, after={"step": step})


def not_vouched_for(request: HttpRequest, why: str) -> None:
    """Tell that the company's directory let nobody in, and why."""
    words = "Nobody signed in with the company's directory"
    tell(
        request,
        None,
        "person.not_signed_in",
        words,
        actor=NOBODY,
        after={"step": "directory", "why": why[:500]},
    )


def locked_out(request: HttpRequest, person: User | None, *, failures: int) -> None:
    """Tell that a user name is locked for an address."""
    name = person.username if person else "a name that nobody has"
    words = f"Signing in as {name} from this address is locked after {failures} failures"
    tell(request, person, "person.locked_out", words, actor=NOBODY, after={"failures": failures})


def slowed_down(request: HttpRequest, failed: SignInTry, held: TooFast) -> None:
    """Tell that tries wait from now on: of a name wherever they come from, or of an address."""
    after = {"tries": held.tries, "until": held.until.isoformat()}
    if held.whose is Whose.ADDRESS:
        words = f"Signing in from {failed.address} is slowed down after {held.tries} failures"
        tell(request, None, "address.slowed_down", words, actor=NOBODY, after=after)
        return
    person = failed.person
    name = person.username if person else "a name that nobody has"
    words = f"Signing in as {name} is slowed down after {held.tries} failures from several browsers"
    if person is not None and not _was_told_today(person):
        _write_to(person)
    tell(request, person, "person.slowed_down", words, actor=NOBODY, after=after)


def _was_told_today(person: User) -> bool:
    told = Event.objects.filter(subject_kind="user", subject_id=str(person.pk), kind="person.slowed_down")
    return told.filter(at__gt=clock.now() - timedelta(days=1)).exists()


def _write_to(person: User) -> None:
    """Tell the person by mail, with a link that makes the browser known in which it is opened."""
    now, token = clock.now(), known.token_for(person)
    address = f"{settings.PUBLIC_ADDRESS}{reverse('known_browser', args=[token])}"
    with translation.override(person.language or settings.LANGUAGE_CODE):
        Notification.objects.create(
            person=person,
            kind=NotificationKind.NEWS,
            title=gettext("Somebody tries to sign in with your name"),
            body=gettext(
                "A wrong password was given for %(name)s several times, so browsers that do not know you "
                "have to wait. Where you signed in before you need not. If you want to sign in with another "
                "browser, open this link in it first, within a day: %(address)s"
            )
            % {"name": person.username, "address": address},
            path=reverse("mfa_index"),
            created_at=now,
            due_at=now,
        )


def browser_made_known(request: HttpRequest, person: User) -> None:
    """Tell that a browser is known of the person by a link from their mail."""
    words = f"A browser is known of {person}, by a link from their mail"
    tell(request, person, "person.browser_known", words, actor=NOBODY)


def factor_changed(request: HttpRequest, person: User, factor: Authenticator, verb: str) -> None:
    """Tell that a second factor was added, renamed, removed or made anew."""
    kind = str(factor.type)
    tell(
        request,
        person,
        f"factor.{verb}",
        f"{_bare(kind).capitalize()} {verb} by {person}",
        after={"factor": kind, "name": str(factor)},
    )


def tell(
    request: HttpRequest,
    person: User | None,
    kind: str,
    words: str,
    *,
    actor: Actor | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add an event about how a person signs in, done by that person unless `actor` says otherwise."""
    source = f"web {request.META.get('REMOTE_ADDR', '')}".strip()
    who = actor or Actor(person)
    record(
        kind,
        at=clock.now(),
        summary=words,
        subject=("user", str(person.pk) if person else ""),
        actor=Actor(who.person, source, who.label),
        company=only_company_of(person) if person else None,
        after=after,
    )


def _bare(step: str) -> str:
    return STEPS.get(step, step).removeprefix("a ")
