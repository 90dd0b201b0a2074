"""`manage.py bench [AREA...]`: the benchmarks, each figure as a ratio to a floor measured in the same run."""

import json
import sys
from argparse import SUPPRESS, ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.up.refusals import CannotStart, only_one, require_folder, require_space
from tests.bench import runs
from tests.bench.areas import AREAS
from tests.bench.wanted import Wanted

SEED = 20261123
REPS = 5


class Command(BaseCommand):
    """Measures on servers of its own under RIGHTLINE_HOME/bench, prints a table, and keeps it as JSON.

    Exits 1 when an answer is wrong, or with --assert when a figure misses its bar.
    """

    help = __doc__
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take areas and how to measure them."""
        sizes = "; ".join(f"{area.name}: {area.size:,} {area.size_is}" for area in AREAS.values())
        parser.add_argument("areas", nargs="*", metavar="AREA", help=f"{', '.join(AREAS)}; default: all")
        parser.add_argument("--n", type=int, help=f"size of the one area that is named ({sizes})")
        parser.add_argument("--reps", type=int, default=REPS, help="pairs of floor and candidate")
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument("--json", type=Path, help="file to keep (default: RIGHTLINE_HOME/bench.json)")
        parser.add_argument("--assert", action="store_true", dest="holds", help="exit 1 when a bar is missed")
        parser.add_argument("--inside", type=Path, help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure the areas one after the other; or, inside a home made for it, the one that is named."""
        areas, n = [AREAS[name] for name in _known(options["areas"])], options["n"]
        if n is not None and len(areas) != 1:
            raise CommandError("--n is the size of one area: name that area.")
        if options["reps"] < 1 or (n is not None and n < 1):
            raise CommandError("--n and --reps must be 1 or more.")
        sizes = {
            area.name: Wanted(n=area.size if n is None else n, reps=options["reps"], seed=options["seed"])
            for area in areas
        }
        if options["inside"]:
            runs.measure_inside(areas[0], sizes[areas[0].name], options["inside"])
            return
        report = runs.Report(seed=options["seed"])
        self._warn_when_busy(report, options["holds"])
        folder = settings.RIGHTLINE_HOME / "bench"
        try:
            require_folder(folder)
            with only_one(folder):
                require_space(folder)
                for area in areas:
                    self.stderr.write(f"Measuring {area.name} ({sizes[area.name].n:,} {area.size_is}) ...")
                    report.add(runs.run(area, sizes[area.name], folder))
        except (CannotStart, runs.RunFailed) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(report.text())
        kept = options["json"] or settings.RIGHTLINE_HOME / "bench.json"
        kept.write_text(json.dumps(report.as_plain(), indent=1) + "\n")
        self.stderr.write(f"Kept in {kept}.")
        if options["holds"] and report.misses():
            sys.exit(f"Missed: {', '.join(report.misses())}.")

    def _warn_when_busy(self, report: runs.Report, holds: bool) -> None:
        if not report.is_busy:
            return
        sentence = f"The load is {report.load_before:.1f} on {runs.cores()} processors"
        if holds:
            raise CommandError(f"{sentence}: nothing can be asserted on a busy machine; try again later.")
        self.stderr.write(f"{sentence}: what misses its bar now is called busy, not missed.")


def _known(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in AREAS]
    if unknown:
        raise CommandError(f"There is no area {', '.join(unknown)}; there are {', '.join(AREAS)}.")
    return names or list(AREAS)
