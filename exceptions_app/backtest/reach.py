"""Which subjects have to be judged again at all: a predicate that is never false where something differs.

A changed row reaches what stands in its scope. Scopes are those of the newest revision of an order: one of
which the ERP has sent several is always looked at. Where all that changed are tolerances of types with a
sieve, only orders are looked at on which such a type could find anything at all.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from erp_connectors.canonical.documents import DocumentKind, OrderState
from erp_connectors.documents.models import (
    Document,
    DocumentHead,
    KnownItem,
    LineMatch,
    OrderLine,
    OrderReference,
    PurchaseOrder,
    Supplier,
)
from exceptions_app.backtest.rules import Changed, kinds_reached
from exceptions_app.cases.models import AgreementRow, Case
from exceptions_app.detection.agreement_rows import PRICE_BASIS
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.performance.models import PriceObservation
from exceptions_app.policies.models import Scope

NOTHING, EVERYTHING = Q(pk__in=[]), Q()


class Reach:
    """What changed rows can touch between two moments; without `narrows` all that is of their kinds.

    `sieve`: what has to be so of an order line for anything to be otherwise; None: any may be.
    """

    def __init__(
        self,
        changed: Iterable[Changed],
        since: datetime,
        until: datetime,
        *,
        sieve: Q | None = None,
        narrows: bool = True,
    ) -> None:
        self.changed = tuple(changed)
        self.sieve = sieve
        self.since, self.until = since, until
        self.narrows = narrows
        self.kinds = kinds_reached(self.changed)

    def orders(self) -> QuerySet[PurchaseOrder]:
        """Return the orders to judge again, by their primary keys."""
        if SubjectKind.ORDER not in self.kinds:
            return PurchaseOrder.objects.none()
        found = self._orders_in_scope() if self.narrows else PurchaseOrder.objects.all()
        return found.filter(self._is_alive()).order_by("pk")

    def heads(self, kind: SubjectKind) -> QuerySet[DocumentHead]:
        """Return the invoices, or the other documents, to judge again, by their primary keys."""
        if kind not in self.kinds:
            return DocumentHead.objects.none()
        is_invoice = Q(kind=DocumentKind.INVOICE)
        found = DocumentHead.objects.filter(is_invoice if kind is SubjectKind.INVOICE else ~is_invoice)
        spoke = Document.objects.filter(
            connection=OuterRef("connection"),
            kind=OuterRef("kind"),
            key=OuterRef("key"),
            recorded_at__gt=self.since,
            recorded_at__lte=self.until,
        )
        moves = Exists(spoke) | self._has_a_case(kind) | Exists(_named(self._is_alive()))
        return found.filter(self._companies("company"), self._suppliers(), moves).order_by("pk")

    def suppliers(self) -> QuerySet[Supplier]:
        """Return the suppliers to judge again, by their primary keys."""
        if SubjectKind.SUPPLIER not in self.kinds:
            return Supplier.objects.none()
        said = PriceObservation.objects.filter(
            supplier=OuterRef("pk"), said_at__gt=self.since, said_at__lte=self.until
        )
        moves = Exists(said) | self._has_a_case(SubjectKind.SUPPLIER)
        chosen = {getattr(each.row, "supplier_id", None) for each in self.changed}
        of_rows = EVERYTHING if None in chosen else Q(pk__in=chosen)
        return Supplier.objects.filter(self._companies("company"), of_rows, moves).order_by("pk")

    def _suppliers(self) -> Q:
        """Return which documents are of the suppliers of the changed rows, or of anybody's orders."""
        suppliers = {getattr(each.row, "supplier_id", None) for each in self.changed}
        if None in suppliers:
            return EVERYTHING
        orders = Q(supplier__in=suppliers) | _has_changed()
        return Q(supplier__in=suppliers) | Q(Exists(_named(orders)))

    def _orders_in_scope(self) -> QuerySet[PurchaseOrder]:
        scopes = NOTHING
        for each in self.changed:
            scopes |= _in_scope(each)
        found = PurchaseOrder.objects.filter(scopes | _has_changed() & self._companies("company"))
        if self.sieve is None:
            return found
        finds = Q(pk__in=OrderLine.objects.filter(self.sieve).values("order"))
        return found.filter(finds | _is_moved_by_hand() | _has_changed())

    def _is_alive(self) -> Q:
        """Return what holds for an order on which anything happens between the moments.

        A document, a decision, a case; or time alone: the order is not done with.
        """
        heard = Document.objects.filter(
            orders__connection=OuterRef("connection"),
            orders__order_number=OuterRef("number"),
            recorded_at__gt=self.since,
            recorded_at__lte=self.until,
        )
        agreed = AgreementRow.objects.filter(order_line__order=OuterRef("pk"), made_at__gt=self.since)
        is_done = Q(state__in=(OrderState.CANCELLED, OrderState.CLOSED))
        return ~is_done | Exists(heard) | Exists(agreed) | self._has_a_case(SubjectKind.ORDER)

    def _has_a_case(self, kind: SubjectKind) -> Q:
        cases = Case.objects.filter(subject_kind=kind, subject_id=OuterRef("pk"), opened_at__lte=self.until)
        return Q(Exists(cases.filter(Q(closed_at=None) | Q(closed_at__gte=self.since))))

    def _companies(self, name: str) -> Q:
        companies = {getattr(each.row, "company_id", None) for each in self.changed}
        return EVERYTHING if None in companies else Q(**{f"{name}__in": companies})


def _named(orders: Q) -> QuerySet[OrderReference]:
    """Return the orders that any revision of a document names, as far as `orders` holds for them."""
    found = PurchaseOrder.objects.filter(
        orders, connection=OuterRef("connection"), number=OuterRef("order_number")
    )
    return OrderReference.objects.filter(
        Exists(found),
        documents__connection=OuterRef("connection"),
        documents__kind=OuterRef("kind"),
        documents__key=OuterRef("key"),
    )


def _in_scope(changed: Changed) -> Q:
    """Return which orders stand in the scope of a row, by the newest revision of each."""
    row = changed.row
    company = getattr(row, "company_id", None)
    found = EVERYTHING if company is None else Q(company=company)
    if not isinstance(row, Scope):
        return found or ~NOTHING
    if row.supplier_id is not None:
        found &= Q(supplier=row.supplier_id)
    lines = Q()
    if row.item_number:
        lines &= Q(item_number=row.item_number)
    if row.category:
        lines &= Q(item__category=row.category)
    if row.warehouse_id is not None:
        lines &= Q(warehouse=row.warehouse_id)
    if lines:
        found &= Q(Exists(OrderLine.objects.filter(lines, order=OuterRef("pk"))))
    return found or ~NOTHING


def _has_changed() -> Q:
    """Return which orders the ERP has sent more than one revision of, or another ERP under that number."""
    revisions = Document.objects.filter(kind=DocumentKind.PURCHASE_ORDER).values("connection", "key")
    return Q(number__in=revisions.annotate(said=Count("*")).filter(said__gt=1).values("key"))


def _is_moved_by_hand() -> Q:
    """Return on which orders more is to be read than positions show: by hand, withdrawn, by a known basis."""
    matched = LineMatch.objects.filter(connection=OuterRef("connection"), order_number=OuterRef("number"))
    known = KnownItem.objects.filter(supplier=OuterRef("supplier"))
    bases = AgreementRow.objects.filter(
        subject_kind=SubjectKind.SUPPLIER, subject_id=OuterRef("supplier"), key=PRICE_BASIS
    )
    withdrawn = Document.objects.filter(kind=DocumentKind.CONFIRMATION, content__purpose="cancel")
    return Q(Exists(matched)) | Q(Exists(known)) | Q(Exists(bases)) | Q(number__in=withdrawn.values("key"))
