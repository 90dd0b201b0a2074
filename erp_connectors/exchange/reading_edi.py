"""An EDI interchange: every transaction recorded or refused for itself, then acknowledged."""

import hashlib
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError
from django.db import connection as database

from erp_connectors import clock
from erp_connectors.canonical.codec import to_builtins
from erp_connectors.documents.store import record
from erp_connectors.edi import (
    ControlKey,
    DecodedFile,
    DecodedGroup,
    DecodedInterchange,
    DecodedTransaction,
    Finding,
    Verdict,
    decode,
)
from erp_connectors.edi.partners import Partners
from erp_connectors.edi.sets import ACKNOWLEDGEMENT_SETS, ORDER_SETS
from erp_connectors.errors import ConfigurationError, PermanentError, TransientError
from erp_connectors.exchange.acknowledging import WAKE, Answerable, acknowledge
from erp_connectors.exchange.models import PartnerProfile, Transaction, TransactionStatus
from erp_connectors.exchange.waking import wake
from erp_connectors.exchange.work import TAKEN, Reading, Work, refusal

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
LONGEST_KEY = 255
REFUSED_AS = {
    Verdict.DUPLICATE: TransactionStatus.DUPLICATE,
    Verdict.REJECT: TransactionStatus.REJECTED,
    Verdict.QUARANTINE: TransactionStatus.QUARANTINED,
}


class Overtaken(TransientError):
    """Another worker has just taken the same control numbers: read again, and they are known."""


def read(work: Work) -> None:
    """Read the claimed interchange to its end, one database transaction for each of its transactions."""
    partners = Partners(work.connection)
    answerables, file, position = [Answerable()], None, 0
    for decoded in decode(work.payload, partners.rules, lambda key: _seen(work, key)):
        match decoded:
            case DecodedTransaction():
                if position not in work.done:
                    work.pause_when_due()
                    _take(work, decoded, position, partners.profile(decoded.ids))
                position += 1
            case DecodedGroup():
                answerables[-1].groups.append(decoded)
            case DecodedInterchange():
                answerables[-1].interchange = decoded
                answerables.append(Answerable())
            case DecodedFile():
                file = decoded
    assert file is not None
    with work.step():
        if acknowledge(work.interchange, answerables, partners, now=clock.now()):
            wake(WAKE)
        work.finish(_reading_of(answerables, file))


# --- one transaction ------------------------------------------------------------------------------


def _take(work: Work, decoded: DecodedTransaction, position: int, profile: PartnerProfile | None) -> None:
    """Record one transaction, or write why not; what only this one stumbles over does not stop the others."""
    status, notes = _status(decoded, profile)
    try:
        with work.step():
            if decoded.verdict.is_accepted:
                _make_sure_it_is_new(work, decoded.key)
            row = work.add(position, status=status, **_values(decoded, notes))
            if status is TransactionStatus.APPLIED and profile is not None and decoded.document is not None:
                record(
                    decoded.document,
                    connection=profile.supplier.connection,
                    company=profile.supplier.company,
                    supplier=profile.supplier,
                    transaction=row,
                    received_at=work.interchange.received_at,
                )
    except PermanentError as error:
        _quarantine(work, decoded, position, error, code=type(error).__name__)
    except (TransientError, ConfigurationError, OperationalError, InterfaceError):
        raise
    except Exception as error:
        if not work.is_last_attempt:
            raise
        _quarantine(work, decoded, position, error, code="UNFORESEEN")


def _quarantine(
    work: Work, decoded: DecodedTransaction, position: int, error: Exception, *, code: str
) -> None:
    way_out = "Correct what it says, or report it; then process the interchange again."
    finding = refusal(error, code=code, layer="transaction", way_out=way_out)
    with work.step():
        values = _values(decoded, [finding]) | {"verdict": Verdict.QUARANTINE.value}
        work.add(position, status=TransactionStatus.QUARANTINED, **values)


def _status(
    decoded: DecodedTransaction, profile: PartnerProfile | None
) -> tuple[TransactionStatus, list[dict[str, Any]]]:
    """Return what becomes of a transaction, with a note where that needs a reason of its own."""
    if not decoded.verdict.is_accepted:
        return REFUSED_AS[decoded.verdict], []
    if decoded.test and not (profile and profile.is_test):
        return TransactionStatus.TEST, [
            _note("TEST", "It is marked as a test and touches nothing that is live.")
        ]
    if decoded.set_code in ACKNOWLEDGEMENT_SETS:
        return TransactionStatus.IGNORED, []
    if decoded.document is not None:
        return TransactionStatus.APPLIED, []
    if decoded.set_code in ORDER_SETS:
        return TransactionStatus.NOT_MAPPED, [
            _note("ORDER_COPY", "It is a copy of an order of ours: what the ERP says of its orders counts.")
        ]
    return TransactionStatus.NOT_MAPPED, []


def _values(decoded: DecodedTransaction, notes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": decoded.set_code[:32] or "unreadable",
        "control_number": decoded.control_number.replace("\0", "")[:40],
        "key": _key_text(decoded.key),
        "sha256": decoded.sha256,
        "offset_from": decoded.offset,
        "offset_to": decoded.end,
        "verdict": decoded.verdict.value,
        "findings": [*map(_finding, decoded.findings), *notes],
        "reading": decoded.reading or {},
        "mapping_version": decoded.mapping_version or "",
    }


# --- what came before -------------------------------------------------------------------------------


def _seen(work: Work, key: ControlKey) -> str | None:
    """Return the hash under which the key was successfully received in another interchange before."""
    return (
        Transaction.objects.filter(
            key=_key_text(key), status__in=TAKEN, interchange__connection=work.connection
        )
        .exclude(interchange=work.interchange)
        .order_by("pk")
        .values_list("sha256", flat=True)
        .first()
    )


def _make_sure_it_is_new(work: Work, key: ControlKey) -> None:
    """Queue up behind whoever takes the same control numbers at this moment, then look once more."""
    with database.cursor() as cursor:
        cursor.execute(LOCK, [f"control {work.connection.pk} {_key_text(key)}"])
    if _seen(work, key) is not None:
        raise Overtaken("The same control numbers came at the same moment.")


def _key_text(key: ControlKey) -> str:
    text = str(key).replace("\0", "")
    return text if len(text) <= LONGEST_KEY else hashlib.sha256(text.encode()).hexdigest()


# --- the whole ---------------------------------------------------------------------------------------


def _reading_of(answerables: list[Answerable], file: DecodedFile) -> Reading:
    interchanges = [one.interchange for one in answerables if one.interchange is not None]
    findings = [finding for interchange in interchanges for finding in interchange.findings]
    findings += [finding for one in answerables for group in one.groups for finding in group.findings]
    findings += file.findings
    envelopes = [_envelope(interchange) for interchange in interchanges]
    return Reading(
        verdict=file.verdict.value,
        findings=[_finding(finding) for finding in findings],
        envelope=envelopes[0] if len(envelopes) == 1 else {"interchanges": envelopes} if envelopes else {},
        is_test=any(interchange.test for interchange in interchanges),
        has_errors=bool(file.findings)
        or any(
            interchange.verdict in (Verdict.QUARANTINE, Verdict.REJECT) and not interchange.transactions
            for interchange in interchanges
        ),
    )


def _envelope(interchange: DecodedInterchange) -> dict[str, Any]:
    ids = to_builtins(interchange.ids)
    return interchange.envelope | {"ids": ids, "control_number": interchange.control_number}


def _finding(finding: Finding) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(finding)
    return {name: value for name, value in values.items() if value is not None}


def _note(code: str, text: str) -> dict[str, Any]:
    return {"layer": "transaction", "code": code, "severity": "note", "text": text, "way_out": ""}
