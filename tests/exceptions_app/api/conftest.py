"""What every test of the API starts with."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_calls_counted() -> None:
    """Begin with an empty count of calls."""
    cache.clear()
