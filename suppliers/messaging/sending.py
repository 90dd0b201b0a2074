"""Sends the messages that are due, each once as far as SMTP allows.

The state of a message is its row. What the server took is written down before anything follows from it, and
is never sent again; only a worker that dies between the server's last word and that line sends a mail twice,
under the same Message-ID. Those above are asked whether a message is still wanted, and told in the
transaction that ends it.
"""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.utils import formataddr, parseaddr

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q

from erp_connectors import clock
from erp_connectors.errors import ConfigurationError, PermanentError, TransientError
from suppliers.messaging.models import MessageState, SupplierMessage
from suppliers.messaging.post import Delivery, ServerAway, deliver

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
FIRST_BACK_OFF = timedelta(seconds=30)
LONGEST_BACK_OFF = timedelta(minutes=10)
#: Half a working day: whoever asked should know by then that nobody was asked, and take the telephone.
GIVE_UP_AFTER = timedelta(hours=4)
LONGEST_ERROR = 2000

Ended = Callable[[SupplierMessage], object]
IsWanted = Callable[[SupplierMessage], bool]


class LeaseLost(TransientError):
    """Another worker has the message now: everything of this step is undone."""


def send_due(limit: int = 50, *, ended: Ended, is_wanted: IsWanted, seconds: float = 30.0) -> int:
    """Send up to `limit` messages that are due, for about so many seconds; return how many were taken.

    `ended` is called in the transaction that ends a message. While the server is away, all messages wait.
    """
    stop_at = time.monotonic() + seconds
    taken = 0
    while taken < limit and time.monotonic() < stop_at and (message := _claim()) is not None:
        taken += 1
        try:
            _send(message, ended, is_wanted)
        except ServerAway as away:
            _try_later(message, away, ended)
            _let_others_wait(message)
            break
    return taken


def mail_of(message: SupplierMessage) -> EmailMessage:
    """Return the mail as it is sent: plain text, from our address in the sender's name."""
    headers = {"Message-ID": message.message_id}
    if message.reminds is not None:
        headers |= {"In-Reply-To": message.reminds.message_id, "References": message.reminds.message_id}
    return EmailMessage(
        subject=message.subject,
        body=message.body,
        from_email=formataddr((message.sender_name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=message.recipients,
        cc=message.cc,
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers,
    )


@transaction.atomic
def _claim() -> SupplierMessage | None:
    """Take the message due longest; one at a time, so that no lease runs out while another is being sent."""
    now = clock.now()
    message = (
        SupplierMessage.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("reminds", "supplier")
        .filter(Q(lease_until=None) | Q(lease_until__lte=now), state=MessageState.QUEUED, due_at__lte=now)
        .order_by("due_at", "id")
        .first()
    )
    if message is not None:
        message.lease_until = now + LEASE
        message.attempts += 1
        message.save(update_fields=["lease_until", "attempts"])
    return message


def _send(message: SupplierMessage, ended: Ended, is_wanted: IsWanted) -> None:
    if not message.delivered and not is_wanted(message):
        _end(message, MessageState.WITHDRAWN, "Nobody waits for the answer any longer.", ended)
        return
    try:
        to = message.undelivered
        delivery = deliver(mail_of(message), to) if to else Delivery()
    except ServerAway:
        raise
    except (TransientError, ConfigurationError) as error:
        _try_later(message, error, ended)
    # A header that Django will not write is a ValueError.
    except (PermanentError, ValueError) as error:
        _end(message, _outcome(message), str(error), ended)
    else:
        _take_note(message, delivery, ended)


def _take_note(message: SupplierMessage, delivery: Delivery, ended: Ended) -> None:
    message.delivered += delivery.delivered
    message.refused |= delivery.refused
    _write(message, delivered=message.delivered, refused=message.refused)
    if delivery.deferred:
        _try_later(message, TransientError(_listed(delivery.deferred)), ended)
    else:
        _end(message, _outcome(message), _listed(message.refused), ended)


def _outcome(message: SupplierMessage) -> MessageState:
    return MessageState.SENT if message.delivered else MessageState.FAILED


def _listed(words: Mapping[str, str]) -> str:
    return "; ".join(f"{address}: {said}" for address, said in words.items())


def _try_later(message: SupplierMessage, error: Exception, ended: Ended) -> None:
    """Let the message wait longer each time; after half a day it has failed for whoever has not got it."""
    now = clock.now()
    log.warning("message_not_sent", message=str(message.pk), error=str(error))
    if now >= message.queued_at + GIVE_UP_AFTER:
        _end(message, _outcome(message), f"Given up after {message.attempts} tries. {error}", ended)
        return
    wait = min(FIRST_BACK_OFF * 2 ** min(message.attempts - 1, 10), LONGEST_BACK_OFF)
    _write(message, lease_until=None, due_at=now + wait, last_error=str(error)[:LONGEST_ERROR])


def _let_others_wait(message: SupplierMessage) -> None:
    """Spare a server that is away, and the queue, the tries of all other messages."""
    until = clock.now() + FIRST_BACK_OFF
    waiting = SupplierMessage.objects.filter(state=MessageState.QUEUED, lease_until=None, due_at__lt=until)
    waiting.exclude(pk=message.pk).update(due_at=until)


def _end(message: SupplierMessage, state: MessageState, words: str, ended: Ended) -> None:
    message.state, message.last_error = state, words[:LONGEST_ERROR]
    message.sent_at = clock.now() if state == MessageState.SENT else None
    with transaction.atomic():
        ended(message)
        _write(
            message,
            state=message.state,
            last_error=message.last_error,
            sent_at=message.sent_at,
            due_at=None,
            lease_until=None,
        )


def _write(message: SupplierMessage, **values: object) -> None:
    """Write to the row only what this worker may: whoever lost the lease lost the right to."""
    held = SupplierMessage.objects.filter(pk=message.pk, lease_until=message.lease_until)
    if not held.update(**values):
        raise LeaseLost("Another worker has the message now.")
