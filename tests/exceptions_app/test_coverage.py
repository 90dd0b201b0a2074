"""Which customer orders cannot be covered."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.canonical.documents import LineAnswer
from exceptions_app.coverage import Inbound, Need, inbound_of, uncovered
from exceptions_app.detection.examples import answer, at, order, receipt, ship_notice, snapshot
from exceptions_app.detection.view import look


def need(number: str, quantity: int, customer_class: str, due: str = "2026-12-03") -> Need:
    return Need(
        order_number=number,
        customer_class=customer_class,
        quantity=Decimal(quantity),
        due_on=date.fromisoformat(due),
    )


def arriving(quantity: int, on: str) -> Inbound:
    return Inbound(Decimal(quantity), date.fromisoformat(on))


SCENARIO_1 = [need("SO-881", 95, "A"), need("SO-882", 15, "B")]


@pytest.mark.parametrize(
    ("on_hand", "inbound", "needs", "expected"),
    [
        (10, [arriving(82, "2026-12-02")], SCENARIO_1, [("SO-881", 3), ("SO-882", 15)]),
        (10, [arriving(100, "2026-12-02")], SCENARIO_1, []),
        (10, [arriving(82, "2026-12-04")], SCENARIO_1, [("SO-881", 85), ("SO-882", 15)]),
        (10, [arriving(82, "2026-12-03")], SCENARIO_1, [("SO-881", 3), ("SO-882", 15)]),
        (10, [], [need("SO-2", 8, "B"), need("SO-1", 8, "B")], [("SO-2", 6)]),
        (10, [], [need("SO-1", 8, "B"), need("SO-2", 8, "B", "2026-12-01")], [("SO-1", 6)]),
        (10, [], [need("SO-1", 8, "C", "2026-12-01"), need("SO-2", 8, "A", "2026-12-30")], [("SO-1", 6)]),
        # what arrives later goes to whoever can wait, so that stock is left for the other
        (10, [arriving(10, "2026-12-10")], [need("SO-1", 10, "A", "2026-12-20"), need("SO-2", 10, "C")], []),
        (-5, [arriving(10, "2026-12-01")], [need("SO-1", 10, "A")], []),
        (0, [], [need("SO-1", 0, "A")], []),
    ],
)
def test_it_serves_by_class_then_due_date_then_number(
    on_hand: int, inbound: list[Inbound], needs: list[Need], expected: list[tuple[str, int]]
) -> None:
    short = uncovered(Decimal(on_hand), inbound, needs)
    assert [(one.need.order_number, one.short) for one in short] == expected


def test_class_c_is_shown_and_makes_no_task() -> None:
    short = uncovered(Decimal(0), [], [need("SO-1", 1, "A"), need("SO-2", 1, "B"), need("SO-3", 1, "C")])
    assert [one.makes_task for one in short] == [True, True, False]


needs = st.lists(
    st.builds(
        need,
        st.sampled_from(["SO-1", "SO-2", "SO-3"]),
        st.integers(0, 30),
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from(["2026-12-01", "2026-12-03", "2026-12-08"]),
    ),
    max_size=6,
)
inbounds = st.lists(
    st.builds(arriving, st.integers(0, 40), st.sampled_from(["2026-12-01", "2026-12-02", "2026-12-09"])),
    max_size=4,
)


@given(st.integers(0, 60), inbounds, needs)
def test_it_gives_out_no_more_than_there_is_and_does_not_depend_on_the_order_of_arrival(
    on_hand: int, inbound: list[Inbound], wanted: list[Need]
) -> None:
    short = uncovered(Decimal(on_hand), inbound, wanted)
    asked, missing = sum(one.quantity for one in wanted), sum(one.short for one in short)
    assert asked - missing <= on_hand + sum(part.quantity for part in inbound)
    assert sum(one.short for one in uncovered(Decimal(on_hand), inbound[::-1], wanted[::-1])) == missing
    if not missing:
        return
    everything = [*inbound, arriving(200, "2026-12-01")]
    assert uncovered(Decimal(on_hand), everything, wanted) == ()


def test_what_is_still_to_come_is_what_is_offered() -> None:
    documents = [order((100, "2026-12-02")), answer((82, "2026-12-02"))]
    (line,) = look(snapshot(*documents), (), at("2026-11-24 10:01")).lines
    assert inbound_of(line) == (arriving(82, "2026-12-02"),)


def test_what_is_received_is_stock_and_what_is_under_way_comes_when_it_says() -> None:
    documents = [
        order((100, "2026-12-02")),
        answer((100, "2026-12-02"), said="2026-11-20 10:00"),
        ship_notice(60, said="2026-11-27 10:00", expected_on="2026-12-03"),
        receipt(30, on="2026-11-26"),
    ]
    (line,) = look(snapshot(*documents), (), at("2026-11-27 10:01")).lines
    assert inbound_of(line) == (arriving(10, "2026-12-02"), arriving(60, "2026-12-03"))


def test_what_has_no_date_does_not_count() -> None:
    documents = [order((100, "2026-12-02")), answer((100, None), words=(LineAnswer.HELD,))]
    (line,) = look(snapshot(*documents), (), at("2026-11-24 10:01")).lines
    assert inbound_of(line) == ()
