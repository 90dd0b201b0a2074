"""The pairs of acts that one person never does both of, and who did the first of them.

One table. Whoever did the first act is kept from the second, also where somebody else would do it for them by
a delegation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from erp_connectors.canonical.commands import LineValues
from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.documents.models import Document, DocumentHead
from exceptions_app.cases.models import Case
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, standing_in

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Pair:
    """Two acts that are kept apart; `first` says what somebody is or did, `second` what they may not do."""

    code: str
    first: str
    second: str

    def told(self, who: str, person: str = "") -> str:
        """Say which pair it is. `who` did the first act; `person`, if another, would act in their place."""
        words = {"who": who, "first": gettext(self.first), "second": gettext(self.second), "person": person}
        if person and person != who:
            return (
                gettext("Kept apart: %(who)s %(first)s, so %(person)s may not %(second)s for them.") % words
            )
        return gettext("Kept apart: %(who)s %(first)s, so another person has to %(second)s.") % words


BUYER = Pair("buyer", _("is the buyer of the order"), _("agree to its price increase"))
INVOICE = Pair("invoice", _("entered the invoice"), _("release it"))
COUNT = Pair("count", _("counted the receipt"), _("count it again"))
RULE = Pair("rule", _("wrote the rule"), _("publish it"))
PAIRS: Mapping[str, Pair] = {pair.code: pair for pair in (BUYER, INVOICE, COUNT, RULE)}

#: What agrees to another price without changing the order.
DEARER_ONCE = "accept_price_once"
#: What lets an invoice be paid.
RELEASES = frozenset({"accept_as_billed", "not_a_duplicate"})


def require_other(pair: Pair, person: User, first: Iterable[User]) -> None:
    """Raise NotAllowed where the person did the first act of a pair, or stands in for who did."""
    acted = {user.pk: user for user in first}
    if person.pk in acted:
        raise NotAllowed(pair.told(str(person)))
    for stand_in in standing_in(person):
        if stand_in.person.pk in acted:
            raise NotAllowed(pair.told(str(stand_in.person), str(person)))


def of_decision(
    case: Case, *, resolution: str, changes: Iterable[tuple[LineValues | None, LineValues | None]]
) -> dict[int, Pair]:
    """Return who may not agree to a decision on a case, by primary key, each with the pair that says so.

    `changes`: the values of each of its lines before and after.
    """
    apart: dict[int, Pair] = {}
    is_dearer = resolution == DEARER_ONCE or any(_is_dearer(*change) for change in changes)
    if is_dearer and case.order is not None and case.order.buyer:
        apart |= dict.fromkeys(_buyers(case), BUYER)
    if case.subject_kind == SubjectKind.INVOICE and resolution in RELEASES and case.document is not None:
        apart |= dict.fromkeys(_who_entered(case.document), INVOICE)
    return apart


def who_counted(case: Case) -> list[User]:
    """Return the people who entered a receipt of what a case is about, here or in the ERP."""
    if case.document is not None and case.document.kind == DocumentKind.RECEIPT:
        return list(who_entered(case.document).people)
    if case.order is None:
        return []
    receipts = Document.objects.filter(
        kind=DocumentKind.RECEIPT,
        company=case.company_id,
        orders__order_number=case.order.number,
        connection=case.order.connection_id,
    )
    return list(_entered(receipts, case.company_id).people)


def _is_dearer(before: LineValues | None, after: LineValues | None) -> bool:
    if before is None or after is None or before.price is None or after.price is None:
        return False
    one, other = before.price, after.price
    units = (one.per_unit or before.quantity.unit, other.per_unit or after.quantity.unit)
    # Where unit or currency change too, nobody can say that it becomes cheaper.
    if one.currency != other.currency or units[0] != units[1]:
        return True
    return other.amount / (other.per or 1) > one.amount / (one.per or 1)


def _buyers(case: Case) -> list[int]:
    assert case.order is not None
    buyers = User.objects.filter(
        erp_user=case.order.buyer, memberships__team__company=case.company_id, is_active=True
    )
    return list(buyers.values_list("pk", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Entered:
    """Who entered a document: people here, and users of the ERP who are nobody here. Both empty: unknown."""

    people: tuple[User, ...] = ()
    strangers: tuple[str, ...] = ()


def who_entered(head: DocumentHead) -> Entered:
    """Return who entered a document, in any revision: here, or typed it into the ERP, where the ERP says."""
    revisions = Document.objects.filter(
        connection=head.connection_id, kind=head.kind, key=head.key, supplier=head.supplier_id
    )
    return _entered(revisions, head.company_id)


def _entered(documents: QuerySet[Document], company_id: int) -> Entered:
    named = documents.filter(content__entered_by__isnull=False).values_list("content__entered_by", flat=True)
    erp_users = set(named.distinct()) - {None, ""}
    in_the_company = User.objects.filter(memberships__team__company=company_id, erp_user__in=erp_users)
    here = User.objects.filter(username__in=_names(documents))
    people = (here | User.objects.filter(pk__in=in_the_company.values("pk"))).distinct().order_by("pk")
    known = {person.erp_user for person in in_the_company}
    return Entered(tuple(people), tuple(sorted(erp_users - known)))


def _who_entered(head: DocumentHead) -> list[int]:
    return [person.pk for person in who_entered(head).people]


def _names(documents: Iterable[Document]) -> list[str]:
    found = Document.objects.filter(pk__in=[each.pk for each in documents])
    names = found.exclude(transaction__interchange__entered_by="")
    return list(names.values_list("transaction__interchange__entered_by", flat=True).distinct())
