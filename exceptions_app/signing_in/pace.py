"""How fast passwords may be tried: of one name from everywhere, and from one address of every name.

Beyond some free tries the next must wait, longer each time up to a longest wait. Nobody is kept out for good:
a browser its person signed in with before has a count of its own (`devices`), a recovery code or a passkey
needs no pace, and whoever reads the person's mail can make a browser known.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, ip_address, ip_network

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from exceptions_app.people.models import User
from exceptions_app.signing_in.models import SignInTry

#: How long a try counts.
WINDOW = timedelta(hours=1)
#: So many tries a known browser has within the window before it counts like any other.
TRIES_OF_A_DEVICE = 10
HALF_OF_IPV6 = 64
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


class Whose(StrEnum):
    """What is tried too fast."""

    NAME = "name"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Pace:
    """So many tries are free within the window; then each waits twice as long as the one before."""

    free: int
    first: timedelta
    longest: timedelta

    def wait(self, tries: int) -> timedelta:
        """Return how long the next try waits after so many."""
        over = tries - self.free
        if over < 0:
            return timedelta(0)
        return min(self.first * (1 << min(over, 10)), self.longest)


#: Nine tries within the first quarter of an hour, then three in each.
OF_NAME = Pace(free=6, first=timedelta(minutes=2), longest=timedelta(minutes=5))
#: A company behind one address mistypes more often, and shares the wait.
OF_ADDRESS = Pace(free=30, first=timedelta(seconds=10), longest=timedelta(minutes=1))
PACES = {Whose.NAME: OF_NAME, Whose.ADDRESS: OF_ADDRESS}


@dataclass(frozen=True, slots=True)
class TooFast:
    """A try that is not looked at: whose pace it breaks, until when, and after how many others."""

    whose: Whose
    until: datetime
    tries: int


@transaction.atomic
def begin(name: str, *, address: str, device: str, now: datetime) -> SignInTry | TooFast:
    """Count a try before its password is looked at, or say that it comes too fast. Safe beside itself.

    `device`: the known browser of that person it comes from, else empty. A password that was right takes its
    try back.
    """
    hashed, address = hash_of(name), network_of(address)
    with connection.cursor() as cursor:
        for key in sorted((f"sign-in name {hashed}", f"sign-in address {address}")):
            cursor.execute(LOCK, [key])
    is_known = bool(device) and _since(now).filter(device=device).count() < TRIES_OF_A_DEVICE
    if not is_known:
        refused = _of(Whose.NAME, hashed, now) or _of(Whose.ADDRESS, address, now)
        if refused is not None:
            return refused
    return SignInTry.objects.create(
        name=hashed,
        person=User.objects.filter(username=name).first(),
        address=address,
        device=device if is_known else "",
        at=now,
    )


def begun_with(failed: SignInTry, now: datetime) -> list[TooFast]:
    """Return what is slowed down since just this try failed."""
    both = [_of(Whose.NAME, failed.name, now), _of(Whose.ADDRESS, failed.address, now)]
    return [each for each in both if each is not None and each.tries == PACES[each.whose].free]


def slowed_until(person: User, now: datetime) -> datetime | None:
    """Return until when unknown browsers wait with the person's name; None where they need not."""
    held = _of(Whose.NAME, hash_of(person.username), now)
    return held.until if held else None


def tries_of(person: User) -> QuerySet[SignInTry]:
    """Return what was tried with the person's name."""
    return SignInTry.objects.filter(name=hash_of(person.username))


def clear_old(now: datetime) -> None:
    """Forget what no longer counts."""
    SignInTry.objects.filter(at__lte=now - WINDOW).delete()


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the first half, since whoever has one has all of it."""
    try:
        known = ip_address(address)
    except ValueError:
        return address[:45]
    if isinstance(known, IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or ip_network((known, HALF_OF_IPV6), strict=False))


def hash_of(name: str) -> str:
    """Return under what a user name is counted."""
    key = f"sign-in name {settings.SECRET_KEY}".encode()
    return hmac.new(key, name.strip().casefold().encode(), "sha256").hexdigest()


def _of(whose: Whose, value: str, now: datetime) -> TooFast | None:
    counted = _since(now).filter(device="", **{whose: value})
    moments = list(counted.order_by("-at").values_list("at", flat=True))
    wait = PACES[whose].wait(len(moments))
    if not wait or now >= moments[0] + wait:
        return None
    return TooFast(whose, until=moments[0] + wait, tries=len(moments))


def _since(now: datetime) -> QuerySet[SignInTry]:
    return SignInTry.objects.filter(at__gt=now - WINDOW)
