"""The folder of a connection: where files come in, go out and are kept; no name from outside becomes a path.

<folder>/incoming     what arrives; taken when it has stopped growing, or when `<name>.done` is beside it
<folder>/processing   what a worker has in hands, each file in a folder of its own
<folder>/archive      what was received, by day
<folder>/error        what could not be taken or read, with a sentence beside it
<folder>/outgoing     what goes out
"""

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from erp_connectors.companies import Connection
from erp_connectors.connectors.base import EndpointDown
from erp_connectors.errors import ConfigurationError, PermanentError

LONGEST_NAME = 120
PARTS = ("incoming", "processing", "archive", "error", "outgoing")


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one connection."""

    incoming: Path
    processing: Path
    archive: Path
    error: Path
    outgoing: Path


def has_folder(connection: Connection) -> bool:
    """Say whether files of this connection come and go by a folder."""
    return bool(connection.settings.get("folder"))


def folders_of(connection: Connection) -> Folders:
    """Return the folders of a connection; those inside its folder are made where they are missing.

    Raises ConfigurationError where the setting is not a path, EndpointDown where the folder is not there: it
    is never made, for it may be a mount that is gone.
    """
    setting = connection.settings.get("folder")
    if not isinstance(setting, str) or not Path(setting).is_absolute():
        raise ConfigurationError(f"The setting `folder` of {connection.name} is not an absolute path.")
    root = Path(setting)
    if not root.is_dir():
        raise EndpointDown(f"The folder {root} is not there.")
    paths = [root / part for part in PARTS]
    try:
        for path in paths:
            path.mkdir(exist_ok=True)
    except OSError as error:
        raise EndpointDown(f"{root} cannot be written: {error.strerror}.") from error
    return Folders(*paths)


def safe_name(name: str) -> str:
    """Return a name that is one plain part of a path, whatever `name` is."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[-LONGEST_NAME:].lstrip(".")
    return plain or "unnamed"


def write_atomically(folder: Path, name: str, payload: bytes) -> None:
    """Write a file that is there whole or not at all; one with the same name is replaced.

    Raises PermanentError for a name that would leave the folder, OSError where it cannot be written.
    """
    if name != safe_name(name):
        raise PermanentError(f"{name!r} is no name for a file of ours.")
    fresh = folder / f".{secrets.token_hex(8)}.tmp"
    try:
        with open(fresh, "xb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, folder / name)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
