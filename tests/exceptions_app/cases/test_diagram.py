"""The drawn life cycle is the one in the code."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from exceptions_app.cases import lifecycle
from exceptions_app.cases.diagram import draw, moves_of
from exceptions_app.cases.models import CaseState

DRAWN = Path(settings.BASE_DIR) / "docs" / "case-lifecycle.md"


def test_the_document_is_what_the_code_draws() -> None:
    assert DRAWN.read_text() == draw(), "run: manage.py draw_lifecycle"


def test_the_command_writes_it_where_it_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    call_command("draw_lifecycle")
    assert (tmp_path / "docs" / "case-lifecycle.md").read_text() == draw()


def test_every_state_can_be_reached_and_left() -> None:
    moves = moves_of(lifecycle)
    reached = {target for move in moves for target in move.targets}
    left = {source for move in moves for source in move.sources}
    assert reached == left == set(CaseState.values)


def test_a_move_says_who_makes_it_and_what_it_means() -> None:
    moves = {(move.name, move.targets): move for move in moves_of(lifecycle)}
    take = moves["take", ("assigned",)]
    assert take.sources == ("new", "assigned", "in_progress")
    assert take.who == "people who may `take`"
    assert moves["take", ()].sources == ("waiting_supplier", "monitoring")
    assert moves["close", ("closed",)].who == "Rightline alone"
    assert moves["reopen", ("assigned", "new")].meaning.startswith("It deviates again")
