"""An EDI interchange: every transaction recorded or refused, then all of it acknowledged.

Transactions are recorded a block at a time, the whole of small interchanges at once. Where anything in
a block goes wrong, each of its transactions is taken for itself, so that none suffers for another.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError
from django.db import connection as database

from erp_connectors.canonical.codec import to_builtins
from erp_connectors.companies import Connection
from erp_connectors.documents.arrivals import Arrival
from erp_connectors.documents.store import record_many
from erp_connectors.edi import (
    ControlKey,
    Decoded,
    DecodedFile,
    DecodedGroup,
    DecodedInterchange,
    DecodedTransaction,
    Finding,
    Verdict,
    decode,
)
from erp_connectors.edi.envelope import SeenLookup, nothing_seen
from erp_connectors.edi.partners import Partners
from erp_connectors.edi.sets import ACKNOWLEDGEMENT_SETS, ORDER_SETS
from erp_connectors.errors import ConfigurationError, PermanentError, TransientError
from erp_connectors.exchange.acknowledging import WAKE, Answerable, acknowledge
from erp_connectors.exchange.models import PartnerProfile, Transaction, TransactionStatus
from erp_connectors.exchange.waking import wake
from erp_connectors.exchange.work import (
    TAKEN,
    LeaseLost,
    Reading,
    Work,
    add_all,
    refusal,
    step_together,
)

LOCK = """
    SELECT pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(%s::text[]) AS name ORDER BY 1
    ) AS keys
"""
LONGEST_KEY = 255
#: So many transactions are recorded together, and no more than so many bytes of them unless one is longer.
BLOCK = 100
BLOCK_BYTES = 256 * 1024
REFUSED_AS = {
    Verdict.DUPLICATE: TransactionStatus.DUPLICATE,
    Verdict.REJECT: TransactionStatus.REJECTED,
    Verdict.QUARANTINE: TransactionStatus.QUARANTINED,
}


log = logging.getLogger(__name__)


class Overtaken(TransientError):
    """Another worker has just taken the same control numbers: read again, and they are known."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One transaction of a claimed interchange, as it was read."""

    work: Work
    position: int
    decoded: DecodedTransaction
    profile: PartnerProfile | None


@dataclass(slots=True)
class _Cover:
    """What a file holds around its transactions: what is to be answered, and how it ended."""

    partners: Partners
    answerables: list[Answerable] = field(default_factory=lambda: [Answerable()])
    file: DecodedFile | None = None

    def note(self, decoded: Decoded) -> None:
        """Keep a group, an interchange or the file."""
        match decoded:
            case DecodedGroup():
                self.answerables[-1].groups.append(decoded)
            case DecodedInterchange():
                self.answerables[-1].interchange = decoded
                self.answerables.append(Answerable())
            case DecodedFile():
                self.file = decoded


def read(work: Work) -> None:
    """Read the claimed interchange to its end, a block of its transactions in each database transaction."""
    cover = _Cover(Partners(work.connection))
    for block in _blocks(_parts(work, cover, lambda key: _seen(work, key))):
        work.pause_when_due()
        _take(work, block)
    with work.step() as now:
        _end([(work, cover)], now)


def read_together(works: Sequence[Work]) -> list[Work]:
    """Read small interchanges that nobody has tried before, in one database transaction; return which.

    Left alone are those that hold too much, or what came before. Whatever else goes wrong with one of them
    undoes all: each is then to be read for itself.
    """
    known: dict[int, Partners] = {}
    read = [_sheet(work, known.setdefault(work.connection.pk, Partners(work.connection))) for work in works]
    sheets = _fresh([sheet for sheet in read if sheet is not None])
    if not sheets:
        return []
    together = [sheet.work for sheet in sheets]
    with step_together(together) as now:
        _record([part for sheet in sheets for part in sheet.parts])
        _end([(sheet.work, sheet.cover) for sheet in sheets], now)
    return together


def _parts(work: Work, cover: _Cover, seen: SeenLookup) -> Iterator[_Part]:
    """Yield the transactions that are not done yet, as they are read; the rest goes to the cover."""
    position = 0
    for decoded in decode(work.payload, cover.partners.rules, seen):
        if isinstance(decoded, DecodedTransaction):
            if position not in work.done:
                yield _Part(work, position, decoded, cover.partners.profile(decoded.ids))
            position += 1
        else:
            cover.note(decoded)


def _end(through: Sequence[tuple[Work, _Cover]], now: datetime) -> None:
    """Acknowledge and finish interchanges that were read; within a step."""
    read = [(work.interchange, cover.answerables, cover.partners) for work, cover in through]
    if acknowledge(read, now=now):
        wake(WAKE)
    for work, cover in through:
        assert cover.file is not None
        work.finish(_reading_of(cover.answerables, cover.file), now=now)


# --- some transactions ----------------------------------------------------------------------------


def _blocks(parts: Iterable[_Part]) -> Iterator[list[_Part]]:
    """Yield transactions some at a time: no more are held in memory than a block, and one behind it."""
    block: list[_Part] = []
    held = 0
    for part in parts:
        size = part.decoded.end - part.decoded.offset
        if block and (len(block) >= BLOCK or held + size > BLOCK_BYTES):
            yield block
            block, held = [], 0
        block.append(part)
        held += size
    if block:
        yield block


def _take(work: Work, block: Sequence[_Part]) -> None:
    """Record a block; where anything in it goes wrong, each of its transactions for itself."""
    if len(block) > 1:
        try:
            with work.step():
                _record(block)
            return
        except LeaseLost:
            raise
        # Which of them it was, and what becomes of it, is found out one by one.
        except Exception as error:
            log.info("A block of interchange %s is taken one by one: %s", work.interchange.pk, error)
    for part in block:
        _take_alone(part)


def _take_alone(part: _Part) -> None:
    """Record one transaction, or write why not; what only this one stumbles over does not stop the others."""
    work = part.work
    try:
        with work.step():
            _record([part])
    except PermanentError as error:
        _quarantine(part, error, code=type(error).__name__)
    except (TransientError, ConfigurationError, OperationalError, InterfaceError):
        raise
    except Exception as error:
        if not work.is_last_attempt:
            raise
        _quarantine(part, error, code="UNFORESEEN")


def _record(parts: Sequence[_Part]) -> None:
    """Write what becomes of transactions, and record the documents of those that count; within a step."""
    _make_sure_they_are_new([part for part in parts if part.decoded.verdict.is_accepted])
    become = [_status(part.decoded, part.profile) for part in parts]
    rows = add_all(
        [
            (part.work, part.position, {"status": status, **_values(part.decoded, notes)})
            for part, (status, notes) in zip(parts, become, strict=True)
        ]
    )
    arrivals: dict[Connection, list[Arrival]] = defaultdict(list)
    for part, row in zip(parts, rows, strict=True):
        document, profile = part.decoded.document, part.profile
        if row.status == TransactionStatus.APPLIED and profile is not None and document is not None:
            arrivals[profile.supplier.connection].append(
                Arrival(
                    document=document,
                    supplier=profile.supplier,
                    transaction=row,
                    received_at=part.work.interchange.received_at,
                )
            )
    for connection in sorted(arrivals, key=lambda each: each.pk):
        record_many(arrivals[connection], connection=connection, company=connection.company)


def _quarantine(part: _Part, error: Exception, *, code: str) -> None:
    way_out = "Correct what it says, or report it; then process the interchange again."
    finding = refusal(error, code=code, layer="transaction", way_out=way_out)
    with part.work.step():
        values = _values(part.decoded, [finding]) | {"verdict": Verdict.QUARANTINE.value}
        part.work.add(part.position, status=TransactionStatus.QUARANTINED, **values)


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


def _make_sure_they_are_new(parts: Sequence[_Part]) -> None:
    """Queue up behind whoever takes the same control numbers at this moment, then look once more."""
    if not parts:
        return
    names = [f"control {part.work.connection.pk} {_key_text(part.decoded.key)}" for part in parts]
    with database.cursor() as cursor:
        cursor.execute(LOCK, [names])
    if _came_before(parts):
        raise Overtaken("The same control numbers came at the same moment.")


def _came_before(parts: Sequence[_Part]) -> set[tuple[int, str]]:
    """Return which keys, each with its connection, were successfully received in other interchanges."""
    keys = {_name_of(part) for part in parts}
    known = Transaction.objects.filter(key__in={key for _, key in keys}, status__in=TAKEN)
    found = known.exclude(interchange__in={part.work.interchange.pk for part in parts})
    return keys & set(found.order_by().values_list("interchange__connection", "key"))


def _name_of(part: _Part) -> tuple[int, str]:
    return part.work.connection.pk, _key_text(part.decoded.key)


def _key_text(key: ControlKey) -> str:
    text = str(key).replace("\0", "")
    return text if len(text) <= LONGEST_KEY else hashlib.sha256(text.encode()).hexdigest()


# --- small interchanges -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A whole small interchange, read as if nothing of it had come before."""

    work: Work
    cover: _Cover
    parts: Sequence[_Part]


def _sheet(work: Work, partners: Partners) -> _Sheet | None:
    """Return the interchange as it is read; None for one that holds too much or cannot be judged."""
    cover = _Cover(partners)
    try:
        parts = list(islice(_parts(work, cover, nothing_seen), BLOCK + 1))
    except ConfigurationError:
        return None
    return _Sheet(work, cover, parts) if len(parts) <= BLOCK else None


def _fresh(sheets: Sequence[_Sheet]) -> list[_Sheet]:
    """Return the interchanges that nothing came of before, not even together: a block of transactions."""
    used = _came_before([part for sheet in sheets for part in sheet.parts])
    fresh, count = [], 0
    for sheet in sheets:
        names = {_name_of(part) for part in sheet.parts}
        if names & used or count + len(sheet.parts) > BLOCK:
            continue
        used |= names
        count += len(sheet.parts)
        fresh.append(sheet)
    return fresh


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
