"""Keeps sessions as rows that know their person, so that they can be listed and ended (SESSION_ENGINE)."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.utils import timezone

from erp_connectors import clock
from exceptions_app.people.models import User
from exceptions_app.signing_in.models import BrowserSession

SEEN_EVERY = timedelta(minutes=1)
#: What a session keeps however often it is saved anew, also under a new key.
KEPT = ("since", "last_seen_at", "address", "device")


class SessionStore(DatabaseStore):
    """Django's sessions in the database, which remember the row they were read from."""

    model_class: ClassVar[type[BrowserSession]] = BrowserSession
    row: BrowserSession | None = None

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        """Return the model of the rows."""
        return cls.model_class

    def _get_session_from_db(self) -> BrowserSession | None:
        self.row = super()._get_session_from_db()  # type: ignore[misc]
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> BrowserSession:
        """Return the row to save: the person of `data`, and what the row already knew of that person."""
        row: BrowserSession = super().create_model_instance(data)  # type: ignore[assignment]
        person = data.get(SESSION_KEY)
        row.person_id = int(person) if person else None
        if self.row is not None and self.row.pk == row.pk:
            row.public_id = self.row.public_id
        if self.row is not None and self.row.person_id == row.person_id:
            for name in KEPT:
                setattr(row, name, getattr(self.row, name))
        elif row.person_id is not None:
            row.since = clock.now()
        self.row = row
        return row


def note_use(row: BrowserSession, *, address: str, device: str, now: datetime) -> None:
    """Keep when and from where a session was used, at most once a minute or when the address is another."""
    is_recent = row.last_seen_at is not None and row.last_seen_at > now - SEEN_EVERY
    if is_recent and row.address == address:
        return
    row.last_seen_at, row.address, row.device = now, address[:45], device[:300]
    BrowserSession.objects.filter(pk=row.pk).update(
        last_seen_at=row.last_seen_at, address=row.address, device=row.device
    )


def live_sessions(person: User) -> QuerySet[BrowserSession]:
    """Return where the person is signed in, the last used first."""
    return BrowserSession.objects.filter(person=person, expire_date__gt=timezone.now()).order_by(
        "-last_seen_at", "pk"
    )


def end(person: User, public_id: UUID) -> bool:
    """End one session of the person; False when there is none of that name."""
    ended, _ = BrowserSession.objects.filter(person=person, public_id=public_id).delete()
    return ended > 0


def end_all(person: User, *, but: str | None = None) -> int:
    """End every session of the person except the one with the key `but`; return how many were alive."""
    rows = BrowserSession.objects.filter(person=person)
    if but is not None:
        rows = rows.exclude(pk=but)
    alive = rows.filter(expire_date__gt=timezone.now()).count()
    rows.delete()
    return alive
