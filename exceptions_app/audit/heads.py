"""Writes heads of the chain outside the database: what nobody with the database's password can take back.

One line per head: when, how many seals, their hash. The file under RIGHTLINE_HOME is only added to; a folder
of RIGHTLINE_AUDIT_HEADS, which may be written once only, gets a file of its own for each head.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from exceptions_app.audit import seals

FILE = "heads.txt"


@dataclass(frozen=True, slots=True)
class Written:
    """A head as it stands outside the database, and in which file."""

    at: datetime
    sequence: int
    hash: bytes
    file: Path


def folder() -> Path:
    """Return where the heads of this installation are."""
    return Path(settings.RIGHTLINE_HOME) / "audit-heads"


def write(now: datetime) -> Written | None:
    """Write the head of this moment and return it; None where nothing has been sealed yet."""
    last = seals.head()
    if not last.sequence:
        return None
    line = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {last.sequence} {last.hash.hex()}\n"
    if settings.AUDIT_HEADS_FOLDER:
        elsewhere = Path(settings.AUDIT_HEADS_FOLDER)
        elsewhere.mkdir(parents=True, exist_ok=True)
        copy = elsewhere / f"head-{last.sequence:012}-{last.hash.hex()[:8]}.txt"
        if not copy.exists():
            copy.write_text(line)
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / FILE).open("a") as file:
        file.write(line)
    return Written(now, last.sequence, last.hash, folder() / FILE)


def write_when_due(now: datetime) -> Written | None:
    """Write the head if the last one is older than AUDIT_HEAD_EVERY and something was sealed since."""
    last = latest()
    if last and (now - last.at < settings.AUDIT_HEAD_EVERY or last.sequence == seals.head().sequence):
        return None
    return write(now)


def written() -> list[Written]:
    """Return every head that was written outside, in both folders. Raises ValueError for a broken line."""
    folders = [folder(), *([Path(settings.AUDIT_HEADS_FOLDER)] if settings.AUDIT_HEADS_FOLDER else [])]
    files = sorted(file for each in folders for file in each.glob("*.txt"))
    return [head for file in files for head in _lines(file)]


def latest() -> Written | None:
    """Return the newest head in the file of this installation. Raises ValueError for a broken line."""
    return next(_lines(folder() / FILE, newest_only=True), None)


def _lines(file: Path, *, newest_only: bool = False) -> Iterator[Written]:
    if not file.exists():
        return
    lines = list(enumerate(file.read_text().splitlines(), start=1))
    for number, line in lines[-1:] if newest_only else lines:
        try:
            moment, sequence, hash_ = line.split()
            yield Written(datetime.fromisoformat(moment), int(sequence), bytes.fromhex(hash_), file)
        except ValueError as error:
            raise ValueError(f"Line {number} of {file} is no head of the chain: {line!r}") from error
