"""The shortage of scenario 1, before anybody looked at it; it is ten on a Tuesday."""

from collections.abc import Iterator
from datetime import date

import django
import pytest

# Named on the command line, this file is read before pytest-django has set Django up.
django.setup()

from erp_connectors import clock  # noqa: E402
from erp_connectors.documents.models import OrderLine  # noqa: E402
from tests.builders.factories import TUESDAY_TEN, Ground, offer  # noqa: E402

DAY = date(2026, 12, 2)


@pytest.fixture(autouse=True)
def tuesday_ten(db: None) -> Iterator[None]:
    clock.set_now(TUESDAY_TEN)
    yield
    clock.reset()


@pytest.fixture
def shortage(scene: tuple[Ground, OrderLine]) -> tuple[Ground, OrderLine]:
    """100 ordered, 82 confirmed, with customers waiting."""
    offer(scene[1], (82, DAY))
    return scene
