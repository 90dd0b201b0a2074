"""Reasons not to start, each told in one sentence before anything has been touched."""

import errno
import fcntl
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
import redis

from config.addresses import lock_file
from config.processes.guard import is_alive

SMALLEST_FREE_SPACE = 500 * 1024 * 1024
OLDEST_POSTGRES = 15
LONGEST_CLEAN_UP = 45.0
PYTHONS = ((3, 11), (3, 13))


class CannotStart(Exception):
    """The product cannot start; the text is the sentence for the person who tried."""


class AlreadyRunning(CannotStart):
    """The product runs with this RIGHTLINE_HOME already."""


def require_python(version: tuple[int, int] = sys.version_info[:2]) -> None:
    """Raise CannotStart unless this Python is one that Rightline is tested with."""
    oldest, newest = PYTHONS
    if not oldest <= version <= newest:
        raise CannotStart(
            f"Rightline needs Python {oldest[0]}.{oldest[1]} to {newest[0]}.{newest[1]}, "
            f"and this is {version[0]}.{version[1]}."
        )


def require_folder(home: Path) -> None:
    """Make RIGHTLINE_HOME if need be; raise CannotStart when it cannot be written."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"RIGHTLINE_HOME {home} cannot be made: {error.strerror}.") from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise CannotStart(f"RIGHTLINE_HOME {home} cannot be written: choose another folder, or its owner.")


def require_space(home: Path, smallest: int = SMALLEST_FREE_SPACE) -> None:
    """Raise CannotStart when the disk under RIGHTLINE_HOME has less free space than this many bytes."""
    free = shutil.disk_usage(home).free
    if free < smallest:
        raise CannotStart(
            f"Only {free // 2**20} MB are free under {home}, and Rightline needs {smallest // 2**20} MB: "
            "make room, or choose another RIGHTLINE_HOME."
        )


def require_port(port: int) -> None:
    """Raise CannotStart when this port of 127.0.0.1 is taken or not ours to take."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotStart(
                    f"Port {port} is taken: choose another, such as PORT={port + 1} make run."
                ) from error
            raise CannotStart(f"Port {port} cannot be used: {error.strerror}.") from error
        except OverflowError as error:
            raise CannotStart(f"{port} is no port: choose a number from 1024 to 65535.") from error


def require_postgres(url: str) -> None:
    """Raise CannotStart unless a PostgreSQL that is new enough answers at this URL."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        raise CannotStart(f"No PostgreSQL answers at DATABASE_URL: {str(error).strip()}") from error
    if version < OLDEST_POSTGRES * 10_000:
        raise CannotStart(
            f"Rightline needs PostgreSQL {OLDEST_POSTGRES} or newer; DATABASE_URL names {version // 10_000}."
        )


def require_broker(url: str) -> None:
    """Raise CannotStart unless a Redis or Valkey answers at this URL."""
    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except redis.RedisError as error:
        raise CannotStart(f"No Redis or Valkey answers at REDIS_URL: {error}") from error


@contextmanager
def only_one(home: Path) -> Iterator[int]:
    """Hold the lock of RIGHTLINE_HOME and give its file descriptor; raise AlreadyRunning when another has it.

    After a kill -9 the guard holds the lock until it has stopped what was left; that moment is waited for.
    """
    with lock_file(home).open("a+") as lock:
        deadline = time.monotonic() + LONGEST_CLEAN_UP
        while not _locked(lock):
            lock.seek(0)
            holder = lock.read().strip()
            if (holder.isdigit() and is_alive(int(holder))) or time.monotonic() > deadline:
                raise AlreadyRunning(
                    f"Rightline already runs with RIGHTLINE_HOME {home} (process {holder or 'unknown'}): "
                    "stop it, or choose another RIGHTLINE_HOME and PORT."
                )
            time.sleep(0.2)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock.fileno()


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
