"""The files around the code: what a fresh clone relies on."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.txt", "requirements-dev.txt"]
ALL_LOCKS = [*LOCKS, "requirements-uv.txt"]


@pytest.mark.parametrize("name", ALL_LOCKS)
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[a-z])", (PROJECT / name).read_text())
    requirements = [entry for entry in entries if not entry.startswith("#")]
    assert len(requirements) > (0 if name == "requirements-uv.txt" else 50)
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("name", ALL_LOCKS)
def test_no_lock_names_a_registry(name: str) -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", (PROJECT / name).read_text())


def test_the_tools_for_tests_bring_the_versions_the_product_runs_on() -> None:
    product, tests = (
        set(re.findall(r"^[a-z0-9._-]+==\S+", (PROJECT / name).read_text(), re.M)) for name in LOCKS
    )
    assert product <= tests


def test_only_one_of_the_two_packages_that_write_django_fsm_is_listed() -> None:
    names = set(re.findall(r"^([a-z0-9._-]+)==", (PROJECT / "requirements-dev.txt").read_text(), re.M))
    assert "django-fsm-2" in names
    assert "django-fsm" not in names


@pytest.mark.parametrize("target", ["run", "test", "proofs", "check", "bench", "reset"])
def test_make_knows_the_target(target: str) -> None:
    assert (
        subprocess.run(
            ["make", "--dry-run", target], cwd=PROJECT, capture_output=True, check=False
        ).returncode
        == 0
    )


def test_continuous_integration_runs_the_tests_and_the_proofs() -> None:
    script = PROJECT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().rstrip().endswith("make test\nexec make proofs")


def test_the_licence_is_apache_2() -> None:
    assert "Apache License" in (PROJECT / "LICENSE").read_text()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with no more than `start` and an empty lock file."""
    shutil.copy(PROJECT / "start", tmp_path)
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "requirements-dev.txt").write_text("")
    return tmp_path


def run_start(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "RIGHTLINE_HOME"}
    return subprocess.run(
        [sys.executable, str(clone / "start"), *arguments],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_start_needs_the_standard_library_only(clone: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(clone / "start"), "--reset"],
        env=os.environ | {"RIGHTLINE_HOME": str(clone / "nothing")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_start_installs_once_and_again_when_the_lock_changes(clone: Path) -> None:
    first = run_start(clone, "--", "python", "-c", "import sys; print(sys.prefix)")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("Installing requirements.txt")
    assert first.stdout.rstrip().endswith(str(clone / ".venv"))
    assert run_start(clone, "--", "true").stdout == ""
    (clone / "requirements.txt").write_text("# changed\n")
    assert "Installing requirements.txt" in run_start(clone, "--", "true").stdout


@pytest.mark.slow
def test_start_tells_several_homes_and_environments_apart(clone: Path, tmp_path: Path) -> None:
    show = ["--", "python", "-c", "import os, sys; print(os.environ['RIGHTLINE_HOME'], sys.prefix)"]
    other = run_start(clone, *show, RIGHTLINE_HOME=str(tmp_path / "h"), RIGHTLINE_VENV=str(tmp_path / "v"))
    assert other.stdout.splitlines()[-1] == f"{tmp_path / 'h'} {tmp_path / 'v'}"


def test_start_refuses_an_unsupported_python_in_one_sentence(clone: Path) -> None:
    script = (clone / "start").read_text()
    (clone / "start").write_text(
        script.replace("OLDEST, NEWEST = (3, 11), (3, 13)", "OLDEST, NEWEST = (2, 1), (2, 2)")
    )
    refused = run_start(clone, "--", "true")
    assert refused.returncode == 1
    assert re.fullmatch(
        r"Rightline needs Python 2\.1 to 2\.2, and \S+ is 3\.\d+: install .*\n", refused.stderr
    )


def test_start_refuses_a_full_disk_in_one_sentence(clone: Path) -> None:
    script = (clone / "start").read_text()
    (clone / "start").write_text(re.sub(r"(?m)^SPACE_TO_INSTALL = .*$", "SPACE_TO_INSTALL = 2**60", script))
    refused = run_start(clone, "--", "true")
    assert refused.returncode == 1
    assert re.fullmatch(r"Only \d+ MB are free under .*\n", refused.stderr)


def test_start_says_how_to_get_a_missing_venv_module(clone: Path) -> None:
    script = (clone / "start").read_text()
    (clone / "start").write_text(script.replace('find_spec("ensurepip")', 'find_spec("no_such_module")'))
    refused = run_start(clone, "--", "true", PATH="/nowhere")
    assert refused.returncode == 1
    assert re.fullmatch(r"This Python lacks its venv module: .*\n", refused.stderr)


def test_reset_forgets_a_home_of_ours_and_nothing_else(clone: Path) -> None:
    ours, foreign = clone / "ours", clone / "foreign"
    (ours / "secrets").mkdir(parents=True)
    (ours / "secrets" / "secret_key").write_text("x")
    foreign.mkdir()
    assert run_start(clone, "--reset", RIGHTLINE_HOME=str(ours)).returncode == 0
    assert not ours.exists()
    refused = run_start(clone, "--reset", RIGHTLINE_HOME=str(foreign))
    assert refused.returncode == 1
    assert foreign.exists()
