"""Instruments: processor time, ours and the database's; queries; and the moment of the data."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from erp_connectors import clock
from tests.builders.factories import TUESDAY_TEN


def database_process() -> int:
    """Return the process of PostgreSQL that serves our connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def processor_time(process: int) -> float:
    """Return the seconds a process of this machine has been on a processor."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def cpu_of(block: Callable[[], object], *, database: int) -> float:
    """Run the block and return its processor time, ours and the database's, in seconds."""
    ours, theirs = time.process_time(), processor_time(database)
    block()
    return time.process_time() - ours + processor_time(database) - theirs


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Give the statements that are executed inside."""
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements


def begin_on_tuesday() -> None:
    """Let all clocks read the moment the builders' data is made for, so that today's date changes nothing."""
    clock.set_now(TUESDAY_TEN)


@contextmanager
def building() -> Iterator[None]:
    """Build data in one transaction that may take its time."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def analyze() -> None:
    """Let the planner know what was built."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
