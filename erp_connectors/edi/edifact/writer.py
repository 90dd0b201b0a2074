"""Segments to EDIFACT bytes, with any service characters; what a value holds of them is released."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from erp_connectors.edi.edifact.reader import REPEATING_VERSION, STANDARD_CHARACTERS
from erp_connectors.edi.edifact.tokens import OURS, ServiceCharacters
from erp_connectors.edi.text import NOISE
from erp_connectors.edi.writing import Element, UnwritableValue

LINE_BREAKS = "\r\n"
FORBIDDEN = (*OURS, *LINE_BREAKS)
WIDTHS = {"reference": 14, "id": 35, "qualifier": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How bytes are written: service characters, what follows a terminator, the character set.

    `advised` puts a UNA in front; without it the characters must be the standard's. `replacement` stands for
    a character that does not exist in `charset`, or for a line break; None refuses such a value.
    """

    characters: ServiceCharacters = STANDARD_CHARACTERS
    line_end: bytes = b""
    advised: bool = True
    replacement: str | None = None
    charset: str = "iso8859-1"

    def __post_init__(self) -> None:
        """Refuse characters that cannot be told apart, or that nothing declares."""
        used = self.separators
        blank = any(one in " \r\n" for one in (*used[:2], *used[3:])) or used[2] == " "
        if len(set(used)) < len(used) or any(one.isalnum() for one in used) or blank:
            raise ValueError(f"These service characters cannot be told apart: {self.characters}.")
        if not self.advised and self.characters != STANDARD_CHARACTERS:
            raise ValueError("Only the standard's service characters go without a UNA.")

    @property
    def separators(self) -> tuple[str, ...]:
        """Return everything that separates or releases, as text; element, component and terminator first."""
        one = self.characters
        found = (one.element, one.component, one.terminator, one.release, one.repetition)
        return tuple(part.decode("latin-1") for part in found if part)

    def advice(self) -> bytes:
        """Return the UNA."""
        one = self.characters
        mark = one.marks[:1].encode()
        parts = (
            one.component,
            one.element,
            mark,
            one.release or b" ",
            one.repetition or b" ",
            one.terminator,
        )
        return b"UNA" + b"".join(parts) + self.line_end


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """The segments between UNH and UNT; `version` is S009 behind the type, as D:96A:UN:EAN008."""

    kind: str
    version: str
    reference: str
    segments: Sequence[Sequence[Element]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingGroup:
    """A functional group of messages of one type."""

    kind: str
    version: str
    sender: str
    receiver: str
    reference: str
    messages: Sequence[OutgoingMessage]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingInterchange:
    """Who writes to whom, when and under which reference; `at` is the writer's local time."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    reference: str
    at: datetime
    syntax: str = "UNOC"
    syntax_version: str = "3"
    application: str = ""
    test: bool = False


def write_interchange(
    interchange: OutgoingInterchange,
    content: Sequence[OutgoingMessage | OutgoingGroup],
    style: Style = Style(),
) -> bytes:
    """Return a whole interchange with every count and reference in place.

    Raises UnwritableValue for a value that does not fit its place, or cannot be written in the character set.
    """
    segments = [_unb(interchange)]
    for piece in content:
        segments += _group(piece, interchange.at) if isinstance(piece, OutgoingGroup) else _message(piece)
    groups = [piece for piece in content if isinstance(piece, OutgoingGroup)]
    segments.append(("UNZ", str(len(groups) or len(content)), interchange.reference))
    advice = style.advice() if style.advised else b""
    return advice + write_segments(segments, style)


def write_segments(segments: Iterable[Sequence[Element]], style: Style) -> bytes:
    """Return the segments as bytes; empty elements and components at an end are left out."""
    return b"".join(_segment(segment, style) for segment in segments)


def _unb(one: OutgoingInterchange) -> Sequence[Element]:
    long_date = one.syntax_version == REPEATING_VERSION
    for name, value in (
        ("reference", one.reference),
        ("id", one.sender),
        ("id", one.receiver),
        ("qualifier", one.sender_qualifier),
        ("qualifier", one.receiver_qualifier),
    ):
        if len(value) > WIDTHS[name]:
            raise UnwritableValue(f"{value!r} does not fit the {WIDTHS[name]} characters of its place.")
    return (
        "UNB",
        (one.syntax, one.syntax_version),
        (one.sender, one.sender_qualifier),
        (one.receiver, one.receiver_qualifier),
        (f"{one.at:%Y%m%d}" if long_date else f"{one.at:%y%m%d}", f"{one.at:%H%M}"),
        one.reference,
        "",
        one.application,
        "",
        "",
        "",
        "1" if one.test else "",
    )


def _group(group: OutgoingGroup, at: datetime) -> list[Sequence[Element]]:

    segments: list[Sequence[Element]] = [
        (
            "UNG",
            group.kind,
            group.sender,
            group.receiver,
            (f"{at:%y%m%d}", f"{at:%H%M}"),
            group.reference,
            "UN",
            tuple(group.version.split(":")),
        )
    ]
    for message in group.messages:
        segments += _message(message)
    return [*segments, ("UNE", str(len(group.messages)), group.reference)]


def _message(message: OutgoingMessage) -> list[Sequence[Element]]:
    count = str(len(message.segments) + 2)
    kind = (message.kind, *message.version.split(":"))
    return [
        ("UNH", message.reference, kind),
        *message.segments,
        ("UNT", count, message.reference),
    ]


def _segment(segment: Sequence[Element], style: Style) -> bytes:
    element, component, terminator = style.separators[:3]
    texts = [_element(one, component, style) for one in segment]
    while len(texts) > 1 and not texts[-1]:
        texts.pop()
    return (element.join(texts) + terminator).encode(style.charset) + style.line_end


def _element(element: Element, component: str, style: Style) -> str:
    values = list(element) if isinstance(element, tuple) else [element]
    texts = [_value(value, style) for value in values]
    while len(texts) > 1 and not texts[-1]:
        texts.pop()
    return component.join(texts)


def _value(value: str, style: Style) -> str:
    """Return a value that reads back as itself: separators released, what cannot be written replaced."""
    value = _writable(value.strip(NOISE), style)
    separators = style.separators
    if not any(one in value for one in separators):
        return value
    if not style.characters.release:
        raise UnwritableValue(f"{value!r} holds a separator, and no release character is declared.")
    release = style.characters.release.decode("latin-1")
    return "".join(release + one if one in separators else one for one in value)


def _writable(value: str, style: Style) -> str:
    """Return a value of characters that exist in the character set and are not lost in reading."""
    lost = {one for one in value if one in FORBIDDEN or not _exists(one, style.charset)}
    if not lost:
        return value
    if style.replacement is None:
        raise UnwritableValue(f"{value!r} holds {min(lost)!r}, which cannot be written in {style.charset}.")
    return "".join(style.replacement if one in lost else one for one in value)


def _exists(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
