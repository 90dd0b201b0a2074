"""Recomputes the audit chain, or writes its head outside the database."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erp_connectors import clock
from exceptions_app.audit import heads
from exceptions_app.audit.verify import Verified, verify


class Command(BaseCommand):
    """`manage.py verify_audit [--json] [--write-head]`."""

    help = "Recomputes the audit chain; exit 1 and the first broken place if it does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        """The form of the answer, and whether the head is written down once the chain is known to hold."""
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--write-head", action="store_true", help="write the head outside the database if the chain holds"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, write the head if asked to, and say what was found."""
        now = clock.now()
        try:
            found = verify(now)
        except ValueError as error:
            raise CommandError(str(error)) from error
        if found.holds and options["write_head"]:
            heads.write(now)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(found)))
            if not found.holds:
                sys.exit(1)
            return
        if found.broken is not None:
            raise CommandError(found.broken.words)
        self.stdout.write(
            f"The chain holds: {found.head.sequence} events are sealed, head {found.head.hash.hex()}; "
            f"{found.outside} heads outside the database agree."
        )


def _as_json(found: Verified) -> dict[str, Any]:
    broken = found.broken
    return {
        "holds": found.holds,
        "sealed": found.head.sequence,
        "head": found.head.hash.hex(),
        "heads_outside": found.outside,
        "broken": broken
        and {
            "sequence": broken.sequence,
            "event": str(broken.event) if broken.event else None,
            "words": broken.words,
        },
    }
