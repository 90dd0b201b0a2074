#!/usr/bin/env python
"""Rightline's commands: `manage.py help` lists them, `manage.py up` runs the whole product."""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db.utils import OperationalError

from config.env import UnusableSetting


def main() -> None:
    """Run the command in the arguments; an unusable environment is one sentence and exit 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018
        execute_from_command_line(sys.argv)
    except UnusableSetting as error:
        sys.exit(str(error))
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) is not None:
            raise
        # A failure without a code of the server's own is one to reach it.
        sys.exit(f"PostgreSQL does not answer; is `make run` running? {str(error).strip()}")


if __name__ == "__main__":
    main()
