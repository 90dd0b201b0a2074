"""Segments to X12 bytes, with any delimiters; nothing is written that would read back as something else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from erp_connectors.edi.spans import Delimiters
from erp_connectors.edi.text import NOISE
from erp_connectors.edi.writing import Element, UnwritableValue

STANDARD_DELIMITERS = Delimiters(b"*", b">", b"~")
REPETITION = "^"
FIRST_REPETITION_VERSION = "00402"
LINE_BREAKS = "\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How bytes are written: delimiters, what follows a terminator, and what replaces delimiters in values.

    `replacement` None refuses a value that holds a delimiter or does not exist in `charset`; with a
    replacement the delimiter becomes that, and the character a question mark.
    """

    delimiters: Delimiters = STANDARD_DELIMITERS
    line_end: bytes = b""
    replacement: str | None = None
    charset: str = "utf-8"

    def __post_init__(self) -> None:
        """Refuse delimiters that cannot be told apart, or a replacement that is one of them."""
        texts = self.forbidden
        if len(set(texts)) < 3 or any(text.isalnum() for text in texts):
            raise ValueError(f"These delimiters cannot be told apart: {self.delimiters}.")
        if self.replacement is not None and any(text in self.replacement for text in texts):
            raise ValueError("The replacement holds a delimiter.")

    def encode(self, text: str) -> bytes:
        """Return the bytes of a text that holds its delimiters already."""
        try:
            return text.encode(self.charset, errors="strict" if self.replacement is None else "replace")
        except UnicodeEncodeError as error:
            raise UnwritableValue(f"{error.object!r} cannot be written in {self.charset}.") from error

    @property
    def forbidden(self) -> tuple[str, ...]:
        """Return the delimiters as text."""
        parts = (self.delimiters.element, self.delimiters.component, self.delimiters.terminator)
        return tuple(part.decode(self.charset) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEnvelope:
    """Who writes to whom, when and under which numbers; `version` is ISA12, `at` the writer's local time."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    control_number: int
    at: datetime
    version: str = "00401"
    test: bool = False
    acknowledgement_requested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingTransaction:
    """The segments between ST and SE, with the set and the control number around them."""

    set_code: str
    control_number: str
    segments: Sequence[Sequence[Element]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingGroup:
    """A functional group; `version` is GS08."""

    functional_code: str
    sender: str
    receiver: str
    control_number: int
    version: str
    transactions: Sequence[OutgoingTransaction]


def write_segments(segments: Iterable[Sequence[Element]], style: Style) -> bytes:
    """Return the segments as bytes; empty elements at the end of one are left out.

    Raises UnwritableValue where a value holds a delimiter, a line break or an unencodable character.
    """
    return b"".join(_segment(segment, style) for segment in segments)


def write_interchange(
    envelope: OutgoingEnvelope,
    groups: Sequence[OutgoingGroup],
    style: Style,
    loose: Sequence[Sequence[Element]] = (),
) -> bytes:
    """Return a whole interchange with every count and control number in place.

    `loose` segments (TA1) stand between the ISA and the first group.
    """
    segments: list[Sequence[Element]] = [*loose]
    for group in groups:
        segments += _group_segments(group, envelope.at)
    segments.append(("IEA", str(len(groups)), f"{envelope.control_number:09}"))
    return _isa(envelope, style) + write_segments(segments, style)


def _group_segments(group: OutgoingGroup, at: datetime) -> list[Sequence[Element]]:
    control = str(group.control_number)
    segments: list[Sequence[Element]] = [
        (
            "GS",
            group.functional_code,
            group.sender,
            group.receiver,
            f"{at:%Y%m%d}",
            f"{at:%H%M}",
            control,
            "X",
            group.version,
        )
    ]
    for transaction in group.transactions:
        count = str(len(transaction.segments) + 2)
        segments.append(("ST", transaction.set_code, transaction.control_number))
        segments += transaction.segments
        segments.append(("SE", count, transaction.control_number))
    segments.append(("GE", str(len(group.transactions)), control))
    return segments


def _isa(envelope: OutgoingEnvelope, style: Style) -> bytes:
    """Return the ISA, padded to its 106 characters."""
    separator, component, terminator = style.forbidden
    repeats = envelope.version >= FIRST_REPETITION_VERSION and REPETITION not in style.forbidden
    fields = (
        ("ISA", 3),
        ("00", 2),
        ("", 10),
        ("00", 2),
        ("", 10),
        (envelope.sender_qualifier, 2),
        (envelope.sender, 15),
        (envelope.receiver_qualifier, 2),
        (envelope.receiver, 15),
        (f"{envelope.at:%y%m%d}", 6),
        (f"{envelope.at:%H%M}", 4),
        (REPETITION if repeats else "U", 1),
        (envelope.version, 5),
        (f"{envelope.control_number:09}", 9),
        ("1" if envelope.acknowledgement_requested else "0", 1),
        ("T" if envelope.test else "P", 1),
    )
    for value, width in fields:
        if len(value) > width:
            raise UnwritableValue(f"{value!r} does not fit the {width} characters of its place in the ISA.")
    texts = [_value(value, style).ljust(width) for value, width in fields]
    return style.encode(separator.join([*texts, component]) + terminator) + style.line_end


def _segment(segment: Sequence[Element], style: Style) -> bytes:
    separator, component, terminator = style.forbidden
    texts = [
        component.join(_value(part, style) for part in element).rstrip(component)
        if isinstance(element, tuple)
        else _value(element, style)
        for element in segment
    ]
    while len(texts) > 1 and not texts[-1]:
        texts.pop()
    return style.encode(separator.join(texts) + terminator) + style.line_end


def _value(value: str, style: Style) -> str:
    """Return a value that reads back as itself, delimiters and line breaks replaced where declared."""
    for forbidden in (*style.forbidden, *LINE_BREAKS):
        if forbidden in value:
            if style.replacement is None:
                raise UnwritableValue(f"{value!r} holds the delimiter or line break {forbidden!r}.")
            value = value.replace(forbidden, style.replacement)
    return value.rstrip(NOISE)
