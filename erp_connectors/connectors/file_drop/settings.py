"""What an administrator sets for an ERP that speaks by file; docs/adding-a-connector.md lists it."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from erp_connectors.canonical.commands import CommandKind
from erp_connectors.connectors.base import Stream
from erp_connectors.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDropSettings:
    """The settings of one connection, checked.

    `headings[stream][column]` is the heading their file has for one of our columns. `words[column]` turns
    their words (states, classes, yes and no) into ours, `units` their units into Recommendation 20 codes; the
    keys of both are case-folded. `full_extracts` are the streams of which every file is complete: what it
    does not name is gone, unless that would be more than `most_gone_percent` of all. `without_commands` are
    those their side cannot carry out; `groups`: it reads files of several that are carried out together.
    `answer_timeout` and `settle_seconds` are seconds.
    `expect_every` is how many minutes may pass between two extracts of a stream before we count as blind.
    `decimal_mark` None: told by each number itself, and one that can be read in two ways is an error.
    """

    folder: str
    encoding: str = "utf-8"
    delimiter: str | None = None
    decimal_mark: Literal[".", ","] | None = None
    date_formats: tuple[str, ...] = ("%Y-%m-%d",)
    time_formats: tuple[str, ...] = ()
    headings: dict[str, dict[str, str]] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    full_extracts: tuple[Stream, ...] = ()
    expect_every: dict[str, int] = field(default_factory=dict)
    most_gone_percent: int = 50
    without_commands: tuple[CommandKind, ...] = ()
    groups: bool = True
    answer_timeout: int = 3600
    settle_seconds: int = 2
    max_rows: int = 200_000
    max_megabytes: int = 50
    currency: str = ""
    time_zone: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The zone of dates and times that state none."""
        return ZoneInfo(self.time_zone)

    def heading(self, stream: Stream, column: str) -> str:
        """Return the heading their file has for our column."""
        return self.headings.get(stream, {}).get(column, column)


def settings_from(values: Mapping[str, Any], *, currency: str, time_zone: str) -> FileDropSettings:
    """Read a connection's settings; `currency` and `time_zone` hold where the settings name none.

    Raises ConfigurationError, naming the setting.
    """
    unknown = sorted(set(values) - {each.name for each in fields(FileDropSettings)})
    if unknown:
        raise ConfigurationError(f"There is no setting named {unknown[0]!r}.")
    try:
        settings = msgspec.convert(
            {"currency": currency, "time_zone": time_zone} | dict(values), FileDropSettings
        )
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"The settings of the connection cannot be used: {error}") from error
    _check(settings)
    return replace(
        settings,
        units=_folded(settings.units),
        words={column: _folded(words) for column, words in settings.words.items()},
    )


def _folded(table: Mapping[str, str]) -> dict[str, str]:
    return {theirs.strip().casefold(): ours for theirs, ours in table.items()}


def _check(settings: FileDropSettings) -> None:
    try:
        codecs.lookup(settings.encoding)
    except LookupError as error:
        raise ConfigurationError(f"There is no encoding named {settings.encoding!r}.") from error
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(f"There is no time zone named {settings.time_zone!r}.") from error
    if settings.delimiter is not None and len(settings.delimiter) != 1:
        raise ConfigurationError(f"The delimiter {settings.delimiter!r} is not one character.")
    for name in (*settings.headings, *settings.sheets, *settings.expect_every):
        if name not in set(Stream):
            raise ConfigurationError(f"There is no stream named {name!r}.")
