"""Brings in the demo distributor."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

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
