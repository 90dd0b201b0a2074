"""Orders and their lines in the mirror, and the position of every line, from all that was heard of them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.canonical.documents import PurchaseOrder as CanonicalOrder
from erp_connectors.companies import Company, Connection
from erp_connectors.documents.by_hand import NOTHING, ByHand, by_hand
from erp_connectors.documents.heads import HEADED, Loose
from erp_connectors.documents.heard import HeardDocument
from erp_connectors.documents.identity import ORDER_SHAPES, Group
from erp_connectors.documents.linked import heard_of
from erp_connectors.documents.models import Document
from erp_connectors.documents.order_rows import OrderRows
from erp_connectors.documents.positions import positions_of
from erp_connectors.documents.unmatched import loose_of, note_what_fits_nothing


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of following orders.

    `changed`: the primary keys, by number, of the orders that say something else than before; an order known
    only from other documents has none yet. `loose`: what the orders leave over of the documents naming them.
    `hands`: what people said of all the documents looked at.
    """

    changed: dict[str, int] = field(default_factory=dict)
    loose: Loose = field(default_factory=dict)
    hands: Mapping[Group, ByHand] = field(default_factory=dict)


def follow(
    numbers: Collection[str], *, connection: Connection, company: Company, recorded: Iterable[Document] = ()
) -> Followed:
    """Bring the orders with these numbers in step with all documents that name them.

    Their references are locked. `recorded` are documents that may name no order, looked at for their hands.
    """
    others = [row for row in recorded if row.kind in HEADED]
    if not numbers:
        return Followed(hands=by_hand(others, connection=connection))
    heard = heard_of(numbers, connection)
    newest = {number: one.newest_order for number, one in heard.items()}
    current = {number: row for number, row in newest.items() if row is not None}
    said = {number: from_builtins(row.content, CanonicalOrder) for number, row in current.items()}
    of_orders = (row for one in heard.values() for row in one.rows)
    hands = by_hand([*of_orders, *others], connection=connection)
    positions = {
        number: positions_of(_as_heard(row, hands) for row in heard[number].about(order.supplier))
        for number, order in said.items()
    }
    changed = OrderRows(connection, company, said).save(current, positions)
    note_what_fits_nothing(heard, said, positions, hands)
    return Followed(changed, loose_of(heard, said, positions, hands), hands)


def _as_heard(row: Document, hands: Mapping[Group, ByHand]) -> HeardDocument:
    content = from_builtins(row.content, ORDER_SHAPES[DocumentKind(row.kind)])
    content = hands.get(row.group, NOTHING).over(content)
    return HeardDocument(
        key=row.key, version=content.version, first_said_at=row.first_said_at, content=content
    )
