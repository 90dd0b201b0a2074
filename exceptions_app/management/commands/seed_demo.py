"""Brings in the demo distributor."""

import logging
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from kombu.exceptions import OperationalError

from erp_connectors import clock
from erp_connectors.companies import Company
from exceptions_app.demo.seed import seed

SEED = 20261123


class Command(BaseCommand):
    """`manage.py seed_demo [--seed N]`: only into a database without companies."""

    help = "Brings in the demo distributor: two companies, their suppliers, items, orders and people."

    def add_arguments(self, parser: CommandParser) -> None:
        """The seed."""
        parser.add_argument("--seed", type=int, default=SEED)

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, or say why not."""
        if settings.PRODUCTION:
            raise CommandError("The demo has passwords that everybody knows: it does not go into production.")
        if Company.objects.exists():
            raise CommandError("This database holds companies already; `make reset` forgets them.")
        seed(
            number=options["seed"],
            now=clock.now(),
            home=Path(settings.RIGHTLINE_HOME),
            say=lambda line: self.stdout.write(line),
        )
        forget_wakes()


def forget_wakes() -> None:
    """Empty the broker of the wake-ups the seed caused: their work is done already."""
    try:
        current_app.control.purge()
    except OperationalError as error:
        logging.getLogger(__name__).info("The broker is away, so its wake-ups stay: %s", error)
