"""Browsers that are known of a person, since they signed in there or opened a link from their mail.

A signed cookie says so. It lets nobody in: it only has a count of wrong passwords of its own (`pace`), so
that who is attacked from everywhere, or from next door, gets in where they always do.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from exceptions_app.people.models import User

SALT, SALT_OF_LINKS = "known browser", "link that makes a browser known"
LASTS = timedelta(days=365)
LINK_LASTS = timedelta(days=1)
MOST_PEOPLE = 5


def device_of(request: HttpRequest, person: User | None) -> str:
    """Return the name of the browser if it is known of the person; else empty."""
    kept = _kept(request)
    return kept.device if person is not None and person.pk in kept.people else ""


def spare(request: HttpRequest) -> None:
    """Keep the lock of a name at its address from this request: it comes from a known browser."""
    request.is_known_browser = True  # type: ignore[attr-defined]


def is_spared(request: HttpRequest, credentials: object = None) -> bool:
    """Say whether the lock of a name at its address holds for this request; axes asks."""
    return getattr(request, "is_known_browser", False)


def remember(request: HttpRequest, response: HttpResponse, person: User) -> None:
    """Let the browser know, with this response, that the person signs in with it."""
    kept = _kept(request)
    others = [each for each in kept.people if each != person.pk]
    said = {"device": kept.device, "people": [*others, person.pk][-MOST_PEOPLE:]}
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        signing.dumps(said, salt=SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def token_for(person: User) -> str:
    """Return what makes a browser known of the person, for a day."""
    return signing.dumps(person.pk, salt=SALT_OF_LINKS)


def person_of(token: str) -> User | None:
    """Return whom a token was made for; None where it is none, too old, or of somebody who left."""
    try:
        key = signing.loads(token, salt=SALT_OF_LINKS, max_age=LINK_LASTS)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=key, is_active=True).first()


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the cookie says: a name of the browser's own, and of whom it is known."""

    device: str
    people: tuple[int, ...] = ()


def _kept(request: HttpRequest) -> _Kept:
    try:
        kept = signing.loads(
            request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, ""), salt=SALT, max_age=LASTS
        )
    except signing.BadSignature:
        return _Kept(uuid4().hex)
    return _Kept(kept["device"], tuple(kept["people"]))
