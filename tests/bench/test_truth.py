"""What is planted in a world of orders is found, all of it and nothing else, however it is delivered."""

import pytest

from exceptions_app.cases.models import Case
from tests.bench.ingest import compared, judge, planted, take_in
from tests.bench.measuring import begin_on_tuesday
from tests.bench.orders import trading_ground
from tests.bench.plain_loop import PlainTables
from tests.bench.truth import STAGES, Planter, noisy
from tests.builders.factories import Ground

ORDER_LINES = 600


@pytest.fixture
def ground(db: None) -> Ground:
    begin_on_tuesday()
    return trading_ground()


@pytest.mark.parametrize("seed", [pytest.param(1, marks=pytest.mark.proof), 20261123])
def test_precision_and_recall_are_one_without_noise(ground: Ground, seed: int) -> None:
    world = planted(ground, ORDER_LINES, seed=seed)
    take_in(ground, world.documents)
    judge(world)

    result = compared(world)
    result.check()
    assert (result.precision, result.recall) == (1.0, 1.0)
    assert len({code for _, _, code, _ in result.truth}) >= 5, "the seed plants nearly every way"


@pytest.mark.proof
def test_repeating_and_reordering_the_documents_changes_nothing(ground: Ground) -> None:
    world = planted(ground, ORDER_LINES, seed=7)
    take_in(ground, noisy(world.documents, seed=8, duplicates=0.2, reordered=True))
    judge(world)
    compared(world).check()
    before = set(Case.objects.values_list("number", "version"))

    take_in(ground, noisy(world.documents, seed=9, duplicates=0.2, reordered=True))
    judge(world)
    compared(world).check()
    assert set(Case.objects.values_list("number", "version")) == before


def test_the_noise_never_changes_the_truth() -> None:
    planter = Planter(supplier="77", warehouse="KAS", items=["A"], seed=3)
    world = planter.world(ORDER_LINES)
    delivered = noisy(world.documents, seed=4, duplicates=0.5, reordered=True)

    again = Planter(supplier="77", warehouse="KAS", items=["A"], seed=3).world(ORDER_LINES)
    assert again == world
    assert set(map(id, delivered)) == set(map(id, world.documents))
    assert len(delivered) > len(world.documents)


def test_every_way_is_planted_in_a_stage_that_can_show_it() -> None:
    world = Planter(supplier="77", warehouse="KAS", items=["A"], seed=3).world(4_000)

    assert {code for _, _, code, _ in world.truth} == {way for stage in STAGES for way in stage.ways}


def test_the_plain_loop_finds_the_same_in_what_it_can_see(ground: Ground) -> None:
    world = planted(ground, ORDER_LINES, seed=5)
    tables = PlainTables(world)
    tables.copy()

    assert tables.loop(world.order_lines) == world.order_lines
    assert tables.found() == world.truth
