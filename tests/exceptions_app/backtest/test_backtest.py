"""A backtest says what a draft would have changed on history, just as judging again really does."""

from collections.abc import Iterator

import pytest

from erp_connectors import clock
from exceptions_app.backtest.run import Run
from exceptions_app.policies import rows
from tests.bench.backtest_truth import SPAN, held_against_publishing, tolerance
from tests.bench.ingest import judge, planted, take_in
from tests.bench.measuring import begin_on_tuesday
from tests.bench.orders import trading_ground
from tests.bench.truth import PlantedWorld
from tests.builders.factories import Ground

pytestmark = pytest.mark.django_db
LINES, SEED = 120, 56


@pytest.fixture
def ground(db: None) -> Iterator[Ground]:
    begin_on_tuesday()
    yield trading_ground()
    clock.reset()


@pytest.fixture
def world(ground: Ground) -> PlantedWorld:
    world = planted(ground, LINES, seed=SEED)
    take_in(ground, world.documents)
    return world


def test_nothing_changed_changes_nothing(world: PlantedWorld) -> None:
    judge(world)
    assert list(Run(rows.current(), rows.current(), SPAN).differences()) == []


def test_a_tolerance_of_prices_agrees_number_by_number_with_publishing_it(world: PlantedWorld) -> None:
    judge(world)
    wider = held_against_publishing(world, tolerance("price_mismatch", percent="15"))
    assert wider.said == wider.done
    assert any(after is None for _, after in wider.done.values())

    narrower = held_against_publishing(world, tolerance("price_mismatch", percent="15", cap="100"))
    assert narrower.said == narrower.done
    assert any(before is None for before, _ in narrower.done.values())


@pytest.mark.parametrize(
    ("type_code", "direction", "percent"),
    [
        ("receipt_short", "under", "45"),
        ("invoice_quantity", "over", "50"),
    ],
)
def test_tolerances_of_quantities_agree_in_what_opens_and_what_it_is_worth(
    world: PlantedWorld, type_code: str, direction: str, percent: str
) -> None:
    judge(world)
    held = held_against_publishing(
        world, tolerance(type_code, direction=direction, percent=percent), with_loss=False
    )
    assert held.said == held.done
    assert held.done
