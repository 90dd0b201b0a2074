"""EDIFACT text to segments, elements and components, released characters put in their place.

Whatever an interchange uses to separate, inside here it is always the same four control characters, so that a
value may hold any character a sender released.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from erp_connectors.edi.frame import Row
from erp_connectors.edi.spans import Delimiters
from erp_connectors.edi.text import NOISE

ELEMENT, COMPONENT, REPETITION, TERMINATOR = "\x01", "\x02", "\x03", "\x04"
OURS = (ELEMENT, COMPONENT, REPETITION, TERMINATOR)
STAND_INS = ("\x05", "\x06", "\x07", "\x08", "\x0e")
EITHER_MARK = ".,"


@dataclass(frozen=True, slots=True)
class ServiceCharacters(Delimiters):
    """The separators of an interchange, with its release character, decimal marks and repetition separator.

    `release` and `repetition` are empty where they are not used; `marks` are all decimal marks allowed.
    """

    release: bytes = b"?"
    repetition: bytes = b""
    marks: str = "."


def rows_of(text: str, characters: ServiceCharacters) -> list[Row]:
    """Return the segments of a text as lists of elements; line breaks and noise between them are gone."""
    return elements_of(segments_of(text, characters))


def segments_of(text: str, characters: ServiceCharacters) -> list[str]:
    """Return the segments of a text, separated our way, without line breaks, noise or padding."""
    text = _separated(text, characters)
    for separator in (ELEMENT, COMPONENT, REPETITION):
        if " " + separator in text or separator + " " in text:
            text = separator.join([value.strip(" ") for value in text.split(separator)])
    return [segment for piece in text.split(TERMINATOR) if (segment := piece.strip(NOISE))]


def elements_of(segments: Sequence[str]) -> list[Row]:
    """Return segments as lists of elements."""
    return [
        segment.split(ELEMENT) if REPETITION not in segment else _without_repetitions(segment)
        for segment in segments
    ]


def part(row: Sequence[str], position: int, component: int = 0) -> str:
    """Return a component, counted from 0, empty where it was not sent."""
    if position >= len(row):
        return ""
    if not component:
        return row[position].partition(COMPONENT)[0]
    components = row[position].split(COMPONENT)
    return components[component] if component < len(components) else ""


def shown(element: str) -> str:
    """Return an element as a person writes it: its components joined by colons, none at the end."""
    return element.replace(COMPONENT, ":").strip().rstrip(":")


def _separated(text: str, characters: ServiceCharacters) -> str:
    """Return a text with our separators in place of its own, and what it released in place of the release.

    Each step runs over the whole text at once, so that no number of released characters takes long.
    """
    for separator in OURS:
        if separator in text:
            text = text.replace(separator, "")
    if characters.terminator not in (b"\n", b"\r") and ("\n" in text or "\r" in text):
        text = text.replace("\r", "").replace("\n", "")
    release = characters.release.decode("latin-1")
    if not release or release not in text:
        return _plain(text, characters)
    stand_ins = _stand_ins(characters)
    for stand_in, _ in stand_ins:
        text = text.replace(stand_in, "")
    for stand_in, character in stand_ins:
        text = text.replace(release + character, stand_in)
    # What else is released was never a separator: it stands for itself.
    text = _plain(text.replace(release, ""), characters)
    for stand_in, character in stand_ins:
        text = text.replace(stand_in, character)
    return text


@lru_cache(maxsize=16)
def _stand_ins(characters: ServiceCharacters) -> tuple[tuple[str, str], ...]:
    """Return what stands for each released character meanwhile; the release character itself comes first."""
    used = (characters.release, characters.element, characters.component, characters.terminator)
    released = [one.decode("latin-1") for one in (*used, characters.repetition) if one]
    return tuple(zip(STAND_INS, released, strict=False))


def _plain(text: str, characters: ServiceCharacters) -> str:
    """Return a text without release characters with our separators in place of its own."""
    text = text.replace(characters.element.decode("latin-1"), ELEMENT)
    text = text.replace(characters.component.decode("latin-1"), COMPONENT)
    if characters.repetition:
        text = text.replace(characters.repetition.decode("latin-1"), REPETITION)
    return text.replace(characters.terminator.decode("latin-1"), TERMINATOR)


def _without_repetitions(segment: str) -> Row:
    """Return a segment whose repeated elements stand once in their place, further occurrences at its end.

    Where a list of one kind ends a segment (PIA, GIN) that is what the repetition means.
    """
    row, further = [], []
    for element in segment.split(ELEMENT):
        first, *others = element.split(REPETITION)
        row.append(first)
        further += others
    return row + further
