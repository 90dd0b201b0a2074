"""What was known of orders, invoices and documents at moments that have passed, as detection looks at it.

What people agreed counts from when it was made; what is void today counts as never made. Absence is judged as
far as could be seen: up to the moment, no further than the streams were read to, and not while a stream was
known to be silent.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from copy import copy
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Q

from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.companies import Connection
from erp_connectors.documents.identity import Group
from erp_connectors.documents.models import Document, DocumentHead, OrderLine, PurchaseOrder, Supplier
from erp_connectors.documents.past import OrderThen, Past
from erp_connectors.exchange import health
from erp_connectors.exchange.health import Sight, Silence
from exceptions_app.backtest.supplier_history import SupplierPast, suppliers_then
from exceptions_app.cases.models import AgreementRow, CaseLine, CaseState
from exceptions_app.detection.agreement import Agreement, AgreementState
from exceptions_app.detection.agreement_rows import PRICE_BASIS, agreement_of
from exceptions_app.detection.load import LoadedOrder, assemble, lines_of, places_of_class_a
from exceptions_app.detection.silence import FEED_SILENT
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies.lookup import Policies
from exceptions_app.subjects.documents import load_document
from exceptions_app.subjects.invoices import OrderName, Shelf, load_invoice
from exceptions_app.subjects.orders import as_subject
from exceptions_app.subjects.subject import Loaded

COUNTING = (AgreementState.PENDING, AgreementState.ACTIVE)


class Silences:
    """When which streams were silent by our own cases: read once for a whole backtest."""

    def __init__(self) -> None:
        lines = CaseLine.objects.filter(case__type_code=FEED_SILENT).exclude(case__state=CaseState.DISMISSED)
        self._spans = [
            (opened, cleared, (connection, stream), datetime.fromisoformat(since))
            for opened, cleared, connection, stream, since in lines.order_by("pk").values_list(
                "opened_at",
                "cleared_at",
                "case__stream__connection",
                "case__stream__stream",
                "actual__silent_since",
            )
            if since
        ]

    def at(self, moment: datetime) -> Silence:
        """Return which streams were known to be silent at a moment, and since when."""
        return {
            stream: since
            for opened, cleared, stream, since in self._spans
            if opened <= moment and (cleared is None or moment < cleared)
        }

    @cached_property
    def moments(self) -> frozenset[datetime]:
        """When a stream was found silent, or spoke again."""
        ends = (cleared for _, cleared, _, _ in self._spans if cleared is not None)
        return frozenset({*(opened for opened, _, _, _ in self._spans), *ends})


class Sights:
    """Until when was seen what suppliers do: read once for each supplier and each state of the silences."""

    def __init__(self, silences: Silences, now: datetime) -> None:
        self.silences, self.now = silences, now
        self._known: dict[tuple[int, tuple[Any, ...]], Sight] = {}

    def of(self, supplier: Supplier, moment: datetime) -> Sight:
        """Return until when each stream of a supplier would have told us, at a moment."""
        silence = self.silences.at(moment)
        key = (supplier.pk, tuple(sorted(silence.items())))
        if key not in self._known:
            self._known[key] = health.sights_of([supplier], now=self.now, silence=silence)[supplier.pk]
        return _until(self._known[key], moment)

    def on(self, connection: Connection, moment: datetime) -> Sight:
        """Return until when each stream of an ERP would have told us, at a moment."""
        silence = self.silences.at(moment)
        key = (-connection.pk, tuple(sorted(silence.items())))
        if key not in self._known:
            found = health.sights_on([connection], now=self.now, silence=silence)
            self._known[key] = found[connection.pk]
        return _until(self._known[key], moment)


def _until(sight: Sight, moment: datetime) -> Sight:
    return {stream: None if seen is None else min(seen, moment) for stream, seen in sight.items()}


class Orders:
    """The past of some orders, loaded in a number of queries that does not grow with them.

    `pasts` are by connection, and know the orders; None: they are read.
    """

    def __init__(
        self,
        orders: Collection[PurchaseOrder],
        sights: Sights,
        pasts: Mapping[int, Past] | None = None,
    ) -> None:
        self.sights = sights
        self.rows = {order.pk: order for order in orders}
        self.by_name = {(order.connection_id, order.number): order for order in orders}
        self._lines = lines_of(self.rows, positions=False)
        self._waiting = places_of_class_a(line for some in self._lines.values() for line in some)
        self.pasts = _pasts(orders) if pasts is None else pasts
        on_no_line = Q(subject_kind=SubjectKind.ORDER, subject_id__in=self.rows, order_line=None)
        which = Q(order_line__order__in=self.rows) | on_no_line
        self._agreements = _agreements(which, "order_line__order")
        self._bases = _bases({order.supplier_id for order in orders})
        self._suppliers = {(order.connection_id, order.supplier.number): order.supplier for order in orders}

    def moments(self, order: PurchaseOrder) -> set[datetime]:
        """Return when something was recorded or agreed about an order."""
        made = (row.made_at for row in self._agreements.get(order.pk, ()))
        based = (made_at for made_at, _ in self._bases.get(order.supplier_id, ()))
        return {*self.pasts[order.connection_id].moments(order.number), *made, *based}

    def then(self, order: PurchaseOrder, moment: datetime) -> OrderThen | None:
        """Return an order as the mirror had it at a moment; None: it had not."""
        return self.pasts[order.connection_id].at(order.number, moment)

    def at(self, order: PurchaseOrder, moment: datetime, policies: Policies) -> LoadedOrder | None:
        """Return an order as it was at a moment, to be judged by `policies`; None: it was not there.

        Raises RightlineError where it cannot be read.
        """
        then = self.then(order, moment)
        if then is None:
            return None
        row = self._row(order, then)
        kept = {line.number: line for line in self._lines[order.pk]}
        # The answers of lines that came only later hang on rows that are there by now.
        lines = [
            (_line(kept[position.line.number], position), position)
            for position in then.positions.lines
            if position.line.number in kept
        ]
        return assemble(
            row,
            lines,
            unmatched=then.positions.unmatched,
            policies=policies,
            sight=self.sights.of(row.supplier, moment),
            waiting=self._waiting,
            basis=self._basis(row.supplier_id, moment),
        )

    def agreements(self, order: PurchaseOrder, moment: datetime) -> list[Agreement]:
        """Return what had been agreed on the lines of an order by a moment."""
        rows = self._agreements.get(order.pk, ())
        return [agreement_of(row) for row in rows if row.made_at <= moment]

    def _row(self, order: PurchaseOrder, then: OrderThen) -> PurchaseOrder:
        row, said = copy(order), then.said
        row.state, row.currency, row.buyer = said.state.value, said.currency, said.buyer or ""
        row.released_at, row.document = said.released_at, then.document
        row.supplier = self._supplier(order, said.supplier)
        return row

    def _supplier(self, order: PurchaseOrder, number: str) -> Supplier:
        key = (order.connection_id, number)
        if key not in self._suppliers:
            found = Supplier.objects.select_related("profile", "connection")
            self._suppliers[key] = found.get(connection=order.connection_id, number=number)
        return self._suppliers[key]

    def _basis(self, supplier: int, moment: datetime) -> Decimal | None:
        said = [per for made_at, per in self._bases.get(supplier, ()) if made_at <= moment]
        return said[-1] if said else None


def _pasts(orders: Iterable[PurchaseOrder]) -> dict[int, Past]:
    numbers: dict[Connection, set[str]] = defaultdict(set)
    for order in orders:
        numbers[order.connection].add(order.number)
    return {connection.pk: Past(known, connection=connection) for connection, known in numbers.items()}


def _line(row: OrderLine, position: Any) -> OrderLine:
    """Return the row of an order line with what the order said then, as cases and rules read it."""
    then, line = copy(row), position.line
    then.item_number, then.description = line.item, line.description
    then.quantity, then.unit = line.quantity.value, line.quantity.unit
    return then


def _agreements(which: Q, subject: str) -> dict[int, list[AgreementRow]]:
    rows = AgreementRow.objects.filter(which, state__in=COUNTING).select_related("order_line")
    found: dict[int, list[AgreementRow]] = defaultdict(list)
    for row in rows.order_by("pk"):
        pk = row.subject_id if subject == "subject_id" or row.order_line is None else row.order_line.order_id
        if pk is not None:
            found[pk].append(row)
    return found


def _bases(suppliers: Collection[int]) -> dict[int, list[tuple[datetime, Decimal]]]:
    rows = AgreementRow.objects.filter(
        subject_kind=SubjectKind.SUPPLIER,
        subject_id__in=suppliers,
        key=PRICE_BASIS,
        state=AgreementState.ACTIVE,
        quantity__isnull=False,
    )
    found: dict[int, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for row in rows.order_by("made_at", "pk"):
        if row.subject_id is not None and row.quantity is not None:
            found[row.subject_id].append((row.made_at, row.quantity))
    return found


# --- one subject of each kind ----------------------------------------------------------------------------


class OrderPast:
    """One order through time."""

    def __init__(self, orders: Orders, order: PurchaseOrder) -> None:
        self.orders, self.order = orders, order
        self.kind, self.id, self.company_id = SubjectKind.ORDER, order.pk, order.company_id
        self.number = order.number

    def moments(self) -> set[datetime]:
        """Return when something was recorded or agreed about it."""
        return self.orders.moments(self.order)

    def at(self, moment: datetime, policies: Policies) -> Loaded | None:
        """Return it as it was at a moment, or None. Raises RightlineError where nobody can read it."""
        loaded = self.orders.at(self.order, moment, policies)
        return None if loaded is None else as_subject(loaded)

    def agreements(self, moment: datetime) -> list[Agreement]:
        """Return what had been agreed on it by a moment."""
        return self.orders.agreements(self.order, moment)


class Papers:
    """The past of some documents other than orders, with that of the orders around them."""

    def __init__(self, heads: Collection[DocumentHead], orders: Orders, pasts: Mapping[int, Past]) -> None:
        self.orders, self.pasts = orders, pasts
        self.sights = orders.sights
        groups = {(head.connection_id, *_group(head)) for head in heads}
        for connection, past in pasts.items():
            for number in past.numbers:
                groups |= {(connection, *group) for group in past.documents_on(number, DocumentKind.INVOICE)}
        self.revisions = _revisions(groups)
        self.heads = {(head.connection_id, *_group(head)): head for head in [*_heads(groups), *heads]}
        kinds = {SubjectKind.INVOICE, SubjectKind.DOCUMENT}
        which = Q(subject_kind__in=kinds, subject_id__in=[head.pk for head in heads])
        self._agreements = _agreements(which, "subject_id")

    def of(self, head: DocumentHead) -> list[Document]:
        """Return every revision of a document."""
        return self.revisions[head.connection_id, *_group(head)]

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


def _group(head: DocumentHead) -> Group:
    return (head.kind, head.key, head.supplier_id)


def _heads(groups: Iterable[tuple[int, str, str, int | None]]) -> list[DocumentHead]:
    wanted = set(groups)
    rows = DocumentHead.objects.filter(
        connection__in={connection for connection, _, _, _ in wanted},
        key__in={key for _, _, key, _ in wanted},
    ).select_related("company", "connection", "supplier__profile", "supplier__connection")
    return [row for row in rows if (row.connection_id, *_group(row)) in wanted]


def _revisions(
    groups: Iterable[tuple[int, str, str, int | None]],
) -> dict[tuple[int, str, str, int | None], list[Document]]:
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


class InvoicePast:
    """One invoice or credit note through time, with its orders."""

    def __init__(self, papers: Papers, head: DocumentHead) -> None:
        self.papers, self.head = papers, head
        self.kind, self.id, self.company_id = SubjectKind.INVOICE, head.pk, head.company_id
        self.number = head.number

    def moments(self) -> set[datetime]:
        """Return when a revision of it came, or something happened to one of its orders."""
        moments = {row.recorded_at for row in self.papers.of(self.head)} | self.papers.made(self.head)
        return moments.union(*(self.papers.orders.moments(order) for order in self.papers.named(self.head)))

    def at(self, moment: datetime, policies: Policies) -> Loaded | None:
        """Return it as it was at a moment, or None. Raises RightlineError where nobody can read it."""
        head = self.papers.head_at(self.head, moment)
        return None if head is None else load_invoice(head, self._shelf(head, moment, policies), policies)

    def agreements(self, moment: datetime) -> list[Agreement]:
        """Return what had been agreed on it by a moment."""
        return self.papers.agreements(self.head, moment)

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


class DocumentPast:
    """One other document through time: what of it fits no order."""

    def __init__(self, papers: Papers, head: DocumentHead) -> None:
        self.papers, self.head = papers, head
        self.kind, self.id, self.company_id = SubjectKind.DOCUMENT, head.pk, head.company_id
        self.number = head.number

    def moments(self) -> set[datetime]:
        """Return when a revision of it came, or something happened to an order it names."""
        moments = {row.recorded_at for row in self.papers.of(self.head)} | self.papers.made(self.head)
        return moments.union(*(self.papers.orders.moments(order) for order in self.papers.named(self.head)))

    def at(self, moment: datetime, policies: Policies) -> Loaded | None:
        """Return it as it was at a moment; None: it had not come."""
        head = self.papers.head_at(self.head, moment)
        if head is None:
            return None
        if head.supplier is not None:
            return load_document(head, self.papers.sights.of(head.supplier, moment), policies)
        return load_document(head, self.papers.sights.on(head.connection, moment), policies)

    def agreements(self, moment: datetime) -> list[Agreement]:
        """Return what had been agreed on it by a moment."""
        return self.papers.agreements(self.head, moment)


SubjectPast = OrderPast | InvoicePast | DocumentPast | SupplierPast


# --- many subjects ------------------------------------------------------------------------------------------

OF_ORDER = ("company", "connection", "supplier__profile", "supplier__connection")
OF_HEAD = ("company", "connection", "document", "supplier__profile", "supplier__connection")


def pasts_of(kind: SubjectKind, ids: Collection[int], sights: Sights) -> list[SubjectPast]:
    """Return the past of subjects of one kind, in the order of their primary keys."""
    if kind is SubjectKind.ORDER:
        rows = list(PurchaseOrder.objects.filter(pk__in=ids).select_related(*OF_ORDER).order_by("pk"))
        orders = Orders(rows, sights)
        return [OrderPast(orders, row) for row in rows]
    if kind is SubjectKind.SUPPLIER:
        agreed = _agreements(Q(subject_kind=kind, subject_id__in=ids), "subject_id")
        return list(suppliers_then(ids, agreed))
    heads = list(DocumentHead.objects.filter(pk__in=ids).select_related(*OF_HEAD).order_by("pk"))
    named = _ever_named(heads)
    wanted = Q(pk__in=[])
    for connection, numbers in named.items():
        wanted |= Q(connection=connection, number__in=numbers)
    connections = {head.connection_id: head.connection for head in heads}
    pasts = {
        connection: Past(named[connection], connection=connections[connection]) for connection in connections
    }
    rows = list(PurchaseOrder.objects.filter(wanted).select_related(*OF_ORDER).order_by("pk"))
    orders = Orders(rows, sights, pasts)
    papers = Papers(heads, orders, pasts)
    past = InvoicePast if kind is SubjectKind.INVOICE else DocumentPast
    return [past(papers, head) for head in heads]


def _ever_named(heads: Iterable[DocumentHead]) -> dict[int, set[str]]:
    """Return the numbers of the orders that any revision of these documents names, by connection."""
    groups = {(head.connection_id, *_group(head)) for head in heads}
    found: dict[int, set[str]] = {connection: set() for connection, _, _, _ in groups}
    rows = {row.pk: key[0] for key, some in _revisions(groups).items() for row in some}
    links = Document.orders.through.objects.filter(document__in=rows)
    for row, number in links.values_list("document", "orderreference__order_number"):
        found[rows[row]].add(number)
    return found
