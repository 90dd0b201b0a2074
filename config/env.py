"""Reads the environment strictly: a setting is understood completely or refused with a sentence."""

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
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / name
    if not kept.exists():
        fresh = folder / f".{name}.{secrets.token_hex(8)}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(fresh, kept)
        except FileExistsError:
            # Another process was first, and its value is the one that counts.
            fresh.unlink()
        else:
            fresh.unlink()
    return kept.read_text().strip()


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
