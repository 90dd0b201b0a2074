"""The ground of the journeys of types: no worker runs, what they do is done in process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from erp_connectors import clock
from tests.builders.factories import TUESDAY_TEN
from tests.journeys.types.town import Town

HERE = Path(__file__).parent
#: The journeys that stand for their families where there is no time for all; the others are proofs.
EXAMPLES = {
    "test_quantity_short_is_split_as_the_erp_was_told",
    "test_message_quarantined_ends_when_it_is_read_with_its_partner",
    "test_invoice_price_is_accepted_with_finance_and_procurement",
    "test_an_unordered_line_is_added_although_the_erp_refused_first",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every other journey of a type be a proof."""
    for item in items:
        is_journey = item.path.parent == HERE and "town" in getattr(item, "fixturenames", ())
        if is_journey and item.name not in EXAMPLES:
            item.add_marker(pytest.mark.proof)


@pytest.fixture
def town(db: None, tmp_path: Path) -> Iterator[Town]:
    """The company on Tuesday at ten: Nordmann and the seal kit are known, and nothing is ordered."""
    yield Town.found(tmp_path, at=TUESDAY_TEN)
    clock.reset()
