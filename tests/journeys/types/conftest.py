"""The ground of the journeys of types: no worker runs, what they do is done in process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from erp_connectors import clock
from tests.builders.factories import TUESDAY_TEN
from tests.journeys.types.town import Town


@pytest.fixture
def town(db: None, tmp_path: Path) -> Iterator[Town]:
    """The company on Tuesday at ten: Nordmann and the seal kit are known, and nothing is ordered."""
    yield Town.found(tmp_path, at=TUESDAY_TEN)
    clock.reset()
