"""Picks up files from the watched folders of connections, each once, whoever else is looking.

A file is taken by renaming it into a folder of the worker's own: of several workers one succeeds. It reaches
the inbox before it reaches the archive, so that a worker that dies in between leaves it to the next.
"""

import hashlib
import logging
import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import F, Q

from erp_connectors import clock
from erp_connectors.companies import Connection, ConnectionKind
from erp_connectors.connectors.base import EndpointDown
from erp_connectors.errors import ConfigurationError, RightlineError
from erp_connectors.exchange import inbox, reports
from erp_connectors.exchange.channels.folders import (
    Folders,
    folders_of,
    has_folder,
    safe_name,
    write_atomically,
)
from erp_connectors.exchange.health import BY_EDI
from erp_connectors.exchange.models import Interchange, StreamState

#: The row that remembers what a folder looked like at the last look, and that somebody is looking.
STATE = "folder"
LEASE = timedelta(minutes=2)
SETTLED_AFTER = 1.0
ABANDONED_AFTER = 300.0
MARKER = ".done"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Look:
    """One look into a folder: what lies there now, by name, and how old the oldest file left behind is."""

    seen: dict[str, list[Any]]
    oldest_left: float = 0.0
    taken: int = 0


def pick_up_all() -> int:
    """Look into the folder of every active connection that has one; return how many files were taken.

    A connection whose folder is not there is noted in its row and keeps nobody else waiting.
    """
    connections = Connection.objects.filter(is_active=True).select_related("company").order_by("pk")
    return sum(pick_up(connection) for connection in connections if has_folder(connection))


def pick_up(connection: Connection) -> int:
    """Look into one connection's folder, unless somebody else is; return how many files were taken."""
    state = _claim(connection)
    if state is None:
        return 0
    started = clock.now()
    try:
        look = _look(connection, folders_of(connection), state.cursor)
    except (EndpointDown, ConfigurationError, OSError) as error:
        log.warning("The folder of %s cannot be read: %s", connection.code, error)
        StreamState.objects.filter(pk=state.pk).update(
            failures=F("failures") + 1, last_error=str(error)[:2000], lease_until=None
        )
        return 0
    StreamState.objects.filter(pk=state.pk, lease_until=state.lease_until).update(
        cursor=look.seen, failures=0, last_error="", last_success_at=started, lease_until=None
    )
    _move_watermarks(connection, started - timedelta(seconds=look.oldest_left), started)
    return look.taken


def _claim(connection: Connection) -> StreamState | None:
    now = clock.now()
    state, _ = StreamState.objects.get_or_create(
        connection=connection, stream=STATE, defaults={"is_polled": False}
    )
    free = StreamState.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), pk=state.pk)
    if not free.update(lease_until=now + LEASE):
        return None
    state.refresh_from_db()
    return state


def _move_watermarks(connection: Connection, until: datetime, now: datetime) -> None:
    """Say that a mailbox was read: what lies in it is in the inbox, but for files younger than `until`."""
    if connection.kind == ConnectionKind.EDI:
        for stream in BY_EDI:
            StreamState.objects.update_or_create(
                connection=connection,
                stream=stream.value,
                defaults={"watermark": until, "last_success_at": now, "failures": 0, "last_error": ""},
            )


# --- looking ------------------------------------------------------------------------------------------


def _look(connection: Connection, folders: Folders, before: dict[str, list[Any]]) -> _Look:
    """Take every file that is complete, and remember the others as they are now."""
    look = _Look({})
    for taken in _abandoned(folders):
        _bring_in(connection, folders, taken, is_second_try=True)
    entries = {entry.name: entry for entry in os.scandir(folders.incoming) if _is_candidate(entry)}
    for name, entry in entries.items():
        if name.endswith(MARKER):
            _forget_marker(entry, entries)
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        known = before.get(_key(name))
        marked = f"{name}{MARKER}" in entries
        if stat.S_ISREG(status.st_mode) and not marked and not _is_settled(status, known):
            same = known is not None and known[:2] == [status.st_size, status.st_mtime_ns]
            since = known[2] if known and same else time.time()
            look.seen[_key(name)] = [status.st_size, status.st_mtime_ns, since]
            look.oldest_left = max(look.oldest_left, time.time() - status.st_mtime)
            continue
        path = _take(folders, name)
        if path is not None:
            if marked:
                (folders.incoming / f"{name}{MARKER}").unlink(missing_ok=True)
            _bring_in(connection, folders, path)
            look.taken += 1
    look.oldest_left = max([look.oldest_left, *_ages_in_hands(folders)])
    return look


def _forget_marker(entry: os.DirEntry[str], entries: Mapping[str, object]) -> None:
    """Remove a marker whose file was taken long ago; a young one may be before its file."""
    if entry.name.removesuffix(MARKER) not in entries:
        with suppress(FileNotFoundError):
            if time.time() - entry.stat(follow_symlinks=False).st_mtime > ABANDONED_AFTER:
                os.unlink(entry.path)


def _ages_in_hands(folders: Folders) -> Iterator[float]:
    """Yield how old the files are that a worker took and has not brought in, dead or not."""
    for own in os.scandir(folders.processing):
        with suppress(FileNotFoundError, NotADirectoryError):
            for entry in os.scandir(own.path):
                yield time.time() - entry.stat(follow_symlinks=False).st_mtime


def _is_candidate(entry: os.DirEntry[str]) -> bool:
    hidden = entry.name.startswith(".") or entry.name.casefold().endswith(UNFINISHED)
    return not hidden and not entry.is_dir(follow_symlinks=False)


def _key(name: str) -> str:
    """A name in the folder may be no text at all; what we remember of it must be."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()


def _is_settled(status: os.stat_result, known: list[Any] | None) -> bool:
    """Say whether the file was the same at an earlier look, and that look was not just now."""
    if known is None or known[:2] != [status.st_size, status.st_mtime_ns]:
        return False
    return time.time() - float(known[2]) >= SETTLED_AFTER


def _take(folders: Folders, name: str) -> Path | None:
    """Rename a file into a folder of our own; None where another worker was quicker."""
    own = folders.processing / secrets.token_hex(8)
    own.mkdir()
    try:
        os.rename(folders.incoming / name, own / name)
    except FileNotFoundError:
        own.rmdir()
        return None
    return own / name


def _abandoned(folders: Folders) -> Iterator[Path]:
    """Yield files that a worker took and never brought in."""
    for own in os.scandir(folders.processing):
        if own.is_dir(follow_symlinks=False):
            age = time.time() - own.stat(follow_symlinks=False).st_mtime
            if age > ABANDONED_AFTER:
                yield from (Path(entry.path) for entry in os.scandir(own.path))


# --- bringing in --------------------------------------------------------------------------------------


def _lying_since(path: Path) -> datetime:
    """Return since when the file has been in the mailbox.

    It was received then, not when we came to look: until it is processed, nothing later may be judged absent.
    """
    age = max(0.0, time.time() - path.stat(follow_symlinks=False).st_mtime)
    return clock.now() - timedelta(seconds=age)


def _bring_in(connection: Connection, folders: Folders, path: Path, *, is_second_try: bool = False) -> None:
    """Hand one file to the inbox, then put it into the archive, or into the error folder with the reason."""
    name = os.fsencode(path.name).decode(errors="replace")
    try:
        payload = _read(path)
        if not (is_second_try and _was_received(connection, name, payload)):
            inbox.receive(
                payload,
                connection=connection,
                channel=reports.CHANNEL,
                file_name=name,
                received_at=_lying_since(path),
            )
    except RightlineError as error:
        _put_away(path, folders.error, name, reason=str(error))
    else:
        day = folders.archive / f"{clock.now():%Y-%m-%d}"
        day.mkdir(exist_ok=True)
        _put_away(path, day, name)


def _read(path: Path) -> bytes:
    """Return what is in the file; raises NotAcceptable for what is no plain file, or larger than is read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise inbox.NotAcceptable("It is a link, or cannot be read: deliver the file itself.") from error
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise inbox.NotAcceptable("It is no plain file: deliver the file itself.")
        if status.st_size > inbox.LARGEST:
            raise inbox.NotAcceptable(
                f"It has {status.st_size} bytes; no more than {inbox.LARGEST} are taken."
            )
        return file.read()


def _was_received(connection: Connection, name: str, payload: bytes) -> bool:
    sha256 = hashlib.sha256(payload).hexdigest()
    same = Interchange.objects.filter(connection=connection, sha256=sha256, channel=reports.CHANNEL)
    return same.filter(file_name=name).exists()


def _put_away(path: Path, folder: Path, name: str, *, reason: str = "") -> None:
    """Move a file out of the worker's hands; the worker's own folder goes last."""
    kept = f"{path.parent.name}-{safe_name(name)}"
    if reason:
        write_atomically(folder, f"{kept}.txt", f"{name}\n{reason}\n".encode())
    os.replace(path, folder / kept)
    path.parent.rmdir()
