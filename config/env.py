"""Reads the environment strictly: a setting is understood completely or refused with a sentence."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

PROJECT = Path(__file__).resolve().parent.parent
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


class UnusableSetting(Exception):
    """An environment variable holds something that cannot be used; the text says what to set instead."""


def text(name: str, default: str = "") -> str:
    """Return the variable without surrounding blanks, or the default when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """Return the variable as yes or no; any other word raises UnusableSetting."""
    word = os.environ.get(name)
    if word is None:
        return default
    if word.strip().lower() in TRUE_WORDS:
        return True
    if word.strip().lower() in FALSE_WORDS:
        return False
    raise UnusableSetting(f"{name} must be 1 or 0, not {word!r}.")


def number(name: str, default: int) -> int:
    """Return the variable as a whole number of zero or more; anything else raises UnusableSetting."""
    word = text(name, str(default))
    if not word.isascii() or not word.isdigit():
        raise UnusableSetting(f"{name} must be a whole number, not {word!r}.")
    return int(word)


def choice(name: str, default: str, known: tuple[str, ...]) -> str:
    """Return the variable, which must be one of the known words; another one raises UnusableSetting."""
    word = text(name, default).lower()
    if word not in known:
        raise UnusableSetting(f"{name} must be {', '.join(known[:-1])} or {known[-1]}, not {word!r}.")
    return word


def words(name: str) -> list[str]:
    """Return the variable's comma-separated parts without blanks; none when it is unset."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def home() -> Path:
    """Return RIGHTLINE_HOME, the folder of all state, as an absolute path (default: var/ here)."""
    return Path(text("RIGHTLINE_HOME", str(PROJECT / "var"))).expanduser().resolve()


def secret(name: str, folder: Path) -> str:
    """Return the secret RIGHTLINE_<NAME>, else the one kept in the folder, made there on first use.

    The file is readable by its owner only. Two processes that start together agree on one value, because the
    complete file is linked into place and the second link fails.
    """
    given = text(f"RIGHTLINE_{name.upper()}")
    if given:
        return given
    kept = folder / name
    try:
        if not kept.exists():
            _keep_new_secret(kept)
        return kept.read_text().strip()
    except OSError as error:
        raise UnusableSetting(
            f"RIGHTLINE_HOME must be a folder of yours that can be written, and {error.filename} is not: "
            f"{error.strerror}."
        ) from error


def kept_secret(name: str, folder: Path) -> str:
    """Return the secret RIGHTLINE_<NAME>, else the one that somebody put into the folder; else nothing."""
    given, kept = text(f"RIGHTLINE_{name.upper()}"), folder / name
    return given or (kept.read_text().strip() if kept.is_file() else "")


def _keep_new_secret(kept: Path) -> None:
    # Documents of the business will lie here: the folder above is private too, if it is us who make it.
    for folder in (kept.parent.parent, kept.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = kept.with_name(f".{kept.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
    # When another process was first, its value is the one that counts.
    with contextlib.suppress(FileExistsError):
        os.link(fresh, kept)
    fresh.unlink()


def database(url: str) -> dict[str, Any]:
    """Return Django's connection settings for a libpq URL such as postgresql://user:word@host/name?sslmode=require.

    Raises UnusableSetting for another database or a URL that libpq does not understand.
    """
    if not url.startswith(("postgres://", "postgresql://")):
        raise UnusableSetting(
            "DATABASE_URL must begin with postgresql://; Rightline runs on PostgreSQL only."
        )
    try:
        parts: Mapping[str, Any] = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise UnusableSetting(f"DATABASE_URL is not a PostgreSQL address: {str(error).strip()}.") from error
    if not parts.get("dbname"):
        raise UnusableSetting("DATABASE_URL names no database: postgresql://user@host/DATABASE.")
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings: dict[str, Any] = {named[part]: str(value) for part, value in parts.items() if part in named}
    settings["OPTIONS"] = {part: value for part, value in parts.items() if part not in named}
    return settings
