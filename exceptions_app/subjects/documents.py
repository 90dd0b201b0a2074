"""Documents of which something fits no order: ship notices, receipts, confirmations."""

import hashlib
from collections.abc import Collection
from datetime import date, datetime
from functools import partial

from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.connectors.base import Stream
from erp_connectors.documents.heads import headed
from erp_connectors.documents.identity import words_of
from erp_connectors.documents.models import DocumentHead
from erp_connectors.exchange import health
from exceptions_app.cases.about import About
from exceptions_app.detection.deadlines import earliest_sight
from exceptions_app.detection.documents import DocumentSnapshot, LooseLine
from exceptions_app.detection.silence import known_silence
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies import lookup
from exceptions_app.policies.lookup import LineScope, Policies
from exceptions_app.subjects.subject import Loaded, Subject, World, world_of

#: Which stream tells of a kind of document; a carrier's status is told by none that is watched.
STREAMS = {
    DocumentKind.CONFIRMATION: Stream.CONFIRMATIONS,
    DocumentKind.SHIP_NOTICE: Stream.SHIP_NOTICES,
    DocumentKind.RECEIPT: Stream.RECEIPTS,
    DocumentKind.INVOICE: Stream.INVOICES,
}


class Documents(Subject):
    """A document is judged by what orders leave over of it."""

    kind = SubjectKind.DOCUMENT

    def load(self, ids: Collection[int], as_of: datetime) -> World:
        """Return the documents with their loose lines, in a number of queries that does not grow."""
        heads = list(
            DocumentHead.objects.filter(pk__in=ids).select_related(
                "company", "connection", "document", "supplier__profile", "supplier__connection"
            )
        )
        policies = lookup.load({head.company_id for head in heads}, as_of)
        silence = known_silence()
        suppliers = {head.supplier for head in heads if head.supplier}
        erps = {head.connection for head in heads if not head.supplier}
        sights = health.sights_of(suppliers, now=as_of, silence=silence)
        of_erps = health.sights_on(erps, now=as_of, silence=silence)
        return world_of(
            policies,
            {
                head.pk: partial(
                    load_document,
                    head,
                    sights[head.supplier.pk] if head.supplier else of_erps[head.connection_id],
                    policies,
                )
                for head in heads
            },
        )

    def queue_up_for(self, ids: Collection[int]) -> None:
        """Lock the heads, as `store.record` does when an order leaves something else over."""
        rows = DocumentHead.objects.filter(pk__in=ids).order_by("pk")
        list(rows.select_for_update(no_key=True).values_list("pk"))


def fingerprint_of(head: DocumentHead) -> str:
    """Return the fingerprint of what a document says, whatever it came in."""
    return hashlib.sha256(words_of(head.document.content)).hexdigest()


def is_counted(head: DocumentHead) -> bool:
    """Say whether a document is of the day since which its connection counts, or later."""
    cut_over = head.connection.cut_over
    day: date = head.issued_on or head.first_said_at.date()
    return cut_over is None or day >= cut_over


def load_document(head: DocumentHead, sight: health.Sight, policies: Policies) -> Loaded:
    """Return a document with its lines that fit no order, seen until `sight`."""
    supplier = head.supplier
    whole = LineScope(company_id=head.company_id, supplier_id=supplier.pk if supplier else None)
    stream = STREAMS.get(DocumentKind(head.kind))
    return Loaded(
        about=About(
            kind=SubjectKind.DOCUMENT,
            id=head.pk,
            company=head.company,
            connection=head.connection.code,
            supplier=supplier,
            document=head,
            buyer=supplier.buyer if supplier else "",
        ),
        snapshot=DocumentSnapshot(
            company=head.company.code,
            calendar=policies.of(head.company_id).calendar,
            tolerances=policies.tolerances(whole),
            fingerprint=fingerprint_of(head),
            heard=head.document.said_at.isoformat(),
            watched=is_counted(head),
            kind=DocumentKind(head.kind),
            key=head.key,
            number=head.number,
            supplier_number=supplier.number if supplier else None,
            first_said_at=head.first_said_at,
            content=headed(head.document),
            loose=tuple(
                LooseLine(
                    order=number,
                    index=line["line"],
                    reason=line["reason"],
                    candidates=tuple(line["candidates"]),
                )
                for number, lines in sorted(head.loose.items())
                for line in lines
            ),
            is_cancelled=head.is_cancelled,
            seen_until=earliest_sight(sight.get("orders"), sight.get(stream) if stream else None),
        ),
    )
