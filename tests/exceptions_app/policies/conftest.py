"""The two administrators of a ground, and a rule to change."""

from decimal import Decimal

import django
import pytest

# Named on the command line, this file is read before pytest-django has set Django up.
django.setup()

from exceptions_app.people.models import User  # noqa: E402
from exceptions_app.policies.models import ToleranceRow  # noqa: E402
from tests.builders.factories import Ground, ToleranceRowFactory  # noqa: E402
from tests.exceptions_app.policies.writing import administrator  # noqa: E402


@pytest.fixture
def ada(world: Ground) -> User:
    return administrator("ada")


@pytest.fixture
def anton(world: Ground) -> User:
    return administrator("anton")


@pytest.fixture
def tolerance(world: Ground) -> ToleranceRow:
    row: ToleranceRow = ToleranceRowFactory.create(
        type_code="price_mismatch", supplier=world.supplier, percent_state="value", percent=Decimal(2)
    )
    return row
