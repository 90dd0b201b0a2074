"""Writes docs/case-lifecycle.md from the machines of case, proposal and command."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from exceptions_app.cases.diagram import draw


class Command(BaseCommand):
    """`manage.py draw_lifecycle`."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        path = Path(settings.BASE_DIR) / "docs" / "case-lifecycle.md"
        path.write_text(draw())
        self.stdout.write(f"Wrote {path}")
