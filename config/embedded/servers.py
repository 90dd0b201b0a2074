"""Starts the embedded servers a process needs: none for those whose URL is given."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from config import env
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.valkey import EmbeddedValkey
from config.processes.crew import Crew
from config.processes.programs import Program, Running

LONGEST_START = 60.0


class ServerDidNotStart(Exception):
    """An embedded server ended or stayed silent; the text names it."""


class Server(Protocol):
    """What both embedded servers can do."""

    def prepare(self) -> None:
        """Make the folder it needs."""

    def program(self) -> Program:
        """Return how to start it."""

    def answers(self) -> bool:
        """Return whether it works."""


def start_servers(
    crew: Crew, home: Path, *, forgetful: bool = False, meanwhile: Callable[[], None] = lambda: None
) -> list[Running]:
    """Start PostgreSQL and Valkey unless DATABASE_URL and REDIS_URL name others; return when they answer.

    `meanwhile` is called between two looks and may raise to give up. Raises ServerDidNotStart.
    """
    started = []
    if not env.text("DATABASE_URL"):
        postgres = EmbeddedPostgres(home, forgetful=forgetful)
        started.append(_start(crew, postgres, meanwhile))
        postgres.make_database()
    if not env.text("REDIS_URL"):
        started.append(_start(crew, EmbeddedValkey(home), meanwhile))
    return started


def _start(crew: Crew, server: Server, meanwhile: Callable[[], None]) -> Running:
    server.prepare()
    running = crew.start(server.program())
    deadline = time.monotonic() + LONGEST_START
    while not server.answers():
        meanwhile()
        if running.exit_status() is not None or time.monotonic() > deadline:
            raise ServerDidNotStart(f"{running.program.name} did not start; its own lines are above.")
        time.sleep(0.05)
    return running
