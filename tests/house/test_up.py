"""`manage.py up` from outside: what it starts, what it survives, and that it leaves nothing behind."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.addresses import address_note
from config.processes.guard import is_alive
from tests.house.running import PROJECT, RunningHouse, free_port, processes_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def servers_of_their_own() -> Iterator[None]:
    """Let what is started here have the embedded servers, also where the test run was given others."""
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("DATABASE_URL", raising=False)
        patched.delenv("REDIS_URL", raising=False)
        yield


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    # Short and private, as mktemp -d makes it: the account PostgreSQL runs as cannot enter it by name.
    folder = Path(tempfile.mkdtemp(prefix="rightline-up-"))
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def house(home: Path) -> Iterator[RunningHouse]:
    with RunningHouse(home) as running:
        yield running


def eventually(is_so: Callable[[], bool], seconds: float = 40.0) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def up(home: Path, port: int, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "up", "--no-demo", "--port", str(port)],
        cwd=PROJECT,
        env=os.environ | {"RIGHTLINE_HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_answers_when_it_says_it_is_ready(house: RunningHouse) -> None:
    assert house.ready_file.read_text() == f"{house.address}\n"
    assert house.get("/healthz")[0] == 200
    assert f"Rightline is ready: {house.address}" in house.log.read_text()


def test_commands_beside_it_know_where_it_runs(house: RunningHouse) -> None:
    assert house.manage("shell", "-v", "0", "-c", SHOW_ADDRESS).strip() == house.address


def test_it_is_ready_for_work_soon_after(house: RunningHouse) -> None:
    assert eventually(lambda: house.get("/readyz")[0] == 200)


def test_secrets_and_data_are_readable_by_nobody_else(house: RunningHouse) -> None:
    for path in (house.home, house.home / "secrets", house.home / "postgres", house.home / "valkey"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    assert stat.S_IMODE((house.home / "secrets" / "secret_key").stat().st_mode) == 0o600


def test_the_database_listens_to_no_network(house: RunningHouse) -> None:
    shown = house.manage("shell", "-v", "0", "-c", SHOW_ADDRESSES)
    assert shown.split() == ["[]", "."]


def test_a_second_start_with_the_same_home_is_refused_in_a_sentence(house: RunningHouse) -> None:
    refused = up(house.home, free_port())
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"already runs with RIGHTLINE_HOME {house.home}" in refused.stderr


def test_the_home_of_a_running_product_is_not_forgotten(house: RunningHouse) -> None:
    refused = subprocess.run(
        [sys.executable, PROJECT / "start", "--reset"],
        env=os.environ | {"RIGHTLINE_HOME": str(house.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "stop it first" in refused.stderr
    assert (house.home / "secrets" / "secret_key").exists()


@pytest.mark.proof
def test_a_killed_worker_comes_back(house: RunningHouse) -> None:
    fallen = house.pids_of("celery -A config --quiet worker")
    for pid in fallen:
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: bool(set(house.pids_of("celery -A config --quiet worker")) - set(fallen)))


@pytest.mark.proof
def test_a_killed_web_server_comes_back(house: RunningHouse) -> None:
    for pid in house.pids_of("gunicorn"):
        os.kill(pid, signal.SIGKILL)

    def answers() -> bool:
        try:
            return house.get("/healthz")[0] == 200
        except OSError:
            return False

    assert eventually(answers)


@pytest.mark.proof
def test_a_killed_database_comes_back_with_its_data(house: RunningHouse) -> None:
    postmaster = house.home / "postgres" / "postmaster.pid"
    fallen = int(postmaster.read_text().split()[0])
    os.kill(fallen, signal.SIGKILL)

    def answers() -> bool:
        status, body = house.get("/readyz")
        return status in (200, 503) and json.loads(body)["checks"]["database"] == "ok"

    assert eventually(lambda: not is_alive(fallen))
    assert eventually(answers)
    assert int(postmaster.read_text().split()[0]) != fallen


@pytest.mark.proof
def test_ctrl_c_leaves_no_process_and_the_next_start_is_quick(house: RunningHouse) -> None:
    assert house.stop(signal.SIGINT) == 0
    assert processes_of(house.home) == {}
    assert not house.ready_file.exists()
    assert not address_note(house.home).exists()
    # Ten seconds on a machine that has nothing else to do; else as long as eight bare commands take.
    begun = time.monotonic()
    house.manage("help")
    middle = time.monotonic()
    house.start()
    assert time.monotonic() - middle < max(10, 8 * (middle - begun))


@pytest.mark.proof
def test_a_supervisor_killed_without_a_word_leaves_no_process(house: RunningHouse) -> None:
    house.stop(signal.SIGKILL)
    assert eventually(lambda: processes_of(house.home) == {})
    # What was cut off so rudely starts again by itself.
    house.ready_file.unlink()
    house.start()


@pytest.mark.proof
def test_two_instances_run_side_by_side(house: RunningHouse) -> None:
    with RunningHouse(house.home.with_name("other")) as other:
        assert other.get("/healthz")[0] == house.get("/healthz")[0] == 200
        assert other.manage("shell", "-v", "0", "-c", SHOW_COOKIE) != house.manage(
            "shell", "-v", "0", "-c", SHOW_COOKIE
        )


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        refused = up(tmp_path, port)
    assert refused.returncode == 1
    assert refused.stderr == f"Port {port} is taken: choose another, such as PORT={port + 1} make run.\n"
    assert processes_of(tmp_path) == {}


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    refused = up(tmp_path, free_port(), DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    assert refused.returncode == 1
    assert refused.stderr.startswith("No PostgreSQL answers at DATABASE_URL: ")
    assert "Traceback" not in refused.stderr


SHOW_ADDRESSES = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')")
    addresses, folders = cursor.fetchone()
print([each for each in addresses.split(",") if each], folders)
"""
SHOW_ADDRESS = "from django.conf import settings; print(settings.PUBLIC_ADDRESS)"
SHOW_COOKIE = "from django.conf import settings; print(settings.SESSION_COOKIE_NAME)"
