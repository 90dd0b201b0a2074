"""The form in which a message to a supplier is written: whom it goes to, what about, and its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext

from exceptions_app.asking.draft import Draft, draft, inquiries_for
from exceptions_app.cases.models import Case
from exceptions_app.detection.inquiries import LABELS, Inquiry
from exceptions_app.people.models import User
from exceptions_app.web.message_view import MailPreview
from suppliers.profiles import Language

#: Each language by its own name.
LANGUAGES = {Language.ENGLISH: "English", Language.GERMAN: "Deutsch"}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something one can choose, and where that leads."""

    label: str
    url: str
    is_current: bool = False


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
    preview: MailPreview | None = None


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
    preview: MailPreview | None = None,
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
