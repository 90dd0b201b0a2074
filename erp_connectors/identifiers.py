"""Identifiers that sort by time: UUID version 7, made here because PostgreSQL 15 to 17 cannot."""

import os
import threading
import time
from uuid import UUID

#: Identifiers of one millisecond are told apart, in order, by 12 bits.
STEPS = 1 << 12
#: A new millisecond starts in the lower half, so that there are steps left to take.
FIRST_STEPS = STEPS // 2


class _Sequence:
    """The last moment and step given out by this process; a moment never comes twice with the same step."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.milliseconds = 0
        self.step = 0

    def next(self) -> tuple[int, int]:
        """Return the next moment in Unix milliseconds and the step within it, greater than any before."""
        with self.lock:
            now = time.time_ns() // 1_000_000
            if now > self.milliseconds:
                self.milliseconds, self.step = now, int.from_bytes(os.urandom(2), "big") % FIRST_STEPS
            elif self.step + 1 < STEPS:
                self.step += 1
            else:
                # More identifiers than steps: borrow from the next millisecond rather than lose the order.
                self.milliseconds, self.step = self.milliseconds + 1, 0
            return self.milliseconds, self.step


_sequence = _Sequence()


def uuid7() -> UUID:
    """Return a UUIDv7 (RFC 9562, section 5.7), greater than every other that this process made before.

    48 bits of Unix milliseconds, 12 bits that count within one (section 6.2, method 1), 62 random bits.
    """
    milliseconds, step = _sequence.next()
    random = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=milliseconds << 80 | 0x7 << 76 | step << 64 | 0b10 << 62 | random)
