"""Checks an export of the history without asking the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exceptions_app.audit.export import BrokenProof, Proved, check


class Command(BaseCommand):
    """`manage.py verify_export FILE [--heads FILE]`."""

    help = "Checks that an export of the history is what was sealed; exit 1 and why if it is not."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The export, and where heads were written outside the database."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--heads", type=Path, help="a file of heads kept outside: the head of the export must be in it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what the file proves."""
        try:
            # Line ends are part of what was hashed.
            with options["file"].open(encoding="utf-8", newline="") as file:
                proved = check(file.read())
            words = _compared(proved, options["heads"])
        except (BrokenProof, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        way = (
            "they lead to the head"
            if proved.is_whole
            else "each follows from the hash before it; the way to the head is not in the file"
        )
        head = f"seal {proved.head.sequence}, {proved.head.hash.hex()}"
        self.stdout.write(f"{proved.events} events hold: {way} at {head}{words}.")


def _compared(proved: Proved, heads: Path | None) -> str:
    if heads is None:
        return ""
    wanted = f" {proved.head.sequence} {proved.head.hash.hex()}"
    if not any(line.endswith(wanted) for line in heads.read_text().splitlines()):
        raise BrokenProof(f"The head of the export, at seal {proved.head.sequence}, is not in {heads}.")
    return ", which was written outside the database"
