"""The programs that run together, and the guard who stops them should we vanish."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from config.processes.programs import Program, Running, print_line, stop_all

GUARD = Path(__file__).with_name("guard.py")


class Crew:
    """Starts programs under a guard, and stops all of them when its `with` block ends, however it ends.

    `kept_open` are file descriptors the guard holds until it has stopped everything, such as a lock.
    """

    def __init__(
        self, *, kept_open: Sequence[int] = (), show: Callable[[str, str], None] = print_line
    ) -> None:
        self._kept_open = kept_open
        self._show = show
        self.running: list[Running] = []
        self._guard: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Crew":
        self._post_guard()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop_all(self.running)
        self.running.clear()
        if self._guard is not None:
            self._guard.communicate()

    def start(self, program: Program) -> Running:
        """Start a program and put it under guard."""
        one = Running(program, self._show)
        self.running.append(one)
        self._tell_guard(_watch_line(one))
        return one

    def let_go(self, one: Running) -> None:
        """Forget a program that has ended."""
        self.running.remove(one)
        self._tell_guard(f"release {one.pid}\n")

    def _post_guard(self) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD)],
            stdin=subprocess.PIPE,
            pass_fds=tuple(self._kept_open),
            start_new_session=True,
            text=True,
        )

    def _tell_guard(self, line: str) -> None:
        try:
            self._write_to_guard(line)
        except BrokenPipeError:
            # Somebody ended the guard: a new one learns of everything that still runs.
            self._post_guard()
            self._write_to_guard("".join(_watch_line(one) for one in self.running))

    def _write_to_guard(self, text: str) -> None:
        assert self._guard is not None
        assert self._guard.stdin is not None
        self._guard.stdin.write(text)
        self._guard.stdin.flush()


def _watch_line(one: Running) -> str:
    program = one.program
    return f"watch {one.pid} {int(program.stop_signal)} {program.stage} {program.patience}\n"
