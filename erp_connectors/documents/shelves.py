"""The revisions of each document: fetched as they are, what arrives put among them, and kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from django.db.models import Window
from django.db.models.functions import Rank

from erp_connectors.companies import Company, Connection
from erp_connectors.documents.arrivals import FiledArrival
from erp_connectors.documents.identity import GROUND_SHAPES, Group, said_again, versions_said, words_of
from erp_connectors.documents.models import Document, Supplier
from erp_connectors.documents.revisions import Run, place

#: What moves when a document is said again.
MOVING_COLUMNS = ["first_said_at", "said_at", "revision", "control_number", "content"]


@dataclass(slots=True)
class Shelf:
    """The revisions of one document: before this recording, and as they have become."""

    before: tuple[Run[Document], ...] = ()
    runs: tuple[Run[Document], ...] = ()
    has_changed: bool = False

    @property
    def rows(self) -> list[Document]:
        """The revisions as they have become, oldest first."""
        return [run.row for run in self.runs if run.row is not None]

    @property
    def first_said_at(self) -> datetime:
        """When the document was first said, in any words."""
        return self.runs[0].said[0].document_time


def shelves_of(filed: Sequence[FiledArrival], *, connection: Connection) -> dict[Group, Shelf]:
    """Return the revisions known of each document; of stock and the like only those that can matter.

    A stock level has a revision for every change: of those said before all that arrives, the last will do.
    """
    rows = [*_order_documents(filed, connection), *_ground_documents(filed, connection)]
    by_group: dict[Group, list[Document]] = defaultdict(list)
    for row in rows:
        by_group[row.group].append(row)
    shelves = {}
    for one in filed:
        runs = [
            Run(words_of(row.content), versions_said(row.content), row) for row in by_group.get(one.group, [])
        ]
        ordered = tuple(sorted(runs, key=lambda run: run.last))
        shelves[one.group] = Shelf(before=ordered, runs=ordered)
    return shelves


def _order_documents(filed: Iterable[FiledArrival], connection: Connection) -> list[Document]:
    wanted = [one for one in filed if one.kind not in GROUND_SHAPES]
    if not wanted:
        return []
    return list(
        Document.objects.filter(
            connection=connection,
            kind__in={one.kind.value for one in wanted},
            key__in={one.key for one in wanted},
        )
    )


def _ground_documents(filed: Iterable[FiledArrival], connection: Connection) -> list[Document]:
    wanted = [one for one in filed if one.kind in GROUND_SHAPES]
    if not wanted:
        return []
    known = Document.objects.filter(
        connection=connection,
        kind__in={one.kind.value for one in wanted},
        key__in={one.key for one in wanted},
    )
    earliest = min(one.arrival.document.version.document_time for one in wanted)
    # All of the last moment: what was said at one moment is told apart only by its words.
    rank = Window(Rank(), partition_by=["kind", "key", "supplier_id"], order_by="-said_at")
    last_before = known.filter(said_at__lt=earliest).annotate(rank=rank).filter(rank=1)
    return [*last_before, *known.filter(said_at__gte=earliest)]


def put_on(
    shelf: Shelf, one: FiledArrival, *, supplier: Supplier | None, connection: Connection, company: Company
) -> None:
    """Put an arrival among the revisions of its document, with a row for every run that has none.

    `supplier`: whom the document is kept under.
    """
    placed = place(shelf.runs, one.words, one.arrival.document.version)
    one.outcome = placed.outcome
    if placed.is_repetition:
        return
    shelf.has_changed = True
    rows = {run.content: run.row for run in placed.runs if run.row is not None}
    runs = []
    for run in placed.runs:
        if run.row is None and run.content == one.words:
            row = Document(
                kind=one.kind.value,
                company=company,
                connection=connection,
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


def _hash_of(one: FiledArrival) -> str:
    """Hash what is said with who says it: two partners may say the same of orders with the same number."""
    return sha256(one.words + f" {one.group[2]}".encode()).hexdigest()


def save(shelves: Iterable[Shelf]) -> None:
    """Write the rows that are new, and those whose run was said again or cut in two."""
    new: list[Document] = []
    moved: list[Document] = []
    for shelf in shelves:
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


def row_of(shelf: Shelf, one: FiledArrival) -> Document:
    """Return the revision that holds an arrival."""
    said = one.arrival.document.version
    rows = [
        run.row
        for run in shelf.runs
        if run.content == one.words and run.said[0] <= said <= run.said[-1] and run.row is not None
    ]
    return rows[0]
