"""Mails the notifications that are due. What cannot be sent is tried again later and stops nothing else."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext

from erp_connectors import clock
from exceptions_app.notifications.bursts import MANY, many
from exceptions_app.notifications.models import Notification
from exceptions_app.people.models import User
from exceptions_app.spoken.reading import in_words

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
FIRST_BACK_OFF = timedelta(minutes=1)
LONGEST_BACK_OFF = timedelta(hours=2)
MOST_TRIES = 10
#: How long mails are collected once many went to the same people.
HOLD = timedelta(minutes=10)
MOST_LISTED = 50


def send_due(limit: int = 50) -> int:
    """Mail up to `limit` notifications that are due, longest due first; return how many were taken.

    Those of one kind for the same people are one mail from MANY on; and once so many were sent within ten
    minutes, what follows is held back until they are over, and goes as one. Safe beside itself. A worker that
    dies while sending loses its lease, and the mail is sent by another; it may then come twice, but it never
    goes missing.
    """
    claimed = _claim(limit)
    for rows in _by_audience(claimed):
        held_until = _held_until(rows[0])
        if held_until is not None:
            _hold(rows, held_until)
        elif len(rows) >= MANY:
            _send(rows)
        else:
            for row in rows:
                _send([row])
    return len(claimed)


def _by_audience(claimed: list[Notification]) -> list[list[Notification]]:
    """Return the notifications in groups: of one kind, to the same people."""
    spared: dict[int, set[int]] = {}
    through = Notification.not_for.through.objects.filter(notification__in=claimed)
    for notification_id, user_id in through.values_list("notification_id", "user_id"):
        spared.setdefault(notification_id, set()).add(user_id)
    groups: dict[Any, list[Notification]] = {}
    for row in claimed:
        audience = (row.kind, row.team_id, row.person_id, frozenset(spared.get(row.pk, ())))
        groups.setdefault(audience, []).append(row)
    return list(groups.values())


def _held_until(row: Notification) -> datetime | None:
    """Return until when mails of this kind to these people are collected; None: they may go."""
    now = clock.now()
    sent = Notification.objects.filter(
        kind=row.kind,
        team=row.team_id,
        person=row.person_id,
        created_at__gt=now - LONGEST_BACK_OFF,
        mailed_at__gt=now - HOLD,
    )
    newest = list(sent.order_by("-mailed_at").values_list("mailed_at", flat=True)[: MANY - 1])
    return newest[0] + HOLD if len(newest) == MANY - 1 and newest[0] is not None else None


def _hold(rows: list[Notification], until: datetime) -> None:
    for row in rows:
        row.due_at, row.lease_until = until, None
        row.attempts -= 1
    Notification.objects.bulk_update(rows, ["due_at", "lease_until", "attempts"])


@transaction.atomic
def _claim(limit: int) -> list[Notification]:
    now = clock.now()
    claimed = list(
        Notification.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("case", "person", "team")
        .filter(Q(lease_until=None) | Q(lease_until__lte=now), due_at__lte=now)
        .order_by("due_at", "pk")[:limit]
    )
    for notification in claimed:
        notification.lease_until = now + LEASE
        notification.attempts += 1
    Notification.objects.bulk_update(claimed, ["lease_until", "attempts"])
    return claimed


def _send(rows: list[Notification]) -> None:
    addresses = _addresses(rows[0])
    if not addresses:
        _finish(rows, error="Nobody it is for has a mail address; it stands in the app.")
        return
    try:
        for language, readers in addresses.items():
            with translation.override(language):
                _mail(rows, readers).send()
    # What a mail server or an address can do wrong; everything of smtplib is an OSError.
    except (OSError, ValueError) as error:
        log.warning("mail_not_sent", notifications=[row.pk for row in rows], error=str(error))
        for row in rows:
            _try_again(row, error)
    else:
        _finish(rows, mailed_at=clock.now())


def _addresses(notification: Notification) -> dict[str, list[str]]:
    """Return the addresses of the person, or of everybody in the team who is not told of it elsewhere.

    By the language they read, which is that of the house unless they chose one.
    """
    people = User.objects.filter(is_active=True).exclude(email="")
    if notification.person_id is not None:
        people = people.filter(pk=notification.person_id)
    else:
        spared = notification.not_for.values("pk")
        people = people.filter(memberships__team=notification.team_id).exclude(pk__in=spared)
    addresses: dict[str, list[str]] = {}
    for language, email in people.order_by("language", "email").values_list("language", "email").distinct():
        readers = addresses.setdefault(language or settings.LANGUAGE_CODE, [])
        if email not in readers:
            readers.append(email)
    return addresses


def _mail(rows: list[Notification], addresses: list[str]) -> EmailMessage:
    first = rows[0]
    title = in_words(first.title) if len(rows) == 1 else many(first.kind, len(rows))
    # A line break in a subject would start a header of its own.
    subject = " ".join(f"[Rightline] {title}".split())
    parts = (
        [title, in_words(first.body), _link(first)]
        if len(rows) == 1
        else [title, *map(_item, rows[:MOST_LISTED])]
    )
    if len(rows) > MOST_LISTED:
        parts.append(gettext("and %(n)s more") % {"n": len(rows) - MOST_LISTED})
    return EmailMessage(subject=subject, body="\n\n".join(filter(None, parts)), to=addresses)


def _item(notification: Notification) -> str:
    return "\n".join(filter(None, [in_words(notification.title), _link(notification)]))


def _link(notification: Notification) -> str:
    path = notification.path or (f"/cases/{notification.case.number}/" if notification.case else "")
    return f"{settings.PUBLIC_ADDRESS}{path}" if path else ""


def _finish(rows: list[Notification], *, mailed_at: datetime | None = None, error: str = "") -> None:
    for row in rows:
        row.due_at = row.lease_until = None
        row.mailed_at, row.last_error = mailed_at, error
    Notification.objects.bulk_update(rows, ["due_at", "lease_until", "mailed_at", "last_error"])


def _try_again(notification: Notification, error: Exception) -> None:
    words = f"{type(error).__name__}: {error}"
    if notification.attempts >= MOST_TRIES:
        _finish([notification], error=f"Given up after {MOST_TRIES} tries. {words}")
        return
    pause = min(FIRST_BACK_OFF * 2 ** (notification.attempts - 1), LONGEST_BACK_OFF)
    notification.due_at = clock.now() + pause
    notification.lease_until = None
    notification.last_error = words
    notification.save(update_fields=["due_at", "lease_until", "last_error"])
