"""The whole product under one roof: what starts after what, and what happens when a part of it ends."""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config import env
from config.addresses import address_note, local_address
from config.embedded.servers import ServerDidNotStart, start_servers
from config.processes.crew import Crew
from config.processes.programs import Program, Running, kill_group
from config.up.refusals import (
    CannotStart,
    only_one,
    require_broker,
    require_folder,
    require_port,
    require_postgres,
    require_python,
    require_space,
)
from exceptions_app.demo.places import memories

LONGEST_START = 120.0
SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
# A program that ran this long had started well: its next end is a new story.
STEADY_AFTER = 60.0


class StopRequested(Exception):
    """A person or the system asked us to stop."""


@dataclass(frozen=True)
class Order:
    """What the caller of `manage.py up` wants.

    `host` is the name the web server is asked by when we look if it answers. `is_empty` tells whether the
    database holds no company yet, so that the demo may be built; `is_outdated` whether it lacks migrations.
    """

    home: Path
    port: int
    host: str
    demo: bool
    ready_file: Path | None
    is_outdated: Callable[[], bool]
    is_empty: Callable[[], bool]


@dataclass
class Post:
    """A place in the crew that is filled again, after a pause that grows while its holders keep falling."""

    program: Program
    running: Running | None = None
    pause: float = SHORTEST_PAUSE
    vacant_until: float = field(default=0.0)


class House:
    """Runs PostgreSQL, Valkey, web, worker and beat until asked to stop."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.stops_asked_for = 0
        self.crew: Crew | None = None
        self.address = local_address(order.port)
        self.environment = dict(os.environ) | {
            "RIGHTLINE_HOME": str(order.home),
            # The web server listens there, and the worker's mails lead there.
            "PORT": str(order.port),
            "PYTHONUNBUFFERED": "1",
        }
        self.worker_ready_file = order.home / "worker-ready"

    def run(self) -> None:
        """Start everything in order, say when it is ready, keep it running, stop it all at the end.

        Raises CannotStart with the sentence to show. Being asked to stop is a normal end.
        """
        require_python()
        require_folder(self.order.home)
        with only_one(self.order.home) as lock:
            require_space(self.order.home)
            require_port(self.order.port)
            if env.text("DATABASE_URL"):
                require_postgres(env.text("DATABASE_URL"))
            if env.text("REDIS_URL"):
                require_broker(env.text("REDIS_URL"))
            self._listen_for_stops()
            with Crew(kept_open=[lock]) as self.crew:
                try:
                    address_note(self.order.home).write_text(f"{self.address}\n")
                    posts = self._fill_posts(self.crew)
                    self._announce()
                    self._keep_filled(self.crew, posts)
                except StopRequested:
                    say("Stopping.")
                except ServerDidNotStart as error:
                    raise CannotStart(str(error)) from error
                finally:
                    self._forget_ready_files()
                    address_note(self.order.home).unlink(missing_ok=True)
        say("Stopped.")

    def _fill_posts(self, crew: Crew) -> list[Post]:
        servers = start_servers(crew, self.order.home, meanwhile=self._heed_stop)
        if self.order.is_outdated():
            self._finish(crew, "migrate", "migrate", "--no-input", "--verbosity", "0")
        if env.text("RIGHTLINE_ENV") == "production":
            self._finish(crew, "static", "collectstatic", "--no-input", "--verbosity", "0")
        self._build_demo(crew)
        self._forget_ready_files()
        apps = [crew.start(program) for program in (self._web(), self._worker())]
        self._await(apps, "the web server", self._web_answers)
        self._await(apps, "the worker", self.worker_ready_file.exists)
        # The metronome comes last: nobody waits for it, and it would take its time from the others.
        apps.append(crew.start(self._beat()))
        if memories(self.order.home):
            apps.append(crew.start(self._program("erp", "manage.py", "simulate")))
        return [Post(program=one.program, running=one) for one in (*servers, *apps)]

    def _build_demo(self, crew: Crew) -> None:
        # There until the demo is complete: a half-built one would look like a product with holes.
        unfinished = self.order.home / "demo-unfinished"
        if unfinished.exists():
            raise CannotStart("The building of the demo was interrupted: `make reset`, then start again.")
        if self.order.demo and self.order.is_empty():
            unfinished.touch()
            self._finish(crew, "demo", "seed_demo")
            unfinished.unlink()

    def _keep_filled(self, crew: Crew, posts: list[Post]) -> None:
        while True:
            self._heed_stop()
            for post in posts:
                if post.running is not None and post.running.exit_status() is not None:
                    _vacate(crew, post, post.running)
                if post.running is None and time.monotonic() >= post.vacant_until:
                    post.running = crew.start(post.program)
            time.sleep(0.2)

    def _finish(self, crew: Crew, name: str, *command: str) -> None:
        running = crew.start(self._program(name, "manage.py", *command))
        while running.exit_status() is None:
            self._heed_stop()
            time.sleep(0.05)
        running.wait_until(time.monotonic())
        crew.let_go(running)
        if running.exit_status() != 0:
            raise CannotStart(f"`manage.py {command[0]}` failed; its own lines are above.")

    def _await(self, running: list[Running], what: str, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONGEST_START
        while not is_so():
            self._heed_stop()
            for one in running:
                if one.exit_status() is not None:
                    one.wait_until(time.monotonic())
                    raise CannotStart(f"{one.program.name} ended while starting; its own lines are above.")
            if time.monotonic() > deadline:
                raise CannotStart(f"{what} was not ready after {LONGEST_START:.0f} seconds.")
            time.sleep(0.1)

    def _web(self) -> Program:
        return self._program(
            *("web", "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"),
            RIGHTLINE_PROCESS="web",
        )

    def _worker(self) -> Program:
        return self._program(
            *(
                "worker",
                "-m",
                "celery",
                "-A",
                "config",
                "--quiet",
                "worker",
                "--without-gossip",
                "--without-mingle",
            ),
            *("--concurrency", str(env.number("RIGHTLINE_WORKER_PROCESSES", max(2, os.cpu_count() or 2)))),
            RIGHTLINE_PROCESS="worker",
            RIGHTLINE_WORKER_READY=str(self.worker_ready_file),
        )

    def _beat(self) -> Program:
        # The schedule is code and every sweep is due within seconds: nothing is worth a file.
        return self._program(
            *(
                "beat",
                "-m",
                "celery",
                "-A",
                "config",
                "--quiet",
                "beat",
                "--scheduler",
                "celery.beat.Scheduler",
            ),
            *("--pidfile", ""),
            RIGHTLINE_PROCESS="worker",
        )

    def _program(self, name: str, *arguments: str, **environment: str) -> Program:
        return Program(
            name=name,
            arguments=(sys.executable, *arguments),
            folder=env.PROJECT,
            environment=self.environment | environment,
            stage=1,
        )

    def _web_answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.order.port, timeout=5)
        try:
            connection.request("GET", "/healthz", headers={"Host": self.order.host})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _announce(self) -> None:
        logins = self.order.home / "demo-logins.txt"
        told = [line.strip() for line in logins.read_text().splitlines()] if logins.exists() else []
        say("; ".join([f"Rightline is ready: {self.address}", *filter(None, told)]))
        if self.order.ready_file is not None:
            self.order.ready_file.write_text(f"{self.address}\n")

    def _forget_ready_files(self) -> None:
        self.worker_ready_file.unlink(missing_ok=True)
        if self.order.ready_file is not None:
            self.order.ready_file.unlink(missing_ok=True)

    def _listen_for_stops(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup asks that the end of a terminal be no reason to stop.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._hear_stop)

    def _hear_stop(self, number: int, frame: FrameType | None) -> None:
        self.stops_asked_for += 1
        if self.stops_asked_for > 1 and self.crew is not None:
            # Asked twice, we stop being patient; nothing is lost, because every hop is a row.
            for one in self.crew.running:
                kill_group(one.pid)

    def _heed_stop(self) -> None:
        if self.stops_asked_for:
            raise StopRequested


def say(sentence: str) -> None:
    """Print a sentence of our own."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _vacate(crew: Crew, post: Post, fallen: Running) -> None:
    if fallen.age() > STEADY_AFTER:
        post.pause = SHORTEST_PAUSE
    fallen.wait_until(time.monotonic())
    crew.let_go(fallen)
    say(f"{fallen.program.name} ended with status {fallen.exit_status()}; again in {post.pause:.0f} s.")
    post.running = None
    post.vacant_until = time.monotonic() + post.pause
    post.pause = min(LONGEST_PAUSE, 2 * post.pause)
