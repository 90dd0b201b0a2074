"""Reading a whole file: scan an interchange, judge its envelope, then map one transaction at a time.

The same for every standard; what a standard has of its own, its `Syntax` says. The envelope of an interchange
is judged before its first transaction is yielded, so that a verdict, once given, is final.
"""

import hashlib
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from erp_connectors.edi.answers import group_status, transaction_answer
from erp_connectors.edi.envelope import (
    ControlKey,
    Finding,
    Layer,
    Reuse,
    SeenLookup,
    Severity,
    Verdict,
    interchange_verdict,
    judge_reuse,
    refused_above,
    verdict_of,
)
from erp_connectors.edi.frame import Names
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
from erp_connectors.edi.spans import GroupSpan, Header, InterchangeSpan, TransactionSpan
from erp_connectors.edi.syntax import Syntax
from erp_connectors.edi.text import BOM, NOISE_BYTES

MOST_INTERCHANGES = 500
MOST_PIECES = 20_000
MOST_PIECES_IN_FILE = 100_000
REFUSED = (Verdict.QUARANTINE, Verdict.REJECT)


def read_file(
    syntax: Syntax, data: bytes, view: bytes, profile_for: ProfileFor, seen: SeenLookup, *, ebcdic: bool
) -> Iterator[Decoded]:
    """Yield transactions, groups and interchanges of `data` in order, and the file last.

    `view` is `data` readable as ASCII, byte for byte in the same places.
    """
    yield from _FileReading(syntax, data, view, ebcdic, profile_for, seen).run()


class _FileReading:
    """One pass over a file: where it stands, and which control numbers it has used."""

    def __init__(
        self,
        syntax: Syntax,
        data: bytes,
        view: bytes,
        ebcdic: bool,
        profile_for: ProfileFor,
        seen: SeenLookup,
    ) -> None:
        self.syntax = syntax
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
        header: Header | None = None
        while (header := self.syntax.find_header(self.view, position, header)) is not None:
            self._note_gap(position, header.offset)
            if self.interchanges >= MOST_INTERCHANGES:
                text = f"The file holds more than {MOST_INTERCHANGES} interchanges; the rest was left."
                self._find("LIMIT_INTERCHANGES", text, header.offset, "Ask the sender to split the file.")
                position = len(self.view)
                break
            most = min(MOST_PIECES, MOST_PIECES_IN_FILE - self.pieces)
            span = self.syntax.scan(self.view, header, most)
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
            self._find("HEADER_UNREADABLE", self.syntax.header_missing, 0, way_out)
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
            standard=self.syntax.standard,
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
        self.syntax = file.syntax
        self.span = span
        self.index = index
        self.envelope = file.syntax.envelope(span)
        rules = file.profile_for(self.envelope.ids)
        self.findings = file.syntax.judge_interchange(span, self.envelope, rules, ebcdic=file.ebcdic)
        self.rules = rules or DEFAULT_RULES
        self._judge_size()
        self.verdict = interchange_verdict(self.findings)
        self.transaction_verdicts: list[tuple[Verdict, bool]] = []
        self.sets: set[str] = set()

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
                ack_code=self.syntax.codes.too_large,
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
        ids = self.envelope.ids
        sender = f"{ids.sender_qualifier}/{ids.sender}"
        receiver = f"{ids.receiver_qualifier}/{ids.receiver}"
        return ControlKey(self.syntax.standard, sender, receiver, self.envelope.control, group, transaction)

    def _interchange(self) -> DecodedInterchange:
        envelope, span = self.envelope, self.span
        verdict = self.verdict
        if verdict.is_accepted and self.transaction_verdicts:
            came_before = all(
                verdict is Verdict.DUPLICATE and earlier for verdict, earlier in self.transaction_verdicts
            )
            if came_before:
                verdict = Verdict.DUPLICATE
        status, code = self._answer(verdict)
        return DecodedInterchange(
            ids=envelope.ids,
            index=self.index,
            control_number=envelope.control,
            date=envelope.date,
            time=envelope.time,
            version=envelope.version,
            test=envelope.test,
            key=self.key(),
            verdict=verdict,
            findings=tuple(self.findings),
            ack_status=status,
            ack_code=code,
            needs_acknowledgement=self.rules.acknowledge
            and self.syntax.interchange_needs_answer(span, self.rules, status, self.sets),
            groups=len(span.groups),
            transactions=len(self.transaction_verdicts),
            envelope=envelope.facts,
            offset=span.header.offset,
            end=span.end,
            sha256=hashlib.sha256(self.file.data[span.header.offset : span.end]).hexdigest(),
        )

    def _answer(self, verdict: Verdict) -> tuple[str, str]:
        codes = self.syntax.codes
        errors = [finding for finding in self.findings if finding.severity is Severity.ERROR]
        if errors:
            return "R", errors[0].ack_code or codes.refused
        if verdict is Verdict.DUPLICATE and self.rules.duplicate_answer is DuplicateAnswer.TA1:
            return "R", codes.duplicate
        return "A", codes.accepted


class _Read(NamedTuple):
    """A transaction by itself: what it goes by, how many segments it has, what it says, what is odd in it."""

    names: Names
    segments: int
    document: Document | None
    findings: list[Finding]


class _GroupReading:
    """One functional group: its verdict, then its transactions one by one."""

    def __init__(
        self, interchange: _InterchangeReading, span: GroupSpan, index: int, used_numbers: set[str]
    ) -> None:
        syntax = interchange.syntax
        self.interchange = interchange
        self.span = span
        self.index = index
        self.findings = syntax.judge_group(interchange.span, span, used_numbers)
        self.head = syntax.head(interchange.span, span)
        used_numbers.add(self.head.control)
        self.refused = verdict_of(self.findings) is Verdict.REJECT
        self.frame = syntax.frame(interchange.span, span, interchange.rules)
        self.answers: list[TransactionAnswer] = []
        self.verdicts: list[Verdict] = []

    def run(self) -> Iterator[Decoded]:
        for number, span in enumerate(self.span.transactions):
            result = self._transaction(span, number)
            self.verdicts.append(result.verdict)
            self.interchange.sets.add(result.set_code)
            self.answers.append(
                TransactionAnswer(
                    set_code=result.set_code,
                    control_number=result.control_number,
                    version=result.version,
                    status=result.ack_status,
                    codes=result.ack_codes,
                    findings=result.findings,
                )
            )
            yield result
        yield self._group()

    def _transaction(self, span: TransactionSpan, index: int) -> DecodedTransaction:
        interchange = self.interchange
        raw = interchange.file.data[span.offset : span.end]
        view = interchange.file.view[span.offset : span.end]
        sha256 = hashlib.sha256(raw).hexdigest()
        read = self._read(span, view)
        key = interchange.key(self.head.control, read.names.control_number)
        own = verdict_of(read.findings)
        reuse, in_interchange, earlier_file = self._judge_reuse(key, sha256)
        verdict = self._verdict(own, reuse)
        findings = read.findings + self._beside(own, verdict, reuse, in_interchange=in_interchange)
        interchange.transaction_verdicts.append((verdict, earlier_file))
        status, codes = transaction_answer(own, reuse, findings)
        return DecodedTransaction(
            ids=interchange.envelope.ids,
            interchange_index=interchange.index,
            group_index=self.index,
            index=index,
            interchange_control=interchange.envelope.control,
            group_control=self.head.control,
            control_number=read.names.control_number,
            set_code=read.names.set_code,
            version=read.names.version,
            test=interchange.envelope.test,
            key=key,
            verdict=verdict,
            findings=self.frame.placed(findings, view, span.offset),
            ack_status=status,
            ack_codes=codes,
            offset=span.offset,
            end=span.end,
            segment_count=read.segments,
            sha256=sha256,
            raw=raw,
            document=read.document if verdict.is_accepted else None,
            mapping_version=interchange.syntax.mapping_version if read.document is not None else None,
            reader=partial(self.frame.facts, view),
        )

    def _read(self, span: TransactionSpan, view: bytes) -> _Read:
        """Return what a transaction is by itself, whatever is above it or came before it."""
        frame = self.frame
        rows, findings = frame.rows(view)
        if rows:
            findings += frame.judge(span, rows)
        opening = rows[-1 if span.headless else 0] if rows else frame.opening(view)
        names = frame.names(opening, headless=span.headless)
        document: Document | None = None
        if rows and not span.headless and verdict_of(findings) is not Verdict.REJECT:
            document, mapping_findings = frame.map(rows, names)
            findings += mapping_findings[: self.interchange.rules.limits.findings]
        return _Read(names, len(rows), document, findings)

    def _beside(self, own: Verdict, verdict: Verdict, reuse: Reuse, *, in_interchange: bool) -> list[Finding]:
        """Return why one that is sound by itself is not taken: its control numbers, or what is above it."""
        if not own.is_accepted:
            return []
        if reuse is not Reuse.NEW:
            same_bytes = reuse is Reuse.SAME_BYTES
            syntax = self.interchange.syntax
            return [syntax.reuse_finding(same_bytes=same_bytes, in_interchange=in_interchange)]
        return [] if verdict is own else [refused_above(self.interchange.findings + self.findings)]

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
        """Return what becomes of a transaction: what is wrong with itself weighs before what is above it."""
        above = self.interchange.verdict
        if not own.is_accepted:
            return Verdict.REJECT
        if above in REFUSED:
            return above
        if self.refused:
            return Verdict.REJECT
        if reuse is Reuse.SAME_BYTES:
            return Verdict.DUPLICATE
        return Verdict.QUARANTINE if reuse is Reuse.OTHER_BYTES else own

    def _group(self) -> DecodedGroup:
        head = self.head
        accepted = sum(answer.status in "AE" for answer in self.answers)
        status = group_status(self.findings, [answer.status for answer in self.answers])
        all_came_before = bool(self.verdicts) and set(self.verdicts) == {Verdict.DUPLICATE}
        is_number = head.included.isdecimal() and len(head.included) < 10
        return DecodedGroup(
            ids=self.interchange.envelope.ids,
            interchange_index=self.interchange.index,
            index=self.index,
            functional_code=head.functional_code,
            sender=head.sender,
            receiver=head.receiver,
            control_number=head.control,
            version=head.version,
            verdict=self._group_verdict(status, all_came_before),
            findings=tuple(self.findings),
            ack_status=status,
            ack_codes=tuple(finding.ack_code for finding in self.findings if finding.ack_code),
            included=int(head.included) if is_number else len(self.answers),
            received=len(self.answers),
            accepted=0 if self.refused else accepted,
            answers=tuple(self.answers),
            needs_acknowledgement=self._needs_acknowledgement(all_came_before),
            offset=self.span.offset,
            end=self.span.end,
        )

    def _group_verdict(self, status: str, all_came_before: bool) -> Verdict:
        if self.interchange.verdict in REFUSED:
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
        sets = {answer.set_code for answer in self.answers}
        if not self.interchange.syntax.group_may_be_answered(self.span, self.head, sets):
            return False
        return not (all_came_before and rules.duplicate_answer is DuplicateAnswer.TA1)
