"""Keeps the demo's ERPs alive: they carry out commands, answer them, and write the orders they changed."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from erp_connectors import clock
from exceptions_app.demo import erp
from exceptions_app.demo.places import memories

LOOK_EVERY_SECONDS = 1.0


class Command(BaseCommand):
    """`manage.py simulate [--minutes N]`; without minutes until it is stopped."""

    help = "Runs the ERPs of the demo distributor: carries out commands, answers, writes extracts."

    def add_arguments(self, parser: CommandParser) -> None:
        """How long."""
        parser.add_argument("--minutes", type=float, help="stop after so many minutes")

    def handle(self, *args: Any, **options: Any) -> None:
        """Let every demo ERP work, about once a second."""
        minutes = options["minutes"]
        stop_at = time.monotonic() + minutes * 60 if minutes else None
        home = Path(settings.RIGHTLINE_HOME)
        while stop_at is None or time.monotonic() < stop_at:
            for path in memories(home):
                done = erp.work(path, at=clock.now())
                if done:
                    self.stdout.write(f"{path.stem}: carried out {done} command(s)")
            time.sleep(LOOK_EVERY_SECONDS)
