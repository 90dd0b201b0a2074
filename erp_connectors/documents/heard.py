"""What was heard of an order, and which of it counts: each once, the newest version last. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from erp_connectors.canonical.codec import to_json
from erp_connectors.canonical.documents import (
    Confirmation,
    Invoice,
    PurchaseOrder,
    Purpose,
    Receipt,
    ShipmentStatus,
    ShipNotice,
)
from erp_connectors.canonical.values import DocumentVersion

Content = PurchaseOrder | Confirmation | ShipNotice | ShipmentStatus | Receipt | Invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardDocument:
    """One revision of one document about the order, as it stands in the mirror.

    `key` is the same for all revisions of one document. `version` says when it was last said, `first_said_at`
    when this very content was first said (saying the same again does not make a new revision).
    """

    key: str
    version: DocumentVersion
    first_said_at: datetime
    content: Content


def as_sent(heard: Iterable[HeardDocument]) -> list[HeardDocument]:
    """Return what still counts as sent, each once, oldest version first."""
    revisions: dict[tuple[type, str], dict[tuple[DocumentVersion, bytes], HeardDocument]] = defaultdict(dict)
    for document in heard:
        identity = (document.version, to_json(document.content))
        known = revisions[type(document.content), document.key].get(identity)
        if known is None or document.first_said_at < known.first_said_at:
            revisions[type(document.content), document.key][identity] = document
    sent = []
    for of_one_document in revisions.values():
        sent += _since_cancelled(sorted(of_one_document.items(), key=lambda item: item[0]))
    return [document for _, document in sorted(sent, key=lambda item: (item[0][0], item[1].key, item[0][1]))]


Identified = tuple[tuple[DocumentVersion, bytes], HeardDocument]


def _since_cancelled(revisions: Sequence[Identified]) -> list[Identified]:
    """Return the revisions after the last cancellation: a cancelled document counts as never sent."""
    cancelled = [
        index
        for index, (_, document) in enumerate(revisions)
        if not isinstance(document.content, PurchaseOrder) and document.content.purpose is Purpose.CANCEL
    ]
    return list(revisions[cancelled[-1] + 1 :]) if cancelled else list(revisions)


def newest_of_each(sent: Iterable[HeardDocument]) -> list[HeardDocument]:
    """Return the newest revision of each document, oldest document first."""
    newest: dict[tuple[type, str], HeardDocument] = {}
    for document in sent:
        newest.pop((type(document.content), document.key), None)
        newest[type(document.content), document.key] = document
    return list(newest.values())
