"""The one way in: bytes of any EDI standard to transactions with verdicts and canonical documents."""

import hashlib
from collections.abc import Iterator

from erp_connectors.edi.edifact.syntax import Edifact
from erp_connectors.edi.envelope import Finding, Layer, SeenLookup, Verdict, nothing_seen
from erp_connectors.edi.reading import read_file
from erp_connectors.edi.results import Decoded, DecodedFile
from erp_connectors.edi.rules import MEGABYTE, ProfileFor, default_profile
from erp_connectors.edi.syntax import Syntax
from erp_connectors.edi.text import BOM, NOISE_BYTES, ascii_view
from erp_connectors.edi.x12.syntax import X12

HARD_FILE_BYTES = 50 * MEGABYTE
OTHER_FORMATS = (
    (b"PK\x03\x04", "COMPRESSED", "The file is a ZIP archive."),
    (b"\x1f\x8b", "COMPRESSED", "The file is compressed with gzip."),
    (b"\xff\xfe", "UTF16", "The file is UTF-16 text."),
    (b"\xfe\xff", "UTF16", "The file is UTF-16 text."),
    (b"<", "XML", "The file looks like XML or HTML, which is not read here."),
)


def decode(
    data: bytes, profile_for: ProfileFor = default_profile, seen: SeenLookup = nothing_seen
) -> Iterator[Decoded]:
    """Yield what a file holds, in order: each transaction, then its group, its interchange, the file last.

    A verdict is final when it is yielded. `profile_for` names the rules of a partner (None: unknown,
    quarantined); `seen` tells the hash under which a control key was successfully received before.
    No content raises: whatever cannot be read ends in a verdict with a named finding.
    """
    finding = _refusal(data)
    if finding is None:
        view, ebcdic = ascii_view(data)
        yield from read_file(syntax_of(view), data, view, profile_for, seen, ebcdic=ebcdic)
        return
    yield DecodedFile(
        verdict=Verdict.QUARANTINE,
        findings=(finding,),
        standard=None,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        interchanges=0,
        transactions=0,
    )


def syntax_of(view: bytes) -> Syntax:
    """Return the standard whose header comes first; X12 where there is neither."""
    x12, edifact = X12(), Edifact()
    if view[:64].lstrip(NOISE_BYTES + BOM).startswith(b"ISA"):
        return x12
    found = edifact.find_header(view, 0, None)
    if found is None:
        return x12
    other = x12.find_header(view[: found.offset], 0, None)
    return edifact if other is None else x12


def _refusal(data: bytes) -> Finding | None:
    """Return why a file is not even looked into: too large, empty, or recognisably something else."""
    if len(data) > HARD_FILE_BYTES:
        text = f"The file has {len(data)} bytes; no more than {HARD_FILE_BYTES} are read."
        return _file_finding("LIMIT_FILE_SIZE", text, "Ask the sender to split the file.")
    start = data[:256].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x00\x1a")
    if not start and len(data) <= 256:
        return _file_finding("EMPTY", "The file is empty.", "Ask the sender to transmit it again.")
    for signature, code, text in OTHER_FORMATS:
        if start.startswith(signature):
            return _file_finding(
                code, text, "Unpack it first, or send it through the channel for its format."
            )
    return None


def _file_finding(code: str, text: str, way_out: str) -> Finding:
    return Finding(layer=Layer.FILE, code=code, text=text, offset=0, way_out=way_out)
