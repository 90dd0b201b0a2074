"""Mails the notifications that are due. What cannot be sent is tried again later and stops nothing else."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q

from erp_connectors import clock
from exceptions_app.notifications.models import Notification
from exceptions_app.people.models import User

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
FIRST_BACK_OFF = timedelta(minutes=1)
LONGEST_BACK_OFF = timedelta(hours=2)
MOST_TRIES = 10


def send_due(limit: int = 50) -> int:
    """Mail up to `limit` notifications that are due, longest due first; return how many were taken.

    Safe beside itself. A worker that dies while sending loses its lease, and the mail is sent by another; it
    may then come twice, but it never goes missing.
    """
    notifications = _claim(limit)
    for notification in notifications:
        _send(notification)
    return len(notifications)


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


def _send(notification: Notification) -> None:
    addresses = _addresses(notification)
    if not addresses:
        _finish(notification, error="Nobody it is for has a mail address; it stands in the app.")
        return
    try:
        _mail(notification, addresses).send()
    # What a mail server or an address can do wrong; everything of smtplib is an OSError.
    except (OSError, ValueError) as error:
        log.warning("mail_not_sent", notification=notification.pk, error=str(error))
        _try_again(notification, error)
    else:
        _finish(notification, mailed_at=clock.now())


def _addresses(notification: Notification) -> list[str]:
    """Return the addresses of the person, or of everybody in the team."""
    people = User.objects.filter(is_active=True).exclude(email="")
    if notification.person_id is not None:
        people = people.filter(pk=notification.person_id)
    else:
        people = people.filter(memberships__team=notification.team_id)
    return list(people.order_by("email").values_list("email", flat=True).distinct())


def _mail(notification: Notification, addresses: list[str]) -> EmailMessage:
    # A line break in a subject would start a header of its own.
    subject = " ".join(f"[Rightline] {notification.title}".split())
    parts = [notification.title, notification.body]
    if notification.case is not None:
        parts.append(f"{settings.PUBLIC_ADDRESS}/cases/{notification.case.number}/")
    return EmailMessage(subject=subject, body="\n\n".join(filter(None, parts)), to=addresses)


def _finish(notification: Notification, *, mailed_at: datetime | None = None, error: str = "") -> None:
    notification.due_at = notification.lease_until = None
    notification.mailed_at = mailed_at
    notification.last_error = error
    notification.save(update_fields=["due_at", "lease_until", "mailed_at", "last_error"])


def _try_again(notification: Notification, error: Exception) -> None:
    words = f"{type(error).__name__}: {error}"
    if notification.attempts >= MOST_TRIES:
        _finish(notification, error=f"Given up after {MOST_TRIES} tries. {words}")
        return
    pause = min(FIRST_BACK_OFF * 2 ** (notification.attempts - 1), LONGEST_BACK_OFF)
    notification.due_at = clock.now() + pause
    notification.lease_until = None
    notification.last_error = words
    notification.save(update_fields=["due_at", "lease_until", "last_error"])
