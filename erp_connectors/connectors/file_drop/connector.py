"""The connector of an ERP that speaks by file: the one every distributor can use on day one.

<folder>/incoming/            extracts, picked up by the folder channel into the inbox
<folder>/incoming/answers/    what became of commands
<folder>/outgoing/commands/   commands
<folder>/archive, error/      where files go that have been read, or could not be
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from erp_connectors.canonical.commands import CommandKind
from erp_connectors.companies import Connection, ConnectionKind
from erp_connectors.connectors.base import (
    Answers,
    Cursor,
    EndpointDown,
    Evidence,
    Group,
    Health,
    Outcome,
    Page,
    PushReceipt,
    RowGroup,
    Sending,
    Stream,
    UnreadableFile,
    Unsupported,
)
from erp_connectors.connectors.compare import holds_after
from erp_connectors.connectors.file_drop import commands
from erp_connectors.connectors.file_drop.gone import gone
from erp_connectors.connectors.file_drop.reader import FullExtract, extract_time, read, stream_of
from erp_connectors.connectors.file_drop.settings import settings_from
from erp_connectors.connectors.file_drop.streams import LAYOUTS
from erp_connectors.errors import ConfigurationError
from erp_connectors.exchange.channels.folders import Folders, folders_of

ANSWERS = "answers"
COMMANDS = "commands"


class FileDropConnector:
    """An ERP that writes extracts into a folder, and fetches commands from one."""

    kind: str = ConnectionKind.FILE_DROP

    def __init__(self, connection: Connection) -> None:
        """Read the connection's settings; raises ConfigurationError where one is wrong."""
        self.connection = connection
        self.settings = settings_from(
            connection.settings, currency=connection.company.currency, time_zone=connection.time_zone
        )

    def streams(self) -> tuple[Stream, ...]:
        """Return the streams for which there are files."""
        return tuple(LAYOUTS)

    def commands(self) -> frozenset[CommandKind]:
        """Return every command: a file can ask for anything, and the ERP's side refuses what it cannot do."""
        return frozenset(CommandKind).difference(self.settings.without_commands)

    def answer_timeout(self) -> timedelta:
        """Return how long the ERP may take to answer a command."""
        return timedelta(seconds=self.settings.answer_timeout)

    def health(self) -> Health:
        """Look whether the folders can be read and written."""
        try:
            folders = folders_of(self.connection)
        except (EndpointDown, ConfigurationError) as error:
            return Health(is_healthy=False, problems=(str(error),))
        problems = [
            f"{folder} cannot be {word}."
            for folder, mode, word in (
                (folders.incoming, os.R_OK | os.X_OK, "read"),
                (folders.outgoing, os.W_OK | os.X_OK, "written"),
            )
            if not os.access(folder, mode)
        ]
        return Health(is_healthy=not problems, problems=tuple(problems))

    def pull(self, stream: Stream, cursor: Cursor, *, now: datetime) -> Page:
        """Look through the folder: the folder channel brings the files in, the scan says up to when it did.

        Raises EndpointDown where the folder cannot be looked through.
        """
        waiting = self._longest_wait(stream)
        seen_until: datetime | None = now - waiting
        allowed = self.settings.expect_every.get(stream)
        if allowed is not None:
            last = self._last_extract(stream)
            if last is None or now - last > timedelta(minutes=allowed):
                seen_until = last
        return Page(seen_until=seen_until)

    def read(self, payload: bytes, *, file_name: str, received_at: datetime) -> Iterator[RowGroup]:
        """Translate a file into groups of documents; what a complete extract leaves out becomes closed."""
        for part in read(payload, file_name=file_name, settings=self.settings, received_at=received_at):
            if isinstance(part, FullExtract):
                yield from gone(
                    self.connection, part, file_name=file_name, most_percent=self.settings.most_gone_percent
                )
            else:
                yield part

    def push(self, sending: Sending) -> PushReceipt:
        """Write the command's file; the answer comes as a file. Raises Unsupported or EndpointDown."""
        if sending.command.kind not in self.commands():
            raise Unsupported(f"{self.connection.name} cannot carry out {sending.command.kind}.")
        commands.write_command(folders_of(self.connection).outgoing / COMMANDS, sending)
        return PushReceipt(outcome=Outcome.AWAITED)

    def takes_groups(self) -> bool:
        """Say whether their side reads files with several commands."""
        return self.settings.groups

    def push_group(self, group: Group) -> PushReceipt:
        """Write one file for all of the commands. Raises as `push` does."""
        for sending in group.sendings:
            if sending.command.kind not in self.commands():
                raise Unsupported(f"{self.connection.name} cannot carry out {sending.command.kind}.")
        commands.write_group(folders_of(self.connection).outgoing / COMMANDS, group)
        return PushReceipt(outcome=Outcome.AWAITED)

    def answers(self) -> Iterator[Answers]:
        """Return the answer files that lie ready. Raises EndpointDown where the folder is not there."""
        folder = folders_of(self.connection).incoming / ANSWERS
        return commands.read_answers(folder, settle_seconds=self.settings.settle_seconds)

    def put_away(self, answers: Answers, problems: tuple[str, ...]) -> None:
        """Move an answer file to the archive, or with its problems to the error folder."""
        folders = folders_of(self.connection)
        path = folders.incoming / ANSWERS / answers.reference
        commands.put_away(path, folders.error if problems else folders.archive, problems)

    def find_effect(self, sending: Sending, evidence: Evidence | None) -> bool:
        """Say whether an extract younger than the command shows the order as the command wants it."""
        if evidence is None:
            return False
        sent_at = sending.sent_at.replace(microsecond=0)
        is_younger = max(evidence.said_at, evidence.recorded_at) >= sent_at
        return is_younger and holds_after(sending.command, evidence.order)

    def _longest_wait(self, stream: Stream) -> timedelta:
        """How long the oldest file of the stream has been lying here, or in hands that let it lie."""
        folders = folders_of(self.connection)
        now = datetime.now(UTC).timestamp()
        try:
            ages = [now - changed for changed in self._files(folders, stream)]
        except OSError as error:
            raise EndpointDown(f"{folders.incoming} cannot be read: {error.strerror}.") from error
        return timedelta(seconds=max([0.0, *ages]))

    def _files(self, folders: Folders, stream: Stream) -> Iterator[float]:
        """When each waiting file of the stream was written.

        Files go from the incoming folder into hands and from there into the inbox. Looking in the same
        direction, one that moves meanwhile is seen twice rather than never.
        """
        for entry in os.scandir(folders.incoming):
            if self._is_of(entry.name, stream):
                with suppress(FileNotFoundError):
                    yield entry.stat().st_mtime
        for hand in os.scandir(folders.processing):
            with suppress(FileNotFoundError, NotADirectoryError):
                for entry in os.scandir(hand.path):
                    if self._is_of(entry.name, stream):
                        yield entry.stat().st_mtime

    @staticmethod
    def _is_of(name: str, stream: Stream) -> bool:
        try:
            return stream_of(name) is stream
        except UnreadableFile:
            return False

    def _last_extract(self, stream: Stream) -> datetime | None:
        """When the ERP wrote the newest file of the stream that has reached us."""
        newest = (
            self.connection.interchanges.filter(file_name__istartswith=stream.value)
            .order_by("-received_at", "-id")
            .values_list("file_name", "received_at")
            .first()
        )
        if newest is None:
            return None
        file_name, received_at = newest
        return extract_time(file_name, self.settings) or received_at


CONNECTOR = FileDropConnector
