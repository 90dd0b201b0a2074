"""Where the database, the broker and the product itself answer: as they are told, else where they run."""

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Any

from config import env

# A socket's whole path must fit 107 bytes; ".s.PGSQL.5432" and "valkey.sock" are what we append.
LONGEST_SOCKET_FOLDER = 90
DATABASE_NAME = "rightline"


def postgres_folder(home: Path) -> Path:
    """Return where the embedded PostgreSQL keeps its data and, in the same private folder, its socket."""
    return home / "postgres"


def valkey_folder(home: Path) -> Path:
    """Return where the embedded Valkey keeps its socket."""
    return home / "valkey"


def short_path(folder: Path) -> Path:
    """Return the folder, or a short link to it when its own path is too long for a socket's address.

    The link's name is known to everyone on the machine: one that another user made is refused with
    UnusableSetting.
    """
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    link = Path("/tmp") / f"rightline-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    try:
        link.symlink_to(folder)
    except FileExistsError:
        if link.lstat().st_uid != os.getuid() or link.readlink() != folder:
            raise env.UnusableSetting(
                f"{link} belongs to somebody else: choose a shorter RIGHTLINE_HOME."
            ) from None
    return link


def database_address(home: Path) -> dict[str, Any]:
    """Return where PostgreSQL answers, as Django's connection settings."""
    url = env.text("DATABASE_URL")
    if url:
        return env.database(url)
    return {
        "NAME": DATABASE_NAME,
        "USER": DATABASE_NAME,
        "HOST": str(short_path(postgres_folder(home))),
        "OPTIONS": {},
    }


def redis_url(home: Path, *, database: int, for_celery: bool = False) -> str:
    """Return the URL of one numbered Redis database; a number in REDIS_URL counts as the first of ours."""
    url = env.text("REDIS_URL")
    if not url:
        socket = short_path(valkey_folder(home)) / "valkey.sock"
        scheme, key = ("redis+socket", "virtual_host") if for_celery else ("unix", "db")
        return f"{scheme}://{socket}?{key}={database}"
    if not url.startswith(("redis://", "rediss://")):
        raise env.UnusableSetting("REDIS_URL must begin with redis:// or rediss://.")
    address, _, options = url.partition("?")
    scheme, _, rest = address.partition("://")
    server, _, first = rest.partition("/")
    if first and not first.isdigit():
        raise env.UnusableSetting("REDIS_URL must end in a database number, such as redis://host:6379/0.")
    return f"{scheme}://{server}/{int(first or 0) + database}" + (f"?{options}" if options else "")


def public_address(home: Path) -> str:
    """Return where people reach Rightline: RIGHTLINE_ADDRESS, else where it runs now, else at PORT here."""
    told = env.text("RIGHTLINE_ADDRESS") or running_address(home)
    return (told or local_address(env.number("PORT", 8000))).rstrip("/")


def local_address(port: int) -> str:
    """Return the address of a web server at a port of this machine."""
    return f"http://127.0.0.1:{port}"


def running_address(home: Path) -> str:
    """Return what the supervisor noted of its address; nothing when none runs, whatever a killed one left."""
    try:
        with lock_file(home).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        note = address_note(home)
        return note.read_text().strip() if note.exists() else ""
    except OSError:
        # Never started here, or not ours to read.
        return ""
    return ""


def address_note(home: Path) -> Path:
    """Return the file in which the supervisor notes where its web server answers."""
    return home / "address"


def lock_file(home: Path) -> Path:
    """Return the file that the one supervisor of a RIGHTLINE_HOME keeps locked."""
    return home / "up.lock"
