"""What was known of invoices and other documents at moments that have passed, as detection looks at it."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from django.db.models import Q

from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.documents.identity import Group
from erp_connectors.documents.models import Document, DocumentHead, PurchaseOrder
from erp_connectors.documents.past import Past
from exceptions_app.backtest.agreed import agreements_by
from exceptions_app.backtest.order_history import Orders
from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.agreement_rows import agreement_of
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies.lookup import Policies
from exceptions_app.subjects.documents import load_document
from exceptions_app.subjects.invoices import OrderName, Shelf, load_invoice
from exceptions_app.subjects.subject import Loaded


class Papers:
    """The past of some documents other than orders, with that of the orders around them."""

    def __init__(self, heads: Collection[DocumentHead], orders: Orders, pasts: Mapping[int, Past]) -> None:
        self.orders, self.pasts = orders, pasts
        self.sights = orders.sights
        groups = {(head.connection_id, *group_of(head)) for head in heads}
        for connection, past in pasts.items():
            for number in past.numbers:
                groups |= {(connection, *group) for group in past.documents_on(number, DocumentKind.INVOICE)}
        self.revisions = revisions_of(groups)
        self.heads = {(head.connection_id, *group_of(head)): head for head in [*_heads(groups), *heads]}
        kinds = {SubjectKind.INVOICE, SubjectKind.DOCUMENT}
        which = Q(subject_kind__in=kinds, subject_id__in=[head.pk for head in heads])
        self._agreements = agreements_by(which, "subject_id")

    def of(self, head: DocumentHead) -> list[Document]:
        """Return every revision of a document."""
        return self.revisions[head.connection_id, *group_of(head)]

    def head_at(self, head: DocumentHead, moment: datetime) -> DocumentHead | None:
        """Return a document as it was at a moment; None: it had not come."""
        rows = self.of(head)
        if all(row.recorded_at > moment for row in rows):
            return None
        return self.pasts[head.connection_id].head_at(head, rows, moment)

    def agreements(self, head: DocumentHead, moment: datetime) -> list[Agreement]:
        """Return what had been agreed on a document by a moment."""
        return [agreement_of(row) for row in self._agreements.get(head.pk, ()) if row.made_at <= moment]

    def made(self, head: DocumentHead) -> set[datetime]:
        """Return when something was agreed on a document."""
        return {row.made_at for row in self._agreements.get(head.pk, ())}

    def named(self, head: DocumentHead) -> list[PurchaseOrder]:
        """Return the orders here that any revision of a document names."""
        past = self.pasts[head.connection_id]
        linked = {row.pk for row in self.of(head)}
        return [
            order
            for (connection, number), order in sorted(self.orders.by_name.items())
            if connection == head.connection_id and past.links(number, linked)
        ]

    def others(self, name: OrderName, moment: datetime) -> list[DocumentHead]:
        """Return the invoices that named an order at a moment."""
        connection, number = name
        if connection not in self.pasts or number not in self.pasts[connection].numbers:
            return []
        found = (
            self.head_at(self.heads[connection, *group], moment)
            for group in sorted(self.pasts[connection].documents_on(number, DocumentKind.INVOICE), key=str)
        )
        return [head for head in found if head is not None and number in head.orders]


def group_of(head: DocumentHead) -> Group:
    """Return what all revisions of a document have in common, within its connection."""
    return (head.kind, head.key, head.supplier_id)


def _heads(groups: Iterable[tuple[int, str, str, int | None]]) -> list[DocumentHead]:
    wanted = set(groups)
    rows = DocumentHead.objects.filter(
        connection__in={connection for connection, _, _, _ in wanted},
        key__in={key for _, _, key, _ in wanted},
    ).select_related("company", "connection", "supplier__profile", "supplier__connection")
    return [row for row in rows if (row.connection_id, *group_of(row)) in wanted]


def revisions_of(
    groups: Iterable[tuple[int, str, str, int | None]],
) -> dict[tuple[int, str, str, int | None], list[Document]]:
    """Return every revision of such documents, the newest last."""
    wanted = set(groups)
    rows = Document.objects.filter(
        connection__in={connection for connection, _, _, _ in wanted},
        kind__in={kind for _, kind, _, _ in wanted},
        key__in={key for _, _, key, _ in wanted},
    )
    found: dict[tuple[int, str, str, int | None], list[Document]] = defaultdict(list)
    for row in rows.order_by("said_at", "revision", "control_number"):
        if (row.connection_id, *row.group) in wanted:
            found[row.connection_id, *row.group].append(row)
    return found


class PaperPast(ABC):
    """One paper through time."""

    kind: ClassVar[SubjectKind]

    def __init__(self, papers: Papers, head: DocumentHead) -> None:
        self.papers, self.head = papers, head
        self.id, self.company_id = head.pk, head.company_id
        self.number = head.number

    def moments(self) -> set[datetime]:
        """Return when a revision of it came, or something happened to one of the orders it names."""
        moments = {row.recorded_at for row in self.papers.of(self.head)} | self.papers.made(self.head)
        return moments.union(*(self.papers.orders.moments(order) for order in self.papers.named(self.head)))

    def agreements(self, moment: datetime) -> list[Agreement]:
        """Return what had been agreed on it by a moment."""
        return self.papers.agreements(self.head, moment)

    @abstractmethod
    def at(self, moment: datetime, policies: Policies) -> Loaded | None:
        """Return it as it was at a moment; None: it had not come."""


class InvoicePast(PaperPast):
    """One invoice or credit note through time, with its orders."""

    kind = SubjectKind.INVOICE

    def at(self, moment: datetime, policies: Policies) -> Loaded | None:
        """Return it as it was at a moment, or None. Raises RightlineError where nobody can read it."""
        head = self.papers.head_at(self.head, moment)
        return None if head is None else load_invoice(head, self._shelf(head, moment, policies), policies)

    def _shelf(self, head: DocumentHead, moment: datetime, policies: Policies) -> Shelf:
        names = [(head.connection_id, number) for number in head.orders]
        orders = self.papers.orders
        rows = {name: orders.by_name[name] for name in names if name in orders.by_name}
        loaded = {name: orders.at(row, moment, policies) for name, row in rows.items()}
        found = {name: one for name, one in loaded.items() if one is not None}
        suppliers = {one.order.supplier for one in found.values()}
        if head.supplier is not None:
            suppliers.add(head.supplier)
        revisions = [row for row in self.papers.of(self.head) if row.recorded_at <= moment]
        agreed = {row.pk: orders.then(row, moment) for name, row in rows.items() if name in found}
        return Shelf(
            orders=found,
            problems={},
            agreements={rows[name].pk: orders.agreements(rows[name], moment) for name in found},
            agreed={pk: then.said for pk, then in agreed.items() if then is not None},
            others={name: self.papers.others(name, moment) for name in names},
            revisions=defaultdict(list, {(head.connection_id, head.key, head.supplier_id): revisions}),
            sights={supplier.pk: orders.sights.of(supplier, moment) for supplier in suppliers},
        )


class DocumentPast(PaperPast):
    """One other document through time: what of it fits no order."""

    kind = SubjectKind.DOCUMENT

    def at(self, moment: datetime, policies: Policies) -> Loaded | None:
        """Return it as it was at a moment; None: it had not come."""
        head = self.papers.head_at(self.head, moment)
        if head is None:
            return None
        if head.supplier is not None:
            return load_document(head, self.papers.sights.of(head.supplier, moment), policies)
        return load_document(head, self.papers.sights.on(head.connection, moment), policies)
