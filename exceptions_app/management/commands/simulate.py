"""Keeps the world around the demo alive: its ERPs, and at a chosen rate everybody outside."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from erp_connectors import clock
from exceptions_app.demo.simulation import Simulation

LOOK_EVERY_SECONDS = 1.0
MISBEHAVE = 25


class Command(BaseCommand):
    """`manage.py simulate [--minutes N] [--rate N] [--misbehave PERCENT] [--seed N]`."""

    help = (
        "Runs the ERPs of the demo distributor: they carry out commands, answer, and write extracts. With a "
        "rate, suppliers, carriers, the warehouse and accounts are at work as well, by files like the ERPs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """How long, how much, how badly, and from which seed."""
        parser.add_argument("--minutes", type=float, help="stop after so many minutes")
        parser.add_argument("--rate", type=int, default=0, help="how much happens in an hour")
        parser.add_argument(
            "--misbehave",
            type=int,
            default=MISBEHAVE,
            help=f"in how many of a hundred acts somebody misbehaves (default: {MISBEHAVE})",
        )
        parser.add_argument("--seed", type=int, help="what chance is drawn from (default: that of the demo)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Let things happen, about once a second."""
        minutes = options["minutes"]
        stop_at = time.monotonic() + minutes * 60 if minutes else None
        simulation = Simulation(
            home=Path(settings.RIGHTLINE_HOME),
            rate=options["rate"],
            # The demo's ERPs alone are honest: whoever takes the tour sees a decision carried out.
            misbehave=options["misbehave"] if options["rate"] else 0,
            seed=options["seed"],
        )
        while stop_at is None or time.monotonic() < stop_at:
            for words in simulation.tick(clock.now()):
                self.stdout.write(words)
            time.sleep(LOOK_EVERY_SECONDS)
