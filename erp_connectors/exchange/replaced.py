"""What becomes of an interchange once the corrected copy of it has been read."""

from erp_connectors.exchange import reports
from erp_connectors.exchange.models import (
    Correction,
    Interchange,
    InterchangeStatus,
    OutgoingFile,
    Quarantine,
    Transaction,
    TransactionStatus,
)
from erp_connectors.signals import message_refused

REFUSED = frozenset({TransactionStatus.QUARANTINED, TransactionStatus.REJECTED})


def take_its_place(copy: Interchange) -> None:
    """Let what was refused of the original count as corrected; within the step that ends the copy."""
    correction = _correction_of(copy)
    if correction is None:
        return
    original = Interchange.objects.select_for_update().defer("payload").get(pk=correction.original_id)
    if original.status == InterchangeStatus.CORRECTED:
        return
    Transaction.objects.filter(interchange=original, status__in=REFUSED).update(
        status=TransactionStatus.CORRECTED
    )
    original.status = InterchangeStatus.CORRECTED
    original.save(update_fields=["status"])
    kept = Quarantine.objects.select_for_update().filter(interchange=original).first()
    if kept is not None:
        kept.is_whole = False
        kept.save(update_fields=["is_whole"])
        message_refused.send(sender=Quarantine, quarantine=kept)


def is_answered(copy: Interchange) -> bool:
    """Say whether the partner has had an answer to what it sent, of which this is a corrected copy."""
    correction = _correction_of(copy)
    while correction is not None:
        answers = OutgoingFile.objects.filter(interchange=correction.original_id).exclude(kind=reports.KIND)
        if answers.exists():
            return True
        correction = Correction.objects.filter(corrected=correction.original_id).first()
    return False


def _correction_of(copy: Interchange) -> Correction | None:
    """Return what made it a corrected copy, asked for once; most interchanges are none."""
    return getattr(copy, "correction", None)
