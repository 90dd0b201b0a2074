"""The one way into the mirror: what the outside said becomes a revision, and the positions follow at once.

Everything of one recording is one database transaction: it queues up behind other documents of the same keys
and orders, puts each revision where its version belongs, keeps orders, lines, positions and master data in
step, and tells those above which orders are touched. The number of queries does not depend on the number of
documents.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import InvalidOperation
from hashlib import sha256

from django.db import DataError
from django.db import connection as database
from django.db import transaction as atomicity
from django.db.models import Window
from django.db.models.functions import Rank

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import DocumentKind, PurchaseOrder, Receipt, ShipmentStatus
from erp_connectors.companies import Company, Connection
from erp_connectors.documents import ground, heads, joining, orders
from erp_connectors.documents.by_hand import orders_matched
from erp_connectors.documents.heads import newest_of
from erp_connectors.documents.identity import (
    GROUND_SHAPES,
    GroundDocument,
    Group,
    Named,
    Recordable,
    UnstorableDocument,
    content_of,
    key_of,
    kind_of,
    orders_named,
    said_again,
    versions_said,
    words_of,
)
from erp_connectors.documents.models import Document, OrderReference, Supplier
from erp_connectors.documents.models import PurchaseOrder as PurchaseOrderRow
from erp_connectors.documents.revisions import Outcome, Run, place
from erp_connectors.exchange.models import Transaction
from erp_connectors.signals import document_recorded

#: What moves when a document is said again.
MOVING_COLUMNS = ["first_said_at", "said_at", "revision", "control_number", "content"]

__all__ = ["Arrival", "Outcome", "StoredDocument", "record", "record_many"]

LOCK_KEYS = """
    SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT unnest(%s::bigint[]) AS key ORDER BY 1) AS keys
"""
#: Locks on the numbers of shipments: as many as this, however many numbers a file holds.
SHIPMENT_LOCKS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A document with who said it: `supplier` where a partner did, None where the ERP or we did."""

    document: Recordable
    received_at: datetime
    supplier: Supplier | None = None
    transaction: Transaction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """What became of a document.

    `document` is the revision that holds it, `named` the order numbers it names, `orders` the primary keys of
    the orders that changed with it, for which those above were told. Lines that fit no order line stand in
    the findings of the transaction, and go when the order brings the line.
    """

    outcome: Outcome
    document: Document
    orders: tuple[int, ...] = ()
    named: tuple[str, ...] = ()


def record(
    document: Recordable,
    *,
    connection: Connection,
    company: Company,
    supplier: Supplier | None = None,
    transaction: Transaction | None = None,
    received_at: datetime,
) -> StoredDocument:
    """Record one document about the orders of the ERP behind `connection`, and tell those above.

    Raises UnstorableDocument for values that no column can hold.
    """
    arrival = Arrival(document=document, received_at=received_at, supplier=supplier, transaction=transaction)
    return record_many([arrival], connection=connection, company=company)[0]


def record_many(
    arrivals: Iterable[Arrival],
    *,
    connection: Connection,
    company: Company,
) -> list[StoredDocument]:
    """Record documents together, all of them or none; one signal tells of all.

    A file should come in blocks of some hundred documents, so that others on the same orders wait briefly.
    """
    filed = [_file(arrival) for arrival in arrivals]
    if not filed:
        return []
    try:
        with atomicity.atomic():
            return _record(filed, _Mirror(connection, company))
    except (DataError, InvalidOperation) as error:
        raise UnstorableDocument(f"A value does not fit: {str(error).splitlines()[0]}") from error


@dataclass(frozen=True, slots=True)
class _Mirror:
    """Whose mirror is written."""

    connection: Connection
    company: Company


@dataclass(slots=True)
class _Filed:
    """An arrival with what it is, and once it was placed, what it changed."""

    arrival: Arrival
    kind: DocumentKind
    key: str
    content: dict[str, object]
    words: bytes
    named: tuple[str, ...]
    outcome: Outcome = Outcome.UNCHANGED

    @property
    def group(self) -> Group:
        supplier = self.arrival.supplier
        # An order is one document, whichever supplier its revisions name.
        said_by = supplier.pk if supplier and self.kind is not DocumentKind.PURCHASE_ORDER else None
        return (self.kind.value, self.key, said_by)


@dataclass(slots=True)
class _Shelf:
    """The revisions of one document: before this recording, and as they have become."""

    before: tuple[Run[Document], ...] = ()
    runs: tuple[Run[Document], ...] = ()
    has_changed: bool = False


def _file(arrival: Arrival) -> _Filed:
    document = arrival.document
    content = content_of(document)
    return _Filed(
        arrival=arrival,
        kind=kind_of(document),
        key=key_of(document),
        content=content,
        words=words_of(content),
        named=tuple(sorted(orders_named(document))),
    )


def _record(filed: Sequence[_Filed], mirror: _Mirror) -> list[StoredDocument]:
    """Place, save, follow, tell; inside one database transaction."""
    _queue_up_for_keys(filed, mirror)
    shelves = _shelves(filed, mirror)
    suppliers = _suppliers_of_orders(filed, mirror)
    for one in filed:
        _place(one, shelves[one.group], mirror, suppliers)
    changed = {group: shelf for group, shelf in shelves.items() if shelf.has_changed}
    touched = _follow(filed, changed, mirror) if changed else {}
    return [
        StoredDocument(
            outcome=one.outcome,
            document=_row_of(one, shelves[one.group]),
            orders=tuple(sorted(touched.get(one.group, ()))),
            named=one.named,
        )
        for one in filed
    ]


def _follow(
    filed: Sequence[_Filed], changed: Mapping[Group, _Shelf], mirror: _Mirror
) -> dict[Group, set[int]]:
    """Save the changed revisions and all that follows from them; return the orders each of them touched."""
    connection, company = mirror.connection, mirror.company
    named = _orders_of(filed, changed, mirror)
    rows = {group: [run.row for run in shelf.runs if run.row] for group, shelf in changed.items()}
    joined = joining.join(rows, named, connection=connection)
    for group, some in joined.changed.items():
        named[group] |= some
    effect = ground.follow(_newest_ground(changed), connection=connection, company=company)
    numbers = effect.orders_to_recompute.union(*({number for _, number in pairs} for pairs in named.values()))
    references = _queue_up_for_orders(numbers, set().union(*named.values()), mirror)
    _save(changed)
    _link(rows, named, references)
    joining.keep_numbers((row for some in rows.values() for row in some), connection=connection)
    joining.link_others(joined, references, connection=connection)
    newest = {group: row for group, shelf in changed.items() if (row := shelf.runs[-1].row) is not None}
    followed = orders.follow(numbers, connection=connection, company=company, recorded=newest.values())
    touched_orders = followed.changed
    touched = defaultdict(set, effect.touched)
    for group, pairs in named.items():
        touched[group] |= {touched_orders[number] for _, number in pairs if number in touched_orders}
    document_recorded.send(
        sender=Document,
        orders=sorted(set(touched_orders.values()).union(*touched.values())),
        documents=list(newest.values()),
        heads=heads.follow(
            newest,
            followed.loose,
            {group: shelf.runs[0].said[0].document_time for group, shelf in changed.items()},
            followed.hands,
            connection=connection,
            company=company,
        ),
    )
    return touched


def read_again(groups: Collection[Group], *, connection: Connection, company: Company) -> set[int]:
    """Read recorded documents again after a person said what they mean; return the orders that changed.

    Nothing is recorded; what follows from the documents is brought in step, and those above are told.
    """
    with atomicity.atomic():
        names = [_digest(f"{connection.pk} {kind} {key}") for kind, key, _ in groups]
        with database.cursor() as cursor:
            cursor.execute(LOCK_KEYS, [names])
        rows = _rows_of(groups, connection)
        links = Document.orders.through.objects.filter(
            document__in=[row for some in rows.values() for row in some]
        )
        linked = set(links.values_list("orderreference__supplier_number", "orderreference__order_number"))
        by_hand = orders_matched(groups, connection=connection)
        added = {
            group: {(_speaker(rows[group]), number) for number in by_hand.get(group, ())} for group in rows
        }
        named = linked.union(*added.values())
        mirror = _Mirror(connection, company)
        references = _queue_up_for_orders({number for _, number in named}, named, mirror)
        _link(rows, added, references)
        newest = {group: newest_of(some) for group, some in rows.items()}
        followed = orders.follow(
            {number for _, number in named},
            connection=connection,
            company=company,
            recorded=newest.values(),
        )
        touched = set(followed.changed.values())
        document_recorded.send(
            sender=Document,
            orders=sorted(touched),
            documents=list(newest.values()),
            heads=heads.follow(
                newest,
                followed.loose,
                {group: min(row.first_said_at for row in some) for group, some in rows.items()},
                followed.hands,
                connection=connection,
                company=company,
            ),
        )
        return touched


def follow_again(numbers: Collection[str], *, connection: Connection, company: Company) -> set[int]:
    """Bring orders in step with the same documents after what they are counted by has changed; tell of it."""
    with atomicity.atomic():
        _queue_up_for_orders(numbers, (), _Mirror(connection, company))
        orders.follow(numbers, connection=connection, company=company)
        rows = PurchaseOrderRow.objects.filter(connection=connection, number__in=numbers)
        touched = set(rows.values_list("pk", flat=True))
        document_recorded.send(sender=Document, orders=sorted(touched), documents=[], heads=[])
        return touched


def _rows_of(groups: Collection[Group], connection: Connection) -> dict[Group, list[Document]]:
    found = Document.objects.filter(
        connection=connection, kind__in={kind for kind, _, _ in groups}, key__in={key for _, key, _ in groups}
    ).select_related("supplier")
    rows: dict[Group, list[Document]] = defaultdict(list)
    for row in found:
        if _group_of(row) in groups:
            rows[_group_of(row)].append(row)
    return rows


def _speaker(rows: Sequence[Document]) -> str:
    return rows[0].supplier.number if rows[0].supplier else ""


# --- queueing up ----------------------------------------------------------------------------------


def _queue_up_for_keys(filed: Iterable[_Filed], mirror: _Mirror) -> None:
    """Wait for whoever records another revision of one of these documents, or another word on the shipment.

    Locks go in one order for all.
    """
    keys = [_digest(f"{mirror.connection.pk} {one.kind} {one.key}") for one in filed]
    for one in filed:
        for number in joining.numbers_of(one.arrival.document):
            keys.append(_digest(f"{mirror.connection.pk} {number}") % SHIPMENT_LOCKS)
    with database.cursor() as cursor:
        cursor.execute(LOCK_KEYS, [keys])


def _digest(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)


def _queue_up_for_orders(
    numbers: Iterable[str], named: Iterable[Named], mirror: _Mirror
) -> dict[Named, OrderReference]:
    """Lock the orders, known to us or not, in one order for all, and return the references of what was named.

    The reference without a supplier is the lock: whoever names the order, it is one order of one ERP.
    """
    wanted = sorted({*named, *(("", number) for number in numbers)}, key=lambda name: (name[1], name[0]))
    # One statement makes the missing rows and locks the others, one after the other in the order given.
    references = OrderReference.objects.bulk_create(
        [
            OrderReference(connection=mirror.connection, supplier_number=supplier, order_number=number)
            for supplier, number in wanted
        ],
        update_conflicts=True,
        unique_fields=["connection", "supplier_number", "order_number"],
        update_fields=["order_number"],
    )
    return {(one.supplier_number, one.order_number): one for one in references}


# --- placing revisions ----------------------------------------------------------------------------


def _shelves(filed: Sequence[_Filed], mirror: _Mirror) -> dict[Group, _Shelf]:
    """Return the revisions known of each document; of stock and the like only those that can matter.

    A stock level has a revision for every change: of those said before all that arrives, the last will do.
    """
    rows = [*_order_documents(filed, mirror), *_ground_documents(filed, mirror)]
    by_group: dict[Group, list[Document]] = defaultdict(list)
    for row in rows:
        by_group[_group_of(row)].append(row)
    shelves = {}
    for one in filed:
        runs = [
            Run(words_of(row.content), versions_said(row.content), row) for row in by_group.get(one.group, [])
        ]
        ordered = tuple(sorted(runs, key=lambda run: run.last))
        shelves[one.group] = _Shelf(before=ordered, runs=ordered)
    return shelves


def _order_documents(filed: Iterable[_Filed], mirror: _Mirror) -> list[Document]:
    wanted = [one for one in filed if one.kind not in GROUND_SHAPES]
    if not wanted:
        return []
    return list(
        Document.objects.filter(
            connection=mirror.connection,
            kind__in={one.kind.value for one in wanted},
            key__in={one.key for one in wanted},
        )
    )


def _ground_documents(filed: Iterable[_Filed], mirror: _Mirror) -> list[Document]:
    wanted = [one for one in filed if one.kind in GROUND_SHAPES]
    if not wanted:
        return []
    known = Document.objects.filter(
        connection=mirror.connection,
        kind__in={one.kind.value for one in wanted},
        key__in={one.key for one in wanted},
    )
    earliest = min(one.arrival.document.version.document_time for one in wanted)
    # All of the last moment: what was said at one moment is told apart only by its words.
    rank = Window(Rank(), partition_by=["kind", "key", "supplier_id"], order_by="-said_at")
    last_before = known.filter(said_at__lt=earliest).annotate(rank=rank).filter(rank=1)
    return [*last_before, *known.filter(said_at__gte=earliest)]


def _group_of(row: Document) -> Group:
    is_order = row.kind == DocumentKind.PURCHASE_ORDER
    return (row.kind, row.key, None if is_order else row.supplier_id)


def _suppliers_of_orders(filed: Iterable[_Filed], mirror: _Mirror) -> Mapping[str, Supplier]:
    numbers = {
        one.arrival.document.supplier for one in filed if isinstance(one.arrival.document, PurchaseOrder)
    }
    return ground.suppliers(numbers, connection=mirror.connection, company=mirror.company)


def _place(one: _Filed, shelf: _Shelf, mirror: _Mirror, suppliers: Mapping[str, Supplier]) -> None:
    """Put an arrival among the revisions of its document, with a row for every run that has none."""
    document = one.arrival.document
    placed = place(shelf.runs, one.words, document.version)
    one.outcome = placed.outcome
    if placed.is_repetition:
        return
    shelf.has_changed = True
    supplier = suppliers[document.supplier] if isinstance(document, PurchaseOrder) else one.arrival.supplier
    rows = {run.content: run.row for run in placed.runs if run.row is not None}
    runs = []
    for run in placed.runs:
        if run.row is None and run.content == one.words:
            row = Document(
                kind=one.kind.value,
                company=mirror.company,
                connection=mirror.connection,
                supplier=supplier,
                key=one.key,
                content=one.content,
                content_hash=_hash_of(one),
                recorded_at=one.arrival.received_at,
                transaction=one.arrival.transaction,
            )
            run = replace(run, row=row)
        elif run.row is None:
            run = replace(run, row=_older_half(rows[run.content]))
        runs.append(run)
    shelf.runs = tuple(runs)


def _older_half(newer: Document | None) -> Document:
    """Return a row for the older part of a run that something said in between has cut in two."""
    assert newer is not None
    return Document(
        kind=newer.kind,
        company_id=newer.company_id,
        connection_id=newer.connection_id,
        supplier_id=newer.supplier_id,
        key=newer.key,
        content=newer.content,
        content_hash=newer.content_hash,
        recorded_at=newer.recorded_at,
        transaction_id=newer.transaction_id,
    )


def _hash_of(one: _Filed) -> str:
    """Hash what is said with who says it: two partners may say the same of orders with the same number."""
    return sha256(one.words + f" {one.group[2]}".encode()).hexdigest()


def _row_of(one: _Filed, shelf: _Shelf) -> Document:
    said = one.arrival.document.version
    rows = [
        run.row
        for run in shelf.runs
        if run.content == one.words and run.said[0] <= said <= run.said[-1] and run.row is not None
    ]
    return rows[0]


# --- saving and linking ---------------------------------------------------------------------------


def _save(changed: Mapping[Group, _Shelf]) -> None:
    new: list[Document] = []
    moved: list[Document] = []
    for shelf in changed.values():
        for run in shelf.runs:
            row, last = run.row, run.said[-1]
            assert row is not None
            if not row._state.adding and versions_said(row.content) == run.said:
                continue
            row.first_said_at, row.said_at = run.said[0].document_time, last.document_time
            row.revision, row.control_number = last.revision, last.control_number
            row.content = said_again(row.content, run.said)
            (new if row._state.adding else moved).append(row)
    # Moved first: a row that was cut in two lets go of the versions its older half takes.
    Document.objects.bulk_create(
        moved, update_conflicts=True, unique_fields=["id"], update_fields=MOVING_COLUMNS, batch_size=500
    )
    Document.objects.bulk_create(new, batch_size=500)


def _orders_of(
    filed: Iterable[_Filed], changed: Mapping[Group, _Shelf], mirror: _Mirror
) -> dict[Group, set[Named]]:
    """Return the orders that any revision of each changed document names.

    A ship notice that is corrected to another order must be taken off the first one, too.
    """
    named: dict[Group, set[Named]] = defaultdict(set)
    for one in filed:
        if one.group in changed:
            named[one.group].update(_names(one))
    rows = {
        run.row.pk: group for group, shelf in changed.items() for run in shelf.before if run.row is not None
    }
    if not rows:
        return named
    links = Document.orders.through.objects.filter(document__in=rows)
    for row, supplier, number in links.values_list(
        "document", "orderreference__supplier_number", "orderreference__order_number"
    ):
        named[rows[row]].add((supplier, number))
    return named


def _names(one: _Filed) -> Iterable[Named]:
    """Yield how a document names its orders; an order names itself, and itself under its supplier.

    Carriers and warehouses speak of everybody's orders, whichever partner they are to us.
    """
    document, supplier = one.arrival.document, one.arrival.supplier
    if isinstance(document, ShipmentStatus | Receipt):
        supplier = None
    if isinstance(document, PurchaseOrder):
        yield ("", document.number)
        yield (document.supplier, document.number)
        return
    for number in one.named:
        yield (supplier.number if supplier else "", number)


def _link(
    rows: Mapping[Group, Iterable[Document]],
    named: Mapping[Group, set[Named]],
    references: Mapping[Named, OrderReference],
) -> None:
    """Link every revision of a document to every order that any of them names."""
    through = Document.orders.through
    links = [
        through(document_id=row.pk, orderreference_id=references[name].pk)
        for group, revisions in rows.items()
        for row in revisions
        for name in sorted(named.get(group, ()))
    ]
    through.objects.bulk_create(links, ignore_conflicts=True, batch_size=1000)


def _newest_ground(changed: Mapping[Group, _Shelf]) -> dict[Group, GroundDocument]:
    """Return the newest word of each document that is not about orders, where that is another than before."""
    newest: dict[Group, GroundDocument] = {}
    for group, shelf in changed.items():
        shape, run = GROUND_SHAPES.get(DocumentKind(group[0])), shelf.runs[-1]
        if shape is not None and run.row is not None:
            newest[group] = from_builtins(said_again(run.row.content, run.said), shape)
    return newest
