"""A mail before it is sent: to whom it may go, and what it says unless somebody changes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from erp_connectors.documents.models import Supplier
from exceptions_app.asking.facts import Facts
from exceptions_app.asking.wording import Wording, wording_for
from exceptions_app.cases.models import Case
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.registry import exception_type
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.policies.texts import fill
from suppliers.messaging.addresses import LONGEST_SUBJECT, is_address, one_line
from suppliers.profiles import Contact, Language, language_of


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address we know of a supplier, and whose it is; `label` empty: the supplier's own."""

    address: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail to one supplier about some of its cases, as it would be written now.

    `addresses`: whom it may go to; none when nobody knows one. `wording`: the rule the words are from.
    """

    cases: tuple[Case, ...]
    supplier: Supplier
    inquiry: Inquiry
    language: Language
    addresses: tuple[Address, ...]
    subject: str
    body: str
    wording: Wording

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whom it goes to unless somebody chooses others: the first address we know."""
        return tuple(each.address for each in self.addresses[:1])


def draft(
    cases: Sequence[Case],
    *,
    person: User | str,
    at: datetime,
    inquiry: Inquiry | None = None,
    language: Language | None = None,
) -> Draft:
    """Return the mail about these cases in the words of its template; by default the likeliest inquiry.

    Raises NotAllowed for cases of no supplier, or of more than one.
    """
    supplier = supplier_of(cases)
    inquiry = inquiry or inquiries_for(cases)[0]
    language = language or language_of(supplier)
    wording = wording_for(cases, inquiry, language, at=at)
    facts = Facts(cases, language=language, person=str(person), at=at).of_mail(wording.words.line)
    return Draft(
        cases=tuple(cases),
        supplier=supplier,
        inquiry=inquiry,
        language=language,
        addresses=tuple(addresses_of(supplier)),
        subject=one_line(fill(wording.words.subject, facts))[:LONGEST_SUBJECT],
        body=fill(wording.words.body, facts),
        wording=wording,
    )


def supplier_of(cases: Sequence[Case]) -> Supplier:
    """Return the one supplier of all these cases. Raises NotAllowed."""
    suppliers = {case.supplier_id for case in cases}
    supplier = cases[0].supplier if cases else None
    if supplier is None or len(suppliers) != 1:
        raise NotAllowed("A message goes to one supplier, about cases of that supplier.")
    return supplier


def inquiries_for(cases: Sequence[Case]) -> tuple[Inquiry, ...]:
    """Return what one can ask about all of these cases, the likeliest first, anything else last."""
    fitting = [exception_type(case.type_code).asks() for case in cases]
    return tuple(inquiry for inquiry in fitting[0] if all(inquiry in others for others in fitting))


def addresses_of(supplier: Supplier) -> list[Address]:
    """Return the mail addresses we know of a supplier, its own first; what is no address is left out."""
    contacts = Contact.objects.filter(supplier=supplier).order_by("name", "pk")
    known = [Address(supplier.email)]
    known += [Address(each.email, ", ".join(filter(None, (each.name, each.role)))) for each in contacts]
    usable = {each.address: each for each in reversed(known) if is_address(each.address)}
    return list(reversed(usable.values()))
