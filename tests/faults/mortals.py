"""Workers that are killed (kill -9) at named points, and those that take their place."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from config.processes.programs import Running
from erp_connectors import clock
from tests.journeys.programs import Programs

#: Longer than any lease: whoever had something in hands when it was killed has lost it.
AFTER_EVERY_LEASE = timedelta(minutes=3)

#: Its name, "module:function", "before" or "after" it, "worker" with all its processes or "child".
Point = tuple[str, str, str, str]


class Mortals:
    """A worker that dies at the points, and the next one that takes its place."""

    def __init__(self, programs: Programs, points: tuple[Point, ...], notes: Path) -> None:
        notes.mkdir()
        self.programs, self.notes = programs, notes
        self.environment = {"CRASH_AT": json.dumps(points), "CRASH_NOTES": str(notes)}
        self.worker = self._start()
        self.workers_killed = 0
        self.died_at: set[str] = set()

    def wait_until(self, is_so: Callable[[], object], what: str, timeout: float = 60.0) -> None:
        """Wait; meanwhile, for whoever dies, three minutes pass until somebody misses it."""

        def look() -> object:
            if self.worker.exit_status() is not None:
                self.programs.forget(self.worker)
                self.workers_killed += 1
                self.worker = self._start()
            new = {path.name for path in self.notes.iterdir()} - self.died_at
            if new:
                self.died_at |= new
                clock.set_now(clock.now() + AFTER_EVERY_LEASE)
            return is_so()

        self.programs.wait_until(look, f"{what} (deaths so far: {sorted(self.died_at)})", timeout)

    def _start(self) -> Running:
        return self.programs.start_worker("tests.faults.crashing_app", wait=False, **self.environment)
