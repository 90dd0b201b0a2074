"""The whole product as a process: started as a person starts it, watched from outside."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

PROJECT = Path(__file__).resolve().parents[2]
LONGEST_START = 120.0
LONGEST_STOP = 45.0


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(home: Path) -> dict[int, str]:
    """Return every living process that belongs to a RIGHTLINE_HOME: pid -> command line.

    They are known by RIGHTLINE_HOME in their environment, or (PostgreSQL's, which get none) by their folder.
    """
    found = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            inherited = f"RIGHTLINE_HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0")
            inside = (process / "cwd").readlink().is_relative_to(home)
            if inherited or inside:
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            # Gone between two looks, or a zombie, or not ours to look at.
            continue
    return found


class RunningHouse:
    """`manage.py up` in a process of its own; leaving the `with` block stops it."""

    def __init__(self, home: Path, *arguments: str, port: int | None = None) -> None:
        self.home = home
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.ready_file = home.with_name(f"{home.name}.ready")
        self.log = home.with_name(f"{home.name}.log")
        self.arguments = arguments or ("--no-demo",)
        self.environment = {k: v for k, v in os.environ.items() if k != "DJANGO_ALLOW_ASYNC_UNSAFE"}
        self.environment["RIGHTLINE_HOME"] = str(home)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RunningHouse":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until the product says that it is ready; raises AssertionError with its log."""
        command = [sys.executable, "manage.py", "up", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--ready-file", str(self.ready_file), *self.arguments],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + LONGEST_START
        while not self.ready_file.exists():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the supervisor a signal, wait for its end, and return its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(LONGEST_STOP)

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a page."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def manage(self, *command: str) -> str:
        """Run a management command against the running product and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pids_of(self, part: str) -> list[int]:
        """Return the processes whose command line contains these words."""
        return [pid for pid, command in processes_of(self.home).items() if part in command]
