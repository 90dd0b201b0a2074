"""A program we start, watch and stop; its lines come out with its name in front."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

NAME_WIDTH = 8


@dataclass(frozen=True)
class Account:
    """The system account a program runs as when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """How to start one program and how to ask it to stop.

    `stage` orders the end: the highest stage stops first. `patience` is how many seconds the program may take
    to stop before its whole process group is killed.
    """

    name: str
    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stage: int = 0
    patience: float = 10.0


def print_line(name: str, line: str) -> None:
    """Print one line of a program behind its name."""
    sys.stdout.write(f"{name:<{NAME_WIDTH}}| {line}\n")
    sys.stdout.flush()


class Running:
    """One started program, in a process group of its own so that Ctrl-C in the terminal reaches only us."""

    def __init__(self, program: Program, show: Callable[[str, str], None] = print_line) -> None:
        self.program = program
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            program.arguments,
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=None if program.account is None else program.account.uid,
            group=None if program.account is None else program.account.gid,
            extra_groups=None if program.account is None else [],
        )
        assert self.process.stdout is not None
        self._reader = threading.Thread(
            target=_show_lines, args=(self.process.stdout, program.name, show), daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id, which is the id of the process group too."""
        return self.process.pid

    def exit_status(self) -> int | None:
        """Return the exit status, or None while the program runs."""
        return self.process.poll()

    def age(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started_at

    def ask_to_stop(self) -> None:
        """Send the program its stop signal; its own children hear of it from the program."""
        if self.exit_status() is None:
            self.process.send_signal(self.program.stop_signal)

    def kill(self) -> None:
        """End the whole process group at once."""
        kill_group(self.pid)
        self.process.wait()

    def wait_until(self, deadline: float) -> bool:
        """Wait for the end until a moment of time.monotonic(); return whether it came."""
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        # What the program left behind in its group has lost its parent and its purpose.
        kill_group(self.pid)
        self._reader.join(1.0)
        return True


def stop_all(running: list[Running]) -> None:
    """Stop the programs, highest stage first; one that outlasts its patience is killed with its group."""
    for stage in sorted({each.program.stage for each in running}, reverse=True):
        together = [each for each in running if each.program.stage == stage]
        asked_at = time.monotonic()
        for each in together:
            each.ask_to_stop()
        for each in together:
            if not each.wait_until(asked_at + each.program.patience):
                each.kill()


def kill_group(group: int) -> None:
    """Kill every process of a group; a group that is gone already is fine."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _show_lines(stream: IO[bytes], name: str, show: Callable[[str, str], None]) -> None:
    for line in stream:
        show(name, line.decode(errors="replace").rstrip())
