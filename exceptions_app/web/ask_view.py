"""How messages to suppliers look: the form to write one, what was written, and how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exceptions_app.asking.draft import Draft, draft, inquiries_for
from exceptions_app.cases.models import Case
from exceptions_app.detection.inquiries import LABELS, Inquiry
from exceptions_app.people.models import User
from exceptions_app.web import formats
from exceptions_app.web.labels import Chip, Text
from suppliers.messaging.models import MessageState, SupplierMessage
from suppliers.messaging.sending import mail_of
from suppliers.profiles import Language

STATES: dict[str, Chip] = {
    MessageState.QUEUED: Chip(_("Waiting to be sent"), "cyan"),
    MessageState.SENT: Chip(_("Sent"), "good"),
    MessageState.FAILED: Chip(_("Not delivered"), "crit"),
    MessageState.WITHDRAWN: Chip(_("Withdrawn")),
}
SENT_TO_SOME = Chip(_("Sent, not to everybody"), "warn")
#: Each language by its own name.
LANGUAGES = {Language.ENGLISH: "English", Language.GERMAN: "Deutsch"}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something one can choose, and where that leads."""

    label: str
    url: str
    is_current: bool = False


# --- writing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddressChoice:
    """An address a message may go to."""

    address: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What somebody has written so far; `problems` by field, "" for the message as a whole."""

    recipients: Sequence[str]
    subject: str
    body: str
    copies_to_self: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForm:
    """The form of one message, filled in by its template or with what was typed."""

    inquiry: str
    label: str
    language: str
    inquiries: list[Choice]
    languages: list[Choice]
    addresses: list[AddressChoice]
    subject: str
    body: str
    own_address: str
    copies_to_self: bool
    words_from: str
    problems: Mapping[str, str]
    preview: "MailPreview | None" = None


def inquiry_choices(case: Case, current: str = "", *, language: str = "") -> list[Choice]:
    """Return what the supplier of a case can be asked about, each with the address of its form."""
    address = reverse("web:ask", args=[case.number])
    more = f"&language={language}" if language else ""
    return [
        Choice(gettext(LABELS[inquiry]), f"{address}?inquiry={inquiry}{more}", inquiry == current)
        for inquiry in inquiries_for([case])
    ]


def ask_form(
    case: Case,
    person: User,
    *,
    now: datetime,
    inquiry: str = "",
    language: str = "",
    typed: Typed | None = None,
    preview: "MailPreview | None" = None,
) -> AskForm:
    """Return the form of a message about one case."""
    offered = inquiries_for([case])
    written = draft(
        [case],
        person=person,
        at=now,
        inquiry=Inquiry(inquiry) if inquiry in offered else None,
        language=Language(language) if language in Language.values else None,
    )
    address = reverse("web:ask", args=[case.number])
    return AskForm(
        inquiry=written.inquiry,
        label=gettext(LABELS[written.inquiry]),
        language=written.language,
        inquiries=inquiry_choices(case, written.inquiry, language=written.language),
        languages=[
            Choice(
                name, f"{address}?inquiry={written.inquiry}&language={code.value}", code == written.language
            )
            for code, name in LANGUAGES.items()
        ],
        addresses=address_choices(written, typed),
        subject=typed.subject if typed else written.subject,
        body=typed.body if typed else written.body,
        own_address=person.email,
        copies_to_self=bool(typed and typed.copies_to_self),
        words_from=words_from(written),
        problems=typed.problems if typed else {},
        preview=preview,
    )


def address_choices(written: Draft, typed: Typed | None) -> list[AddressChoice]:
    """Return the addresses of a supplier, with those chosen."""
    chosen = typed.recipients if typed else written.recipients
    return [
        AddressChoice(each.address, each.label or written.supplier.name, each.address in chosen)
        for each in written.addresses
    ]


def words_from(written: Draft) -> str:
    """Return where the words of a draft are from."""
    if written.wording.template_id is None:
        return gettext("Standard words; an administrator can set others.")
    return gettext("Words of a template, policy release %(number)s.") % {"number": written.wording.release}


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


# --- what was written ---------------------------------------------------------------------------------------


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
