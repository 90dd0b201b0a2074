"""Bytes as text, whatever the standard: noise around segments, EBCDIC, character sets."""

import re

NOISE = " \t\r\n\x00\x0b\x0c\x1a"
NOISE_BYTES = NOISE.encode()
BOM = b"\xef\xbb\xbf"
INDENTED = ("\n ", "\n\t", "\r ", "\r\t")
LOST_TERMINATOR = re.compile(r"(\r?\n|\r)(?=[ \t]{2,}[A-Z][A-Z0-9]{1,2}[^\w\s])")
EBCDIC_TABLE = bytes(range(256)).decode("cp037").encode("latin-1")
EBCDIC_BEGINNINGS = tuple(tag.encode("cp037") for tag in ("ISA", "UNA", "UNB"))
EBCDIC_NOISE = b"\x40\x25\x15\x0d"
X12_TERMINATOR_AT = 105


def ascii_view(data: bytes) -> tuple[bytes, bool]:
    """Return `data` readable as ASCII with every offset kept, and whether it was EBCDIC (code page 037).

    The EBCDIC line end (NEL) stays itself where it is the terminator of X12 and else becomes a line feed.
    """
    start = len(data[:64]) - len(data[:64].lstrip(EBCDIC_NOISE))
    if not data.startswith(EBCDIC_BEGINNINGS, start):
        return data, False
    view = data.translate(EBCDIC_TABLE)
    terminator = view[start + X12_TERMINATOR_AT : start + X12_TERMINATOR_AT + 1]
    ends_in_nel = view.startswith(b"ISA", start) and terminator == b"\x85"
    return view if ends_in_nel else view.replace(b"\x85", b"\n"), True


def decode_text(raw: bytes, charset: str | None) -> str:
    """Return the text of `raw` in `charset`; without one as UTF-8, or as ISO-8859-1 where it is not UTF-8."""
    if charset is not None:
        return raw.decode(charset, errors="replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def clean(text: str) -> str:
    """Take noise off the ends of a segment and line breaks out of its middle.

    A line break before an indented tag is no wrapping: the segment has lost its terminator. It stays, so that
    two values do not become one that nobody sent.
    """
    text = text.strip(NOISE)
    if not any(indentation in text for indentation in INDENTED):
        return text.replace("\r", "").replace("\n", "")
    # The pattern has one group, so that every second piece is a line break that stays.
    pieces = LOST_TERMINATOR.split(text)
    pieces[::2] = [piece.replace("\r", "").replace("\n", "") for piece in pieces[::2]]
    return "".join(pieces)


def split_segments(text: str, terminator: str) -> list[str]:
    """Return the segments of a transaction, cleaned; what is only noise between terminators is gone."""
    segments = [segment for part in text.split(terminator) if (segment := part.strip(NOISE))]
    if "\n" in text or "\r" in text:
        return [clean(segment) if "\n" in segment or "\r" in segment else segment for segment in segments]
    return segments
