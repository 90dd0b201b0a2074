"""Stops the programs when their supervisor is gone without a word (kill -9, out of memory).

Run as a script with the standard library only. It reads lines `watch PID SIGNAL STAGE PATIENCE` and
`release PID`; the end of input means that the supervisor has ended. What is still watched then is stopped,
highest stage first.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Watched(NamedTuple):
    """One process group and how it is stopped."""

    pid: int
    stop_signal: int
    stage: int
    patience: float


def is_alive(pid: int) -> bool:
    """Return whether a process of this id exists and is more than a zombie nobody has collected yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[0] != b"Z"
    except (FileNotFoundError, IndexError):
        # No /proc here, or gone between the two looks: the next look tells.
        return True


def send(function: Callable[[int, int], None], pid: int, number: int) -> None:
    """Call os.kill or os.killpg; a process that is gone already is fine."""
    try:
        function(pid, number)
    except ProcessLookupError:
        return


def stop(watched: Iterable[Watched]) -> None:
    """Stop what is still alive, highest stage first, and kill the groups that outlast their patience."""
    left = list(watched)
    for stage in sorted({each.stage for each in left}, reverse=True):
        together = [each for each in left if each.stage == stage]
        asked_at = time.monotonic()
        for each in together:
            send(os.kill, each.pid, each.stop_signal)
        for each in together:
            while is_alive(each.pid) and time.monotonic() < asked_at + each.patience:
                time.sleep(0.05)
            send(os.killpg, each.pid, signal.SIGKILL)


def main() -> None:
    """Follow the supervisor's lines to their end, then stop what it left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: dict[int, Watched] = {}
    for line in sys.stdin:
        verb, pid, *how = line.split()
        if verb == "watch":
            watched[int(pid)] = Watched(int(pid), int(how[0]), int(how[1]), float(how[2]))
        else:
            watched.pop(int(pid), None)
    stop(watched.values())


if __name__ == "__main__":
    main()
