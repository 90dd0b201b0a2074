"""Every benchmark runs to its end at a small size and checks its answers; what shall stay flat is held here.

No time is judged: how fast it is says `make bench` on a quiet machine.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config import env
from config.management.commands.bench import SEED
from tests.bench import edi, sla
from tests.bench.areas import AREAS
from tests.bench.e2e import RATES
from tests.bench.wanted import Wanted

#: Small enough for a test, large enough that every part of an area has something to do.
SIZES = {
    "page": 1_200,
    "e2e": 4,
    "edi": 1,
    "ingest": 200,
    "detect": 6,
    "sla": 400,
    "audit": 200,
    "backtest": 600,
}
#: These start the product's own programs, so they run as `make bench` runs them, on servers of their own.
WITH_PROGRAMS = ("page", "e2e")
MOST_QUERIES_OF_A_PAGE = 20

pytestmark = [pytest.mark.slow, pytest.mark.proof]


def bench(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "bench", *arguments],
        cwd=env.PROJECT,
        env=dict(os.environ) | {"RIGHTLINE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=280,
    )


def measured(home: Path, area: str) -> dict[str, dict[str, Any]]:
    done = bench(home, area, "--n", str(SIZES[area]), "--reps", "1")
    assert done.returncode == 0, done.stderr
    kept = json.loads((home / "bench.json").read_text())
    figures = {figure["area"]: figure for figure in kept["figures"]}
    assert set(figures) == {line.split()[0] for line in done.stdout.splitlines()[1:] if line[0] != " "}
    assert figures
    assert all(figure["value"] > 0 for figure in figures.values())
    assert not list((home / "bench").glob(f"{area}/*")), "it leaves nothing but figures and logs"
    return figures


def test_every_area_has_a_small_size() -> None:
    assert set(SIZES) == set(AREAS)


@pytest.fixture
def less_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeat less and read smaller files than a figure needs that shall be exact."""
    monkeypatch.setattr(edi, "MEGABYTE", 100_000)
    monkeypatch.setattr(sla, "FEW", 200)
    monkeypatch.setattr(sla, "IDLE", 10)


@pytest.mark.django_db
@pytest.mark.parametrize("area", [area for area in SIZES if area not in WITH_PROGRAMS])
def test_an_area_checks_its_answers(area: str, less_of_everything: None) -> None:
    figures = AREAS[area].measure(Wanted(n=SIZES[area], reps=1, seed=SEED))

    assert figures
    assert all(figure.value > 0 for figure in figures)


def test_from_message_to_case_runs_with_the_whole_product(tmp_path: Path) -> None:
    assert len(measured(tmp_path, "e2e")) == len(RATES)


def test_a_queue_page_asks_as_many_queries_at_many_cases_as_at_few(tmp_path: Path) -> None:
    queries = measured(tmp_path, "page")["page.queries"]

    assert queries["value"] == queries["floor"]
    assert queries["value"] <= MOST_QUERIES_OF_A_PAGE


def test_an_unknown_area_is_named_with_those_there_are(tmp_path: Path) -> None:
    done = bench(tmp_path, "speed")

    assert done.returncode == 1
    assert f"There is no area speed; there are {', '.join(AREAS)}." in done.stderr
