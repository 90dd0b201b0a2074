"""Runs areas one by one, each in a process and a RIGHTLINE_HOME of its own: no user's data is touched."""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config import env
from tests.bench.areas import Area, Around
from tests.bench.figures import Figure, table
from tests.bench.wanted import Wanted

#: What must not reach a benchmark: it runs as a new machine would, on servers of its own.
FOREIGN = ("RIGHTLINE_", "DATABASE_URL", "REDIS_URL", "PORT")
LAST_LINES = 30


class RunFailed(Exception):
    """A benchmark did not come to its end; the text is the end of its log."""


def load_now() -> float:
    """Return how many processes wanted a processor during the last minute, on average."""
    return os.getloadavg()[0]


def cores() -> int:
    """Return how many processors there are for us."""
    return len(os.sched_getaffinity(0))


def run(area: Area, wanted: Wanted, folder: Path) -> list[Figure]:
    """Measure one area in a fresh home under `folder`, which is gone afterwards. Raises RunFailed."""
    home, answer, log = (
        folder / area.name,
        folder / f"{area.name}.json",
        folder / f"{area.name}-measuring.log",
    )
    shutil.rmtree(home, ignore_errors=True)
    answer.unlink(missing_ok=True)
    around = ["with_servers"] if area.around is Around.SERVERS else []
    command = [
        *(sys.executable, "manage.py", *around, "bench", area.name, "--inside", str(answer)),
        *("--n", str(wanted.n), "--reps", str(wanted.reps), "--seed", str(wanted.seed)),
    ]
    with log.open("w") as lines:
        status = subprocess.call(
            command,
            cwd=env.PROJECT,
            env=environment(home, area),
            stdout=lines,
            stderr=subprocess.STDOUT,
        )
    shutil.rmtree(home, ignore_errors=True)
    if status != 0 or not answer.exists():
        end = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        raise RunFailed("\n".join([f"The benchmark {area.name} failed; {log} ends:", *end]))
    return [Figure.of_plain(each) for each in json.loads(answer.read_text())]


def environment(home: Path, area: Area) -> dict[str, str]:
    """Return the environment of an area's process: ours without a word about the user's installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | {
        "RIGHTLINE_HOME": str(home),
        "RIGHTLINE_PROCESS": area.process,
        # One caller sends what a hundred would: the limit per caller is not what is measured.
        "RIGHTLINE_API_CALLS_PER_MINUTE": "1000000",
    }


def measure_inside(area: Area, wanted: Wanted, answer: Path) -> None:
    """Measure here and leave the figures in a file."""
    figures = area.measure(wanted)
    answer.write_text(json.dumps([figure.as_plain() for figure in figures]))


class Report:
    """The figures of a whole run, with the state of the machine it ran on."""

    def __init__(self, *, seed: int) -> None:
        self.seed = seed
        self.began_at = datetime.now(UTC)
        self._began = time.monotonic()
        self.load_before = load_now()
        self.figures: list[Figure] = []

    @property
    def is_busy(self) -> bool:
        """True when others wanted more than all processors as the run began."""
        return self.load_before > cores()

    def add(self, figures: Iterable[Figure]) -> None:
        """Take the figures of one area."""
        self.figures += figures

    def text(self) -> str:
        """Return the table."""
        return table(self.figures, busy=self.is_busy)

    def misses(self) -> list[str]:
        """Return the areas that did not reach their bar."""
        return [figure.area for figure in self.figures if figure.verdict() == "misses"]

    def as_plain(self) -> dict[str, Any]:
        """Return everything as plain values, for the file."""
        return {
            "at": self.began_at.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self._began, 1),
            "seed": self.seed,
            "machine": {
                "cores": cores(),
                "load before": self.load_before,
                "load after": load_now(),
                "python": platform.python_version(),
                "system": platform.platform(),
            },
            "busy": self.is_busy,
            "figures": [figure.as_plain(busy=self.is_busy) for figure in self.figures],
        }
