"""One canonical document as JSON: from an integration, the portal, or a person on a supplier's behalf."""

from erp_connectors.canonical.codec import CanonicalError
from erp_connectors.companies import Connection, ConnectionKind
from erp_connectors.documents.identity import kind_of
from erp_connectors.documents.models import Supplier
from erp_connectors.documents.store import record
from erp_connectors.edi import Verdict
from erp_connectors.errors import PermanentError
from erp_connectors.exchange import canonical_json
from erp_connectors.exchange.models import TransactionStatus
from erp_connectors.exchange.work import Reading, Work, refusal


def read(work: Work) -> None:
    """Record the one document of the claimed interchange, or quarantine it with the place of the error."""
    try:
        _take(work)
    except PermanentError as error:
        finding = refusal(
            error,
            code=type(error).__name__,
            layer="document",
            way_out="Correct the document where the text says, and send it again.",
        )
        with work.step() as now:
            if 0 not in work.done:
                work.add(
                    0,
                    kind="json",
                    status=TransactionStatus.QUARANTINED,
                    verdict=Verdict.QUARANTINE.value,
                    findings=[finding],
                )
            work.finish(
                Reading(verdict=Verdict.QUARANTINE.value, findings=[finding], has_errors=True), now=now
            )


def _take(work: Work) -> None:
    sent = canonical_json.read_document(work.payload)
    document, connection = sent.document, work.connection
    if connection.kind == ConnectionKind.EDI:
        raise CanonicalError(f"{connection.name} is an EDI mailbox: name the ERP the document is about.")
    with work.step() as now:
        if 0 not in work.done:
            row = work.add(
                0,
                kind=kind_of(document).value,
                control_number=document.version.control_number[:40],
                verdict=Verdict.ACCEPT.value,
                status=TransactionStatus.APPLIED,
                offset_to=len(work.payload),
            )
            record(
                document,
                connection=connection,
                company=connection.company,
                supplier=_speaker(sent.supplier, connection),
                transaction=row,
                received_at=work.interchange.received_at,
            )
        work.finish(Reading(verdict=Verdict.ACCEPT.value), now=now)


def _speaker(number: str | None, connection: Connection) -> Supplier | None:
    if number is None:
        return None
    supplier = Supplier.objects.filter(connection=connection, number=number).first()
    if supplier is None:
        raise CanonicalError(f"{connection.name} has no supplier {number!r} - at `$.supplier`")
    return supplier
