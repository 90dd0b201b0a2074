"""`manage.py with_servers COMMAND...`: another command with the embedded servers up around it."""

import subprocess
import sys
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import env
from config.embedded.servers import ServerDidNotStart, start_servers
from config.processes.crew import Crew
from config.up.refusals import AlreadyRunning, CannotStart, only_one, require_folder, require_space


class Command(BaseCommand):
    """Starts the servers this machine has no other way to reach, migrates, runs the command, stops them.

    While `make run` runs with the same RIGHTLINE_HOME, its servers are used and left running.
    """

    help = __doc__
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the command and all that belongs to it."""
        parser.add_argument("command", nargs=REMAINDER)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command and exit with its status."""
        home = settings.RIGHTLINE_HOME
        try:
            require_folder(home)
            with only_one(home) as lock, Crew(kept_open=[lock], show=print_aside) as crew:
                require_space(home)
                start_servers(crew, home)
                status = manage("migrate", "--no-input", "--verbosity", "0") or manage(*options["command"])
        except AlreadyRunning:
            status = manage(*options["command"])
        except (CannotStart, ServerDidNotStart, env.UnusableSetting) as error:
            sys.exit(str(error))
        sys.exit(status)


def print_aside(name: str, line: str) -> None:
    """Print a server's line where it does not mix with what the command prints."""
    sys.stderr.write(f"{name}: {line}\n")


def manage(*command: str) -> int:
    """Run one management command in a process of its own and return its exit status."""
    return subprocess.call([sys.executable, str(env.PROJECT / "manage.py"), *command])
