"""How messages to suppliers look once they are written: the mail, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exceptions_app.detection.inquiries import LABELS
from exceptions_app.web import formats
from exceptions_app.web.labels import Chip, Text
from suppliers.messaging.models import MessageState, SupplierMessage
from suppliers.messaging.sending import mail_of

STATES: dict[str, Chip] = {
    MessageState.QUEUED: Chip(_("Waiting to be sent"), "cyan"),
    MessageState.SENT: Chip(_("Sent"), "good"),
    MessageState.FAILED: Chip(_("Not delivered"), "crit"),
    MessageState.WITHDRAWN: Chip(_("Withdrawn")),
}
SENT_TO_SOME = Chip(_("Sent, not to everybody"), "warn")


@dataclass(frozen=True, slots=True)
class MailPreview:
    """A mail as it is sent: its headers and its text."""

    headers: list[tuple[Text, str]]
    body: str


def preview_of(message: SupplierMessage) -> MailPreview:
    """Return what would be sent, or was."""
    mail = mail_of(message)
    headers: list[tuple[Text, str]] = [
        (_("From"), mail.from_email),
        (_("To"), ", ".join(mail.to)),
        (_("Copy"), ", ".join(mail.cc)),
        (_("Answers go to"), ", ".join(mail.reply_to)),
        (_("Subject"), str(mail.subject)),
    ]
    return MailPreview([(name, value) for name, value in headers if value], str(mail.body))


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message as a card; `may_send_again` where this person may."""

    id: str
    subject: str
    label: str
    supplier: str
    to: str
    by: str
    created_at: datetime
    sent_at: datetime | None
    chip: Chip
    error: str
    attempts: int
    is_waiting: bool
    mail: MailPreview
    cases: list[str]
    words_from: str
    may_send_again: bool = False

    @property
    def is_troubled(self) -> bool:
        """True when somebody has not got it."""
        return bool(self.error)


def message_view(message: SupplierMessage, *, may_ask: bool = False) -> MessageView:
    """Return a message as one reads it; its supplier and cases must be loaded."""
    release = message.release
    return MessageView(
        id=str(message.pk),
        subject=message.subject,
        label=inquiry_label(message.inquiry),
        supplier=message.supplier.name,
        to=formats.listed(message.recipients),
        by=message.sender_name if message.asked_by else gettext("Rightline"),
        created_at=message.created_at,
        sent_at=message.sent_at,
        chip=state_chip(message),
        error=message.last_error,
        attempts=message.attempts,
        is_waiting=message.state == MessageState.QUEUED,
        mail=preview_of(message),
        cases=[each.case_number for each in message.cases.all()],
        words_from=(
            gettext("policy release %(number)s") % {"number": release}
            if release
            else gettext("standard words")
        ),
        may_send_again=may_ask and message.state == MessageState.FAILED,
    )


def inquiry_label(code: str) -> str:
    """Return what a message is about in the reader's language; a code no longer known stays as it is."""
    known = {inquiry.value: label for inquiry, label in LABELS.items()}
    return gettext(known[code]) if code in known else code.replace("_", " ").capitalize()


def state_chip(message: SupplierMessage) -> Chip:
    """Return how far a message has come."""
    if message.state == MessageState.SENT and message.refused:
        return SENT_TO_SOME
    return STATES[message.state]
