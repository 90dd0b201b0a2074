"""The programs of Rightline, run for a test against its database: workers, the metronome, the web server."""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

import redis
from django.conf import settings
from django.db import connection

from config import env
from config.addresses import redis_url
from config.celery import QUEUES
from config.processes.crew import Crew
from config.processes.programs import Program, Running

LONGEST_START = 60.0
#: Seconds between two looks: the longer something takes, the less often it is asked after.
LOOK_EVERY, LOOK_SELDOM, SHARE_OF_THE_WAIT = 0.05, 0.5, 0.05
LAST_LINES = 60
#: Where Celery keeps what a worker has in hands.
UNFINISHED = "unacked"


def address_of_test_database() -> str:
    """The URL of the database this test runs on, for the programs that start beside it."""
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    values = {word: str(connection.settings_dict[name]) for word, name in named.items()}
    return "postgresql://?" + urlencode({word: value for word, value in values.items() if value})


class Programs:
    """Starts programs on the database of the test; leaving the `with` block ends all of them.

    `home` is their RIGHTLINE_HOME. They use the broker of the test run, or with `own_broker` the embedded one
    of that home, which somebody has to start.
    """

    def __init__(self, home: Path, log: Path, *, own_broker: bool = False) -> None:
        self.home = home
        self.log = log
        self.environment = {
            name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"
        }
        self.environment |= {
            "RIGHTLINE_HOME": str(home),
            "DATABASE_URL": address_of_test_database(),
            "PYTHONUNBUFFERED": "1",
        }
        if own_broker:
            self.environment.pop("REDIS_URL", None)
        self._lines = log.open("a")
        self._crew = Crew(show=self._write)
        self._ready: dict[int, Path] = {}
        self._beat: Running | None = None
        # What a worker of another test left unfinished is none of ours.
        self._strange = set() if own_broker else set(_broker().hkeys(UNFINISHED))

    def __enter__(self) -> "Programs":
        self._crew.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_on()
        self._crew.__exit__(kind, error, trace)
        self._lines.close()

    def start_worker(self, app: str = "config", *, wait: bool = True, **environment: str) -> Running:
        """Start a worker with two children, as the product does; return when it has taken up its work."""
        number = len(self._ready) + 1
        ready = self.log.with_suffix(f".ready-{number}")
        worker = self.start(
            *("worker", "-m", "celery", "-A", app, "--quiet", "worker", "--without-gossip"),
            *("--without-mingle", "--concurrency", "2", "--hostname", f"worker-{number}@test"),
            RIGHTLINE_PROCESS="worker",
            RIGHTLINE_WORKER_READY=str(ready),
            **environment,
        )
        self._ready[worker.pid] = ready
        if wait:
            self.await_worker(worker)
        return worker

    def await_worker(self, worker: Running) -> None:
        """Return when a worker has taken up its work."""
        self.wait_until(self._ready[worker.pid].exists, "the worker is ready", LONGEST_START, needs=worker)

    def start_beat(self) -> Running:
        """Start the metronome."""
        scheduler = ("--scheduler", "celery.beat.Scheduler", "--pidfile", "")
        self._beat = self.start(
            *("beat", "-m", "celery", "-A", "config", "--quiet", "beat", *scheduler),
            RIGHTLINE_PROCESS="worker",
        )
        return self._beat

    def pause(self) -> None:
        """Hold the metronome until nothing is in a worker's hands: now tables can be emptied."""
        if self._beat is not None:
            self._beat.process.send_signal(signal.SIGSTOP)
        self.wait_until(self._are_idle, "the workers are idle")

    def go_on(self) -> None:
        """Let the metronome beat again."""
        if self._beat is not None and self._beat.exit_status() is None:
            self._beat.process.send_signal(signal.SIGCONT)

    def start_web(self, port: int, **environment: str) -> str:
        """Start the web server, and return its address once it answers."""
        web = self.start(
            *("web", "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"),
            RIGHTLINE_PROCESS="web",
            RIGHTLINE_WEB_PROCESSES="1",
            PORT=str(port),
            **environment,
        )
        self.wait_until(lambda: _answers(port), "the web server answers", LONGEST_START, needs=web)
        return f"http://127.0.0.1:{port}"

    def start(self, name: str, *arguments: str, **environment: str) -> Running:
        """Start any program of the product."""
        return self.start_program(
            Program(
                name=name,
                arguments=(sys.executable, *arguments),
                folder=env.PROJECT,
                environment=self.environment | environment,
                stage=1,
            )
        )

    def start_program(self, program: Program) -> Running:
        """Start whatever else is needed, such as a server."""
        return self._crew.start(program)

    def stop(self, running: Running) -> None:
        """Ask one program to stop and wait until it has."""
        running.ask_to_stop()
        if not running.wait_until(time.monotonic() + running.program.patience):
            running.kill()
        self.forget(running)

    def kill_all(self) -> None:
        """End everything at once, where nobody will ask what became of it."""
        for running in list(self._crew.running):
            running.kill()
            self.forget(running)

    def forget(self, running: Running) -> None:
        """Forget a program that has ended."""
        running.wait_until(time.monotonic() + 1)
        self._crew.let_go(running)

    def wait_until(
        self, is_so: Callable[[], object], what: str, timeout: float = 30.0, *, needs: Running | None = None
    ) -> None:
        """Look again and again until `is_so`; after `timeout` seconds the programs' last lines tell why."""
        began = time.monotonic()
        while not is_so():
            waited = time.monotonic() - began
            if needs is not None and needs.exit_status() is not None:
                raise AssertionError(f"{needs.program.name} has ended before {what}.\n{self.last_lines()}")
            if waited > timeout:
                raise AssertionError(f"After {timeout:.0f} seconds not yet: {what}.\n{self.last_lines()}")
            time.sleep(min(LOOK_SELDOM, max(LOOK_EVERY, waited * SHARE_OF_THE_WAIT)))

    def _are_idle(self) -> bool:
        """Say whether nothing waits in the broker of this test run, and nothing is in a worker's hands."""
        broker = _broker()
        waiting = any(broker.llen(queue) for queue in QUEUES)
        return not waiting and not set(broker.hkeys(UNFINISHED)) - self._strange

    def last_lines(self) -> str:
        """What the programs said last."""
        self._lines.flush()
        return "\n".join(self.log.read_text().splitlines()[-LAST_LINES:])

    def _write(self, program: str, line: str) -> None:
        if not self._lines.closed:
            print(f"{program:<8}| {line}", file=self._lines, flush=True)


def _broker() -> redis.Redis:
    return redis.Redis.from_url(redis_url(settings.RIGHTLINE_HOME, database=0))


def _answers(port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()
