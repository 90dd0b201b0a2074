"""The heads that other tests wrote outside the database are not those of the tests here."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def no_heads_of_others(tmp_path: Path, settings: Any) -> None:
    settings.RIGHTLINE_HOME = tmp_path / "home"
