"""`manage.py up`: the whole product from one command."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config import env
from config.up.house import House, Order
from config.up.refusals import CannotStart
from erp_connectors.companies import Company


class Command(BaseCommand):
    """Runs database, broker, web, worker and scheduler until Ctrl-C."""

    help = __doc__
    # The database these would ask is not running yet.
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments that INTERFACES names."""
        parser.add_argument(
            "--port", type=int, default=env.number("PORT", 8000), help="default: PORT or 8000"
        )
        parser.add_argument("--no-demo", action="store_true", help="do not build the demo distributor")
        parser.add_argument(
            "--ready-file", type=Path, help="a file to write the address to when all is ready"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the house; what keeps it from starting is one sentence and exit status 1."""
        order = Order(
            home=settings.RIGHTLINE_HOME,
            port=options["port"],
            host=settings.ALLOWED_HOSTS[0].removeprefix("."),
            # Its passwords are known to everybody.
            demo=not options["no_demo"] and not settings.PRODUCTION,
            ready_file=options["ready_file"],
            is_outdated=lacks_migrations,
            is_empty=has_no_company,
        )
        try:
            House(order).run()
        except (CannotStart, env.UnusableSetting) as error:
            sys.exit(str(error))


def lacks_migrations() -> bool:
    """Return whether a migration has not been applied, and leave no connection behind."""
    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    finally:
        connection.close()


def has_no_company() -> bool:
    """Return whether this is the first start, and leave no connection behind."""
    try:
        return not Company.objects.exists()
    finally:
        connection.close()
