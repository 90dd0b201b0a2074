"""Queues messages to suppliers: checked, numbered and written as rows, to be sent by `sending`."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from erp_connectors.documents.models import Supplier
from erp_connectors.errors import ConflictError
from erp_connectors.identifiers import uuid7
from suppliers.messaging.addresses import (
    UnusableMessage,
    checked_addresses,
    checked_body,
    checked_subject,
    is_address,
    one_line,
)
from suppliers.messaging.models import MessageCase, MessageState, SupplierMessage


def compose(
    supplier: Supplier,
    *,
    inquiry: str,
    language: str,
    recipients: Iterable[str],
    subject: str,
    body: str,
    at: datetime,
    cc: Iterable[str] = (),
    sender_name: str,
    reply_to: str = "",
    asked_by: str = "",
    template_id: int | None = None,
    release: int | None = None,
    reminds: SupplierMessage | None = None,
) -> SupplierMessage:
    """Return a message as it would be sent, not yet saved. Raises UnusableMessage, naming the field."""
    to = checked_addresses(recipients, field="recipients")
    if not to:
        raise UnusableMessage("Choose who gets the message.", field="recipients")
    key = uuid7()
    return SupplierMessage(
        id=key,
        company=supplier.company,
        supplier=supplier,
        inquiry=inquiry,
        language=language,
        sender_name=one_line(sender_name)[:200],
        reply_to=reply_to if is_address(reply_to) else "",
        recipients=to,
        cc=[each for each in checked_addresses(cc, field="cc") if each not in to],
        subject=checked_subject(subject),
        body=checked_body(body),
        template_id=template_id,
        release=release,
        asked_by=asked_by,
        reminds=reminds,
        created_at=at,
        queued_at=at,
        due_at=at,
        message_id=f"<{key}@{our_domain()}>",
    )


@transaction.atomic
def queue(message: SupplierMessage, *, cases: Sequence[str]) -> SupplierMessage:
    """Have a message sent that is about the cases with these numbers."""
    message.save(force_insert=True)
    MessageCase.objects.bulk_create(MessageCase(message=message, case_number=number) for number in cases)
    return message


@transaction.atomic
def queue_again(message: SupplierMessage, *, at: datetime) -> SupplierMessage:
    """Have a message that failed sent once more, to everybody who has not got it. Raises ConflictError."""
    locked = SupplierMessage.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if locked.state != MessageState.FAILED:
        state = locked.get_state_display().lower()
        raise ConflictError(f"The message is {state}: only one that failed is tried again.")
    locked.state, locked.refused, locked.last_error = MessageState.QUEUED, {}, ""
    locked.queued_at = locked.due_at = at
    locked.attempts, locked.lease_until = 0, None
    locked.save(
        update_fields=["state", "refused", "last_error", "queued_at", "due_at", "attempts", "lease_until"]
    )
    return locked


def our_domain() -> str:
    """Return the domain our mails come from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def messages_about(case_number: str) -> QuerySet[SupplierMessage]:
    """Return the messages about a case, newest first, with the numbers of all cases each is about."""
    about = SupplierMessage.objects.filter(cases__case_number=case_number)
    return about.select_related("supplier").prefetch_related("cases").order_by("-created_at", "-id")
