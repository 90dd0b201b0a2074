"""Reading a whole X12 file: scan an interchange, judge its envelope, then map one transaction at a time.

The envelope of an interchange is judged before its first transaction is yielded, so that a verdict,
once given, is final.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from erp_connectors.edi.envelope import (
    ControlKey,
    Finding,
    Layer,
    Reuse,
    SeenLookup,
    Severity,
    Verdict,
    judge_reuse,
    verdict_of,
)
from erp_connectors.edi.results import (
    Decoded,
    DecodedFile,
    DecodedGroup,
    DecodedInterchange,
    DecodedTransaction,
    Document,
    TransactionAnswer,
)
from erp_connectors.edi.rules import DEFAULT_RULES, DuplicateAnswer, ProfileFor
from erp_connectors.edi.x12 import STANDARD, envelope
from erp_connectors.edi.x12.answers import group_status, transaction_answer
from erp_connectors.edi.x12.dates import is_sentinel, parse_date, parse_time
from erp_connectors.edi.x12.facts import envelope_facts, envelope_ids
from erp_connectors.edi.x12.frame import Frame, frame_facts
from erp_connectors.edi.x12.mapping import MAPPING_VERSION, map_transaction, read_transaction
from erp_connectors.edi.x12.mapping.tables import tables_for
from erp_connectors.edi.x12.reader import (
    BOM,
    NOISE_BYTES,
    GroupSpan,
    InterchangeSpan,
    TransactionSpan,
    ascii_view,
    find_header,
    scan,
)
from erp_connectors.edi.x12.sets import ACKNOWLEDGEMENT_GROUPS, ACKNOWLEDGEMENT_SETS

MOST_INTERCHANGES = 500
MOST_PIECES = 20_000
MOST_PIECES_IN_FILE = 100_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def decode_x12(data: bytes, profile_for: ProfileFor, seen: SeenLookup) -> Iterator[Decoded]:
    """Yield transactions, groups and interchanges of `data` in order, and the file last."""
    view, ebcdic = ascii_view(data)
    reading = _FileReading(data, view, ebcdic, profile_for, seen)
    yield from reading.run()


class _FileReading:
    """One pass over a file: where it stands, and which control numbers it has used."""

    def __init__(
        self, data: bytes, view: bytes, ebcdic: bool, profile_for: ProfileFor, seen: SeenLookup
    ) -> None:
        self.data = data
        self.view = view
        self.ebcdic = ebcdic
        self.profile_for = profile_for
        self.seen = seen
        self.used: dict[ControlKey, tuple[int, str]] = {}
        self.findings: list[Finding] = []
        self.verdicts: set[Verdict] = set()
        self.terminator = b""
        self.interchanges = 0
        self.transactions = 0
        self.pieces = 0

    def run(self) -> Iterator[Decoded]:
        position = len(BOM) if self.view.startswith(BOM) else 0
        while (header := find_header(self.view, position)) is not None:
            self._note_gap(position, header.offset)
            if self.interchanges >= MOST_INTERCHANGES:
                text = f"The file holds more than {MOST_INTERCHANGES} interchanges; the rest was left."
                self._find("LIMIT_INTERCHANGES", text, header.offset, "Ask the sender to split the file.")
                position = len(self.view)
                break
            span = scan(self.view, header, min(MOST_PIECES, MOST_PIECES_IN_FILE - self.pieces))
            self.pieces += span.pieces
            for result in _InterchangeReading(self, span, self.interchanges).run():
                self._count(result)
                yield result
            self.interchanges += 1
            position = span.end
            self.terminator = header.delimiters.terminator
        self._note_gap(position, len(self.view))
        if not self.interchanges:
            way_out = "Look at the first bytes: it may be another format, or cut off at the front."
            self._find("HEADER_UNREADABLE", "No readable ISA segment was found.", 0, way_out)
        yield self._file()

    def _count(self, result: Decoded) -> None:
        if isinstance(result, DecodedTransaction):
            self.transactions += 1
            self.verdicts.add(result.verdict)
        elif isinstance(result, DecodedGroup | DecodedInterchange):
            self.verdicts.add(result.verdict)

    def _note_gap(self, start: int, end: int) -> None:
        gap = self.view[start:end].strip(NOISE_BYTES + self.terminator)
        if gap and gap != BOM:
            text = f"{len(gap)} bytes outside any interchange could not be read: {gap[:40]!r}."
            self._find("UNREADABLE_BYTES", text, start, "Ask the sender whether an interchange is cut off.")

    def _find(self, code: str, text: str, offset: int, way_out: str) -> None:
        self.findings.append(Finding(layer=Layer.FILE, code=code, text=text, offset=offset, way_out=way_out))
        self.verdicts.add(Verdict.QUARANTINE)

    def _file(self) -> DecodedFile:
        return DecodedFile(
            verdict=file_verdict(self.verdicts),
            findings=tuple(self.findings),
            standard=STANDARD,
            size=len(self.data),
            sha256=hashlib.sha256(self.data).hexdigest(),
            interchanges=self.interchanges,
            transactions=self.transactions,
        )


def file_verdict(verdicts: set[Verdict]) -> Verdict:
    """Return the verdict all parts share; accept_warn where some were accepted, else the gravest."""
    if verdicts <= {Verdict.ACCEPT}:
        return Verdict.ACCEPT
    gravest = (Verdict.QUARANTINE, Verdict.REJECT, Verdict.DUPLICATE)
    refused = [verdict for verdict in gravest if verdict in verdicts]
    if not refused or any(verdict.is_accepted for verdict in verdicts):
        return Verdict.ACCEPT_WARN
    return refused[0]


class _InterchangeReading:
    """One interchange: its partner's rules, its verdict, then its groups one by one."""

    def __init__(self, file: _FileReading, span: InterchangeSpan, index: int) -> None:
        self.file = file
        self.span = span
        self.index = index
        self.ids = envelope_ids(span)
        rules = file.profile_for(self.ids)
        self.findings = envelope.judge_interchange(span, self.ids, rules, ebcdic=file.ebcdic)
        self.rules = rules or DEFAULT_RULES
        self._judge_size()
        self.verdict = envelope.interchange_verdict(self.findings)
        self.stray_component = span.stray_component
        self.control = span.header.elements[13]
        self.transaction_verdicts: list[tuple[Verdict, bool]] = []

    def _judge_size(self) -> None:
        limits, size = self.rules.limits, len(self.file.data)
        transactions = sum(len(group.transactions) for group in self.span.groups)
        if size > limits.file_bytes:
            self._refuse_size("LIMIT_FILE_SIZE", f"{size} bytes", str(limits.file_bytes))
        if transactions > limits.transactions:
            self._refuse_size("LIMIT_TRANSACTIONS", f"{transactions} transactions", str(limits.transactions))

    def _refuse_size(self, code: str, found: str, limit: str) -> None:
        self.findings.append(
            Finding(
                layer=Layer.INTERCHANGE,
                code=code,
                text=f"This partner may send {limit}, there are {found}.",
                ack_code="024",
                way_out="Ask the sender to split the file, or raise the limit in the profile.",
            )
        )

    @property
    def is_too_large(self) -> bool:
        """Say whether a limit forbids looking into the interchange at all."""
        return any(finding.code.startswith("LIMIT_") for finding in self.findings)

    def run(self) -> Iterator[Decoded]:
        used_numbers: set[str] = set()
        groups = [] if self.is_too_large else self.span.groups
        for number, group in enumerate(groups):
            yield from _GroupReading(self, group, number, used_numbers).run()
        yield self._interchange()

    def key(self, group: str = "", transaction: str = "") -> ControlKey:
        """Return the control key of the interchange, or of a transaction in it."""
        ids = self.ids
        sender = f"{ids.sender_qualifier}/{ids.sender}"
        receiver = f"{ids.receiver_qualifier}/{ids.receiver}"
        return ControlKey(STANDARD, sender, receiver, self.control, group, transaction)

    def _interchange(self) -> DecodedInterchange:
        header = self.span.header
        verdict = self.verdict
        if verdict.is_accepted and self.transaction_verdicts:
            came_before = all(
                verdict is Verdict.DUPLICATE and earlier for verdict, earlier in self.transaction_verdicts
            )
            if came_before:
                verdict = Verdict.DUPLICATE
        status, code = self._ta1(verdict)
        return DecodedInterchange(
            ids=self.ids,
            index=self.index,
            control_number=self.control,
            date=header.elements[9],
            time=header.elements[10],
            version=header.elements[12],
            test=header.elements[15] == "T",
            key=self.key(),
            verdict=verdict,
            findings=tuple(self.findings),
            ta1_status=status,
            ta1_code=code,
            needs_ta1=self._needs_ta1(status),
            groups=len(self.span.groups),
            transactions=len(self.transaction_verdicts),
            envelope=envelope_facts(self.span),
            offset=header.offset,
            end=self.span.end,
            sha256=hashlib.sha256(self.file.data[header.offset : self.span.end]).hexdigest(),
        )

    def _ta1(self, verdict: Verdict) -> tuple[str, str]:
        errors = [finding for finding in self.findings if finding.severity is Severity.ERROR]
        if errors:
            return "R", errors[0].ack_code or "022"
        if verdict is Verdict.DUPLICATE and self.rules.duplicate_answer is DuplicateAnswer.TA1:
            return "R", "025"
        return "A", "000"

    def _needs_ta1(self, status: str) -> bool:
        """Say whether a TA1 is due: asked for, set in the profile, or the only way to refuse."""
        if self.span.header.elements[14] == "1" or self.rules.always_ta1:
            return self.rules.acknowledge
        only_acknowledges = all(_is_acknowledgement(group) for group in self.span.groups)
        return self.rules.acknowledge and status == "R" and not only_acknowledges


def _is_acknowledgement(group: GroupSpan) -> bool:
    return group.header is not None and group.header.element(1) in ACKNOWLEDGEMENT_GROUPS


class _GroupReading:
    """One functional group: its verdict, then its transactions one by one."""

    def __init__(
        self, interchange: _InterchangeReading, span: GroupSpan, index: int, used_numbers: set[str]
    ) -> None:
        self.interchange = interchange
        self.span = span
        self.index = index
        self.findings = envelope.judge_group(interchange.span, span, used_numbers)
        self.control = self._header_element(6)
        self.version = self._header_element(8)
        self.functional_code = self._header_element(1)
        used_numbers.add(self.control)
        self.refused = verdict_of(self.findings) is Verdict.REJECT
        self.frame = Frame(
            delimiters=interchange.span.header.delimiters,
            stray_component=interchange.stray_component,
            interchange_control=interchange.control,
            group_control=self.control,
            version=self.version,
            document_time=self._document_time(),
            rules=interchange.rules,
            tables=tables_for(self.version, interchange.rules.overrides),
        )
        self.answers: list[TransactionAnswer] = []
        self.verdicts: list[Verdict] = []

    def _header_element(self, position: int) -> str:
        header = self.span.header
        return envelope.trailer_element(self.interchange.span, header, position) if header else ""

    def _document_time(self) -> datetime:
        """Return GS04/GS05, else ISA09/ISA10, from the partner's time zone; the epoch without either."""
        header = self.interchange.span.header.elements
        zone = ZoneInfo(self.interchange.rules.time_zone)
        for date_text, time_text in (
            (self._header_element(4), self._header_element(5)),
            (header[9], header[10]),
        ):
            day = parse_date(date_text)
            if day is not None and not is_sentinel(day):
                return datetime.combine(day, parse_time(time_text), tzinfo=zone).astimezone(UTC)
        return EPOCH

    def run(self) -> Iterator[Decoded]:
        for number, span in enumerate(self.span.transactions):
            result = self._transaction(span, number)
            self.verdicts.append(result.verdict)
            self.answers.append(
                TransactionAnswer(
                    set_code=result.set_code,
                    control_number=result.control_number,
                    status=result.ack_status,
                    codes=result.ack_codes,
                    findings=result.findings,
                )
            )
            yield result
        yield self._group()

    def _transaction(self, span: TransactionSpan, index: int) -> DecodedTransaction:
        interchange, rules = self.interchange, self.interchange.rules
        raw = interchange.file.data[span.offset : span.end]
        view = interchange.file.view[span.offset : span.end]
        sha256 = hashlib.sha256(raw).hexdigest()
        frame = self.frame
        rows, findings = frame.rows(view)
        if rows:
            findings += envelope.judge_transaction(span, rows, rules, self.version)
        opening = rows[-1 if span.headless else 0] if rows else frame.opening(view)
        set_code = "" if span.headless else envelope.element(opening, 1)
        control = envelope.element(opening, 2)
        key = interchange.key(self.control, control)
        document: Document | None = None
        if rows and not span.headless and verdict_of(findings) is not Verdict.REJECT:
            document, mapping_findings = map_transaction(rows, frame.source(set_code, control))
            findings += mapping_findings[: rules.limits.findings]
        own = verdict_of(findings)
        reuse, in_interchange, earlier_file = self._judge_reuse(key, sha256)
        if own.is_accepted and reuse is not Reuse.NEW:
            findings.append(
                envelope.reuse_finding(same_bytes=reuse is Reuse.SAME_BYTES, in_interchange=in_interchange)
            )
        verdict = self._verdict(own, reuse)
        if verdict is not own and own.is_accepted and reuse is Reuse.NEW:
            findings.append(envelope.refused_above(interchange.findings + self.findings))
        interchange.transaction_verdicts.append((verdict, earlier_file))
        status, codes = transaction_answer(own, reuse, findings)
        return DecodedTransaction(
            ids=interchange.ids,
            interchange_index=interchange.index,
            group_index=self.index,
            index=index,
            interchange_control=interchange.control,
            group_control=self.control,
            control_number=control,
            set_code=set_code,
            version=self.version,
            test=interchange.span.header.elements[15] == "T",
            key=key,
            verdict=verdict,
            findings=frame.placed(findings, view, span.offset),
            ack_status=status,
            ack_codes=codes,
            offset=span.offset,
            end=span.end,
            segment_count=len(rows),
            sha256=sha256,
            raw=raw,
            document=document if verdict.is_accepted else None,
            mapping_version=MAPPING_VERSION if document is not None else None,
            reader=partial(read_facts, frame, view),
        )

    def _judge_reuse(self, key: ControlKey, sha256: str) -> tuple[Reuse, bool, bool]:
        """Return what the key means, whether this interchange used it before, whether an earlier one did."""
        file = self.interchange.file
        if key in file.used:
            interchange, earlier_hash = file.used[key]
            same = interchange == self.interchange.index
            return judge_reuse(earlier_hash, sha256), same, not same
        file.used[key] = (self.interchange.index, sha256)
        reuse = judge_reuse(file.seen(key), sha256)
        return reuse, False, reuse is Reuse.SAME_BYTES

    def _verdict(self, own: Verdict, reuse: Reuse) -> Verdict:
        if self.interchange.verdict in (Verdict.QUARANTINE, Verdict.REJECT):
            return self.interchange.verdict
        if self.refused or not own.is_accepted:
            return Verdict.REJECT
        if reuse is Reuse.SAME_BYTES:
            return Verdict.DUPLICATE
        return Verdict.QUARANTINE if reuse is Reuse.OTHER_BYTES else own

    def _group(self) -> DecodedGroup:
        accepted = sum(answer.status in "AE" for answer in self.answers)
        status = group_status(self.findings, [answer.status for answer in self.answers])
        all_came_before = bool(self.verdicts) and set(self.verdicts) == {Verdict.DUPLICATE}
        trailer = self.span.trailer
        included = envelope.trailer_element(self.interchange.span, trailer, 1) if trailer else ""
        return DecodedGroup(
            ids=self.interchange.ids,
            interchange_index=self.interchange.index,
            index=self.index,
            functional_code=self.functional_code,
            sender=self._header_element(2),
            receiver=self._header_element(3),
            control_number=self.control,
            version=self.version,
            verdict=self._group_verdict(status, all_came_before),
            findings=tuple(self.findings),
            ack_status=status,
            ack_codes=tuple(finding.ack_code for finding in self.findings if finding.ack_code),
            included=int(included) if included.isdecimal() and len(included) < 10 else len(self.answers),
            received=len(self.answers),
            accepted=0 if self.refused else accepted,
            answers=tuple(self.answers),
            needs_acknowledgement=self._needs_acknowledgement(all_came_before),
            offset=self.span.offset,
            end=self.span.end,
        )

    def _group_verdict(self, status: str, all_came_before: bool) -> Verdict:
        if self.interchange.verdict in (Verdict.QUARANTINE, Verdict.REJECT):
            return self.interchange.verdict
        if self.refused:
            return Verdict.REJECT
        if all_came_before:
            return Verdict.DUPLICATE
        if status == "R":
            return Verdict.REJECT
        return verdict_of(self.findings) if status == "A" else Verdict.ACCEPT_WARN

    def _needs_acknowledgement(self, all_came_before: bool) -> bool:
        rules = self.interchange.rules
        if not rules.acknowledge or not self.interchange.verdict.is_accepted:
            return False
        if self.functional_code in ACKNOWLEDGEMENT_GROUPS or self.span.header is None:
            return False
        if any(answer.set_code in ACKNOWLEDGEMENT_SETS for answer in self.answers):
            return False
        return not (all_came_before and rules.duplicate_answer is DuplicateAnswer.TA1)


def read_facts(frame: Frame, view: bytes) -> dict[str, Any] | None:
    """Return every fact of a transaction as plain values; None where it cannot be split."""
    rows, _ = frame.rows(view)
    if not rows or envelope.element(rows[0], 0) != "ST":
        return None
    facts = frame_facts(rows)
    return facts | read_transaction(rows, frame.source(facts["set"], facts["ctl"]))
