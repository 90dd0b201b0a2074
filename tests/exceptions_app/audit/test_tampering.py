"""Whatever somebody with every right in the database does to the history, verifying finds it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from exceptions_app.audit import heads, verify
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.audit.tampering import OTHER_VALUES, Tamperer, chain

pytestmark = pytest.mark.django_db
LATER = TUESDAY_TEN + timedelta(hours=1)


@pytest.fixture(autouse=True)
def sealed_history(
    db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    settings.RIGHTLINE_HOME = tmp_path
    monkeypatch.setattr(verify, "PATIENCE", 0)
    chain(60)
    heads.write(TUESDAY_TEN)
    assert verify.verify(LATER).holds
    yield
    assert verify.verify(LATER).holds, "what was done was undone: the history is whole again"


def undetected(tamperer: Tamperer, times: int) -> list[str]:
    """Tamper again and again, undo it each time, and return what was not found."""
    missed = []
    for _ in range(times):
        with transaction.atomic():
            done = tamperer.tamper()
            if verify.verify(LATER).holds:
                missed.append(done)
            transaction.set_rollback(True)
    return missed


@pytest.mark.parametrize("deed", range(11))
def test_each_kind_of_tampering_is_found(deed: int) -> None:
    tamperer = Tamperer(seed=deed)
    tamperer.deeds = [tamperer.deeds[deed]]
    assert undetected(tamperer, 3) == []


def test_an_edit_of_any_column_is_found() -> None:
    tamperer = Tamperer(seed=1)
    for column in OTHER_VALUES:
        tamperer.deeds = [lambda column=column: tamperer.edit_a_column(column)]
        assert undetected(tamperer, 1) == [], column


@pytest.mark.proof
def test_a_thousand_tamperings_are_found() -> None:
    assert undetected(Tamperer(seed=2026), 1_000) == []
