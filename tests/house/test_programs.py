"""Starting and stopping programs, in small: the crew, its guard, and the reasons not to start."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.processes.crew import Crew
from config.processes.guard import is_alive
from config.processes.programs import Program
from config.up.refusals import (
    AlreadyRunning,
    CannotStart,
    only_one,
    require_folder,
    require_port,
    require_python,
    require_space,
)

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
# Starts one program under a crew, then dies without a word.
VANISHING = """
import os, signal, sys, time
from pathlib import Path
from config.processes.crew import Crew
from config.processes.programs import Program
with Crew(show=lambda name, line: None) as crew:
    arguments = (sys.executable, "-c", "import time; time.sleep(60)")
    one = crew.start(Program(name="one", arguments=arguments, folder=Path("/")))
    print(one.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def python(code: str, **options: float) -> Program:
    return Program(name="one", arguments=(sys.executable, "-c", code), folder=Path("/"), **options)  # type: ignore[arg-type]


def wait_for(lines: list[str]) -> str:
    deadline = time.monotonic() + 10
    while not lines:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return lines[0]


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 15
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(pid)


def test_lines_come_out_with_the_name_in_front(capfd: pytest.CaptureFixture[str]) -> None:
    with Crew() as crew:
        one = crew.start(python("print('hello')"))
        assert one.wait_until(time.monotonic() + 10)
    assert capfd.readouterr().out == "one     | hello\n"


def test_leaving_the_crew_kills_what_does_not_listen() -> None:
    lines: list[str] = []
    with Crew(show=lambda _, line: lines.append(line)) as crew:
        one = crew.start(python(STUBBORN, patience=0.3))
        wait_for(lines)
    assert one.exit_status() == -signal.SIGKILL


def test_a_stopped_program_takes_its_children_along() -> None:
    lines: list[str] = []
    with Crew(show=lambda _, line: lines.append(line)) as crew:
        crew.start(python(PARENT))
        child = int(wait_for(lines))
    assert gone(child)


def test_the_guard_stops_what_a_vanished_supervisor_left() -> None:
    done = subprocess.run(
        [sys.executable, "-c", VANISHING],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert gone(int(done.stdout))


def test_a_guard_that_was_killed_is_replaced() -> None:
    with Crew(show=lambda _, __: None) as crew:
        first = crew.start(python("import time; time.sleep(60)"))
        guard = crew._guard
        assert guard is not None
        guard.kill()
        guard.wait()
        crew.start(python("import time; time.sleep(60)"))
        assert crew._guard is not guard
        assert first.exit_status() is None


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (2, 7)])
def test_an_unsupported_python_is_refused(version: tuple[int, int]) -> None:
    with pytest.raises(CannotStart, match=r"needs Python 3\.11 to 3\.13"):
        require_python(version)


def test_too_little_space_is_refused(tmp_path: Path) -> None:
    require_space(tmp_path, smallest=1)
    with pytest.raises(CannotStart, match="make room"):
        require_space(tmp_path, smallest=2**60)


def test_a_home_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="cannot be made"):
        require_folder(tmp_path / "file" / "home")


def test_a_number_that_is_no_port_is_refused() -> None:
    with pytest.raises(CannotStart, match="is no port"):
        require_port(70000)


def test_one_home_has_one_holder_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path):
        assert (tmp_path / "up.lock").read_text() == str(os.getpid())
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"), only_one(tmp_path):
            pytest.fail("two holders")
    with only_one(tmp_path):
        pass
