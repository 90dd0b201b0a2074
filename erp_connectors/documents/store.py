"""The one way into the mirror: what the outside said becomes a revision, and the positions follow at once.

Everything of one recording is one database transaction: it queues up behind other documents of the same keys
and orders, puts each revision where its version belongs, keeps orders, lines, positions and master data in
step, and tells those above which orders are touched. The number of queries does not depend on the number of
documents.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import InvalidOperation

from django.db import DataError
from django.db import transaction as atomicity

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import DocumentKind, PurchaseOrder
from erp_connectors.companies import Company, Connection
from erp_connectors.documents import bare_rows, ground, heads, joining, orders
from erp_connectors.documents.arrivals import Arrival, FiledArrival, file_arrival
from erp_connectors.documents.by_hand import orders_matched
from erp_connectors.documents.heads import newest_of
from erp_connectors.documents.identity import (
    GROUND_SHAPES,
    GroundDocument,
    Group,
    Named,
    Recordable,
    UnstorableDocument,
    said_again,
)
from erp_connectors.documents.links import link, linked_orders
from erp_connectors.documents.locking import queue_up_for_documents, queue_up_for_orders
from erp_connectors.documents.models import Document, Supplier
from erp_connectors.documents.models import PurchaseOrder as PurchaseOrderRow
from erp_connectors.documents.orders import Followed
from erp_connectors.documents.revisions import Outcome
from erp_connectors.documents.shelves import Shelf, put_on, row_of, save, shelves_of
from erp_connectors.exchange.models import Transaction
from erp_connectors.signals import document_recorded


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
    filed = [file_arrival(arrival) for arrival in arrivals]
    if not filed:
        return []
    try:
        with atomicity.atomic():
            return _record(filed, connection=connection, company=company)
    except (DataError, InvalidOperation) as error:
        raise UnstorableDocument(f"A value does not fit: {str(error).splitlines()[0]}") from error


def read_again(groups: Collection[Group], *, connection: Connection, company: Company) -> set[int]:
    """Read recorded documents again after a person said what they mean; return the orders that changed.

    Nothing is recorded; what follows from the documents is brought in step, and those above are told.
    """
    with atomicity.atomic():
        queue_up_for_documents(((kind, key) for kind, key, _ in groups), connection=connection)
        rows = _rows_of(groups, connection)
        linked = linked_orders({row.pk: group for group, some in rows.items() for row in some})
        by_hand = orders_matched(groups, connection=connection)
        added = {
            group: {(_speaker(rows[group]), number) for number in by_hand.get(group, ())} for group in rows
        }
        named = set[Named]().union(*linked.values(), *added.values())
        numbers = {number for _, number in named}
        references = queue_up_for_orders(numbers, named, connection=connection)
        link({group: [row.pk for row in some] for group, some in rows.items()}, added, references)
        newest = {group: newest_of(some) for group, some in rows.items()}
        followed = orders.follow(numbers, connection=connection, company=company, recorded=newest.values())
        touched = set(followed.changed.values())
        _tell(
            touched,
            newest,
            followed,
            {group: min(row.first_said_at for row in some) for group, some in rows.items()},
            connection=connection,
            company=company,
        )
        return touched


def follow_again(numbers: Collection[str], *, connection: Connection, company: Company) -> set[int]:
    """Bring orders in step with the same documents after what they are counted by has changed; tell of it."""
    with atomicity.atomic():
        queue_up_for_orders(numbers, (), connection=connection)
        orders.follow(numbers, connection=connection, company=company)
        rows = PurchaseOrderRow.objects.filter(connection=connection, number__in=numbers)
        touched = set(rows.values_list("pk", flat=True))
        document_recorded.send(sender=Document, orders=sorted(touched), documents=[], heads=[])
        return touched


def _record(
    filed: Sequence[FiledArrival], *, connection: Connection, company: Company
) -> list[StoredDocument]:
    """Place, save, follow, tell; inside one database transaction."""
    queue_up_for_documents(
        ((one.kind, one.key) for one in filed),
        (number for one in filed for number in joining.numbers_of(one.arrival.document)),
        connection=connection,
    )
    shelves = shelves_of(filed, connection=connection)
    suppliers = _suppliers_of_orders(filed, connection=connection, company=company)
    for one in filed:
        said = one.arrival.document
        supplier = suppliers[said.supplier] if isinstance(said, PurchaseOrder) else one.arrival.supplier
        put_on(shelves[one.group], one, supplier=supplier, connection=connection, company=company)
    changed = {group: shelf for group, shelf in shelves.items() if shelf.has_changed}
    touched = _follow(filed, changed, connection=connection, company=company) if changed else {}
    return [
        StoredDocument(
            outcome=one.outcome,
            document=row_of(shelves[one.group], one),
            orders=tuple(sorted(touched.get(one.group, ()))),
            named=one.named,
        )
        for one in filed
    ]


def _follow(
    filed: Sequence[FiledArrival], changed: Mapping[Group, Shelf], *, connection: Connection, company: Company
) -> dict[Group, set[int]]:
    """Save the changed revisions and all that follows from them; return the orders each of them touched."""
    named = _orders_of(filed, changed)
    rows = {group: shelf.rows for group, shelf in changed.items()}
    joined = joining.join(rows, named, connection=connection)
    for group, some in joined.changed.items():
        named[group] |= some
    effect = ground.follow(_newest_ground(changed), connection=connection, company=company)
    numbers = effect.orders_to_recompute.union(*({number for _, number in pairs} for pairs in named.values()))
    references = queue_up_for_orders(numbers, set().union(*named.values()), connection=connection)
    save(changed.values())
    link({group: [row.pk for row in some] for group, some in rows.items()}, named, references)
    joining.keep_numbers((row for some in rows.values() for row in some), connection=connection)
    joining.link_others(joined, references, connection=connection)
    newest = {group: some[-1] for group, some in rows.items()}
    followed = orders.follow(numbers, connection=connection, company=company, recorded=newest.values())
    touched = defaultdict(set, effect.touched)
    for group, pairs in named.items():
        touched[group] |= {followed.changed[number] for _, number in pairs if number in followed.changed}
    _tell(
        set(followed.changed.values()).union(*touched.values()),
        newest,
        followed,
        {group: shelf.first_said_at for group, shelf in changed.items()},
        connection=connection,
        company=company,
    )
    return touched


def _tell(
    touched: Collection[int],
    newest: Mapping[Group, Document],
    followed: Followed,
    first_said_at: Mapping[Group, datetime],
    *,
    connection: Connection,
    company: Company,
) -> None:
    """Bring the heads of documents in step, and tell those above of them and of the orders they touch."""
    documents = heads.follow(
        newest, followed.loose, first_said_at, followed.hands, connection=connection, company=company
    )
    document_recorded.send(
        sender=Document, orders=sorted(touched), documents=list(newest.values()), heads=documents
    )


def _suppliers_of_orders(
    filed: Iterable[FiledArrival], *, connection: Connection, company: Company
) -> Mapping[str, Supplier]:
    documents = [one.arrival.document for one in filed]
    numbers = {document.supplier for document in documents if isinstance(document, PurchaseOrder)}
    return bare_rows.suppliers(numbers, connection=connection, company=company)


def _orders_of(
    filed: Iterable[FiledArrival], changed: Mapping[Group, Shelf]
) -> defaultdict[Group, set[Named]]:
    """Return the orders that any revision of each changed document names.

    A ship notice that is corrected to another order must be taken off the first one, too.
    """
    named = linked_orders(
        {run.row.pk: group for group, shelf in changed.items() for run in shelf.before if run.row is not None}
    )
    for one in filed:
        if one.group in changed:
            named[one.group].update(one.names())
    return named


def _newest_ground(changed: Mapping[Group, Shelf]) -> dict[Group, GroundDocument]:
    """Return the newest word of each document that is not about orders, where that is another than before."""
    newest: dict[Group, GroundDocument] = {}
    for group, shelf in changed.items():
        shape, run = GROUND_SHAPES.get(DocumentKind(group[0])), shelf.runs[-1]
        if shape is not None and run.row is not None:
            newest[group] = from_builtins(said_again(run.row.content, run.said), shape)
    return newest


def _rows_of(groups: Collection[Group], connection: Connection) -> dict[Group, list[Document]]:
    found = Document.objects.filter(
        connection=connection, kind__in={kind for kind, _, _ in groups}, key__in={key for _, key, _ in groups}
    ).select_related("supplier")
    rows: dict[Group, list[Document]] = defaultdict(list)
    for row in found:
        if row.group in groups:
            rows[row.group].append(row)
    return rows


def _speaker(rows: Sequence[Document]) -> str:
    return rows[0].supplier.number if rows[0].supplier else ""
