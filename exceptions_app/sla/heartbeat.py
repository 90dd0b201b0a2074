"""When sweep and auditor last ran: rows that tell everybody, whatever broker and cache have forgotten.

Beats are in the real time of the database, so that a clock that is set forward silences nothing.
"""

from datetime import datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from exceptions_app.sla.models import Heartbeat

SWEEP, AUDIT = "sweep", "audit"
#: After so long without a beat, something that runs every few seconds, or every minute, stands still.
STILL_AFTER = {SWEEP: timedelta(seconds=60), AUDIT: timedelta(seconds=180)}


Ages = dict[str, timedelta | None]


def beat(name: str, *, done_until: datetime | None = None, place: int | None = None) -> None:
    """Note that `name` ran now; where it says so, until when all is done, and how far its round has come."""
    told: dict[str, object] = {"beaten_at": Now()}
    if done_until is not None:
        told["done_until"] = done_until
    if place is not None:
        told["place"] = place
    Heartbeat.objects.update_or_create(name=name, defaults=told)


def ages() -> Ages:
    """Return how long ago each of those that must run last did; None: never."""
    age = ExpressionWrapper(Now() - F("beaten_at"), output_field=DurationField())
    heard = dict(Heartbeat.objects.annotate(age=age).values_list("name", "age"))
    return {name: heard.get(name) for name in STILL_AFTER}


def is_still(name: str, known: Ages) -> bool:
    """Say whether something that must run does not."""
    age = known[name]
    return age is None or age > STILL_AFTER[name]


def standing_still() -> list[str]:
    """Say which of those that must run do not, and for how long; nothing when all do."""
    known = ages()
    return [
        f"the {name} has not run yet"
        if age is None
        else f"the {name} has not run for {int(age.total_seconds())} s"
        for name, age in known.items()
        if is_still(name, known)
    ]
