"""One item in one warehouse, shared out among the cases that miss some of it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exceptions_app.allocation import Gap, Share, Site, lack_of, share_out
from exceptions_app.coverage import Inbound, Need, uncovered
from exceptions_app.expected_loss import Input, Source

TODAY = date(2026, 11, 24)


def day(after: int) -> date:
    return TODAY + timedelta(days=after)


def known(value: Any) -> Input:
    return Input(code="known", value=Decimal(value), source=Source.ITEM)


def gap(key: str, quantity: int, *, wanted: int = 0, back: int = 10, **more: Any) -> Gap:
    usual = {"per_day": 0, "spread_per_day": 0} | {
        name: more.pop(name) for name in ("per_day", "spread_per_day") if name in more
    }
    return Gap(
        key=key,
        quantity=Decimal(quantity),
        wanted_on=day(wanted),
        back_on=day(back),
        days=known(back),
        **{name: known(value) for name, value in usual.items()},
        **more,
    )


def need(number: str, quantity: int, customer_class: str = "A", due: int = 5) -> Need:
    return Need(
        order_number=number, customer_class=customer_class, quantity=Decimal(quantity), due_on=day(due)
    )


def arriving(quantity: int, on: int) -> Inbound:
    return Inbound(Decimal(quantity), day(on))


def site(on_hand: int, *needs: Need, inbound: tuple[Inbound, ...] = ()) -> Site:
    return Site(on_hand=known(on_hand), inbound=inbound, needs=needs)


def short(shares: dict[str, Share]) -> dict[str, int]:
    return {key: int(share.out.units) for key, share in shares.items()}


def named(share: Share) -> list[tuple[str, int]]:
    return [(each.need.order_number, int(each.short)) for each in share.orders]


# --- once ---------------------------------------------------------------------------------------------------


def test_a_case_alone_misses_what_the_formula_says() -> None:
    shares = share_out(site(10, need("SO-1", 110), inbound=(arriving(82, 3),)), [gap("a", 18)])
    assert short(shares) == {"a": 18}
    assert named(shares["a"]) == [("SO-1", 18)]
    assert (shares["a"].cover.inbound.value, shares["a"].cover.firm.value) == (82, 110)


def test_two_shortages_do_not_both_count_the_same_lack() -> None:
    shares = share_out(site(50, need("SO-1", 100)), [gap("a", 50), gap("b", 50)])
    assert short(shares) == {"a": 50, "b": 0}
    assert [int(share.out.probability) for share in shares.values()] == [1, 0]
    assert [named(share) for share in shares.values()] == [[("SO-1", 50)], []]


def test_stock_that_is_used_up_by_one_case_is_not_there_for_the_other() -> None:
    both = [gap("a", 40), gap("b", 40)]
    shares = share_out(site(30, need("SO-1", 50), need("SO-2", 50, "B")), both)
    assert short(shares) == {"a": 40, "b": 30}
    assert named(shares["a"]) == [("SO-1", 20), ("SO-2", 20)]
    assert named(shares["b"]) == [("SO-2", 30)]


def test_the_case_that_keeps_the_better_customer_waiting_has_its_turn_first() -> None:
    needs = (need("SO-C", 30, "C", due=2), need("SO-A", 30, "A", due=8))
    early, late = gap("1", 30, wanted=0, back=4), gap("2", 30, wanted=6, back=12)
    shares = share_out(site(0, *needs), [early, late])
    assert list(shares) == ["2", "1"]
    assert {key: named(share) for key, share in shares.items()} == {"2": [("SO-A", 30)], "1": [("SO-C", 30)]}


def test_of_equal_customers_the_earlier_due_date_comes_first() -> None:
    needs = (need("SO-1", 10, due=8), need("SO-2", 10, due=3))
    shares = share_out(site(0, *needs), [gap("1", 10, wanted=6, back=12), gap("2", 10, wanted=0, back=6)])
    assert list(shares) == ["2", "1"]


def test_goods_that_come_late_are_there_for_what_comes_later() -> None:
    late = gap("late", 50, back=5, goods=(arriving(50, 5),))
    missing = gap("missing", 50, wanted=6, back=30)
    shares = share_out(site(0, need("SO-1", 50, due=3), need("SO-2", 100, due=20)), [late, missing])
    assert short(shares) == {"late": 50, "missing": 50}
    assert shares["late"].cover.inbound.value == 0, "its own goods do not cover it"
    assert shares["missing"].cover.inbound.value == 50


def test_a_customer_who_would_have_waited_anyway_is_not_named() -> None:
    shares = share_out(site(0, need("SO-1", 10, due=2)), [gap("a", 10, wanted=5)])
    assert named(shares["a"]) == []
    assert shares["a"].others == []


def test_what_no_case_explains_is_told_in_the_first_that_tells() -> None:
    quiet, teller = gap("1", 5), gap("2", 5, tells=True)
    shares = share_out(site(0, need("SO-1", 30)), [quiet, teller])
    assert [named(share) for share in shares.values()] == [[("SO-1", 5)], [("SO-1", 5)]]
    assert [(each.need.order_number, each.short) for each in shares["2"].others] == [("SO-1", 20)]


def test_a_penalty_is_claimed_in_one_case_only() -> None:
    shares = share_out(site(0, need("SO-1", 30)), [gap("1", 10), gap("2", 20)])
    assert [[claim.order_number for claim in share.claims] for share in shares.values()] == [["SO-1"], []]


# --- what is only likely ------------------------------------------------------------------------------------


def doubt(key: str, quantity: int, *, due: int = 2, **more: Any) -> Gap:
    return gap(key, quantity, is_doubtful=True, goods=(arriving(quantity, due),), **more)


def test_goods_in_doubt_cover_customers_until_their_own_turn() -> None:
    shares = share_out(site(0, need("SO-1", 100)), [doubt("b", 60), gap("a", 40)])
    assert list(shares) == ["a", "b"], "what is sure comes first"
    assert short(shares) == {"a": 40, "b": 60}
    assert named(shares["a"]) == [("SO-1", 40)]
    assert named(shares["b"]) == [("SO-1", 60)]


def test_goods_in_doubt_that_nobody_needs_name_nobody() -> None:
    shares = share_out(site(100, need("SO-1", 100)), [doubt("a", 50)])
    assert (short(shares), named(shares["a"])) == ({"a": 0}, [])


def test_two_doubts_do_not_lean_on_the_same_stock() -> None:
    shares = share_out(site(50, need("SO-1", 100)), [doubt("a", 50), doubt("b", 50)])
    assert short(shares) == {"a": 0, "b": 50}


# --- whatever the figures -----------------------------------------------------------------------------------

days = st.integers(-3, 30)
needs = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from("ABC"), days).map(
        lambda drawn: need("SO", drawn[0], drawn[1], due=drawn[2])
    ),
    max_size=5,
).map(lambda some: [replace(each, order_number=f"SO-{index}") for index, each in enumerate(some)])
coming = st.lists(st.builds(arriving, st.integers(1, 60), days), max_size=3)
usual = st.fixed_dictionaries({"per_day": st.integers(0, 12), "spread_per_day": st.integers(0, 6)})


@st.composite
def gaps(draw: st.DrawFn, doubtful: bool = True) -> list[Gap]:
    made = []
    for index in range(draw(st.integers(1, 4))):
        wanted, quantity = draw(st.integers(-3, 15)), draw(st.integers(0, 60))
        back = draw(st.integers(max(wanted, 0), 30))
        is_doubtful = doubtful and draw(st.booleans())
        goods = (arriving(quantity, wanted if is_doubtful else back),) if draw(st.booleans()) else ()
        made.append(
            gap(
                f"gap {index}", quantity, wanted=wanted, back=back, goods=goods, is_doubtful=is_doubtful,
                tells=draw(st.booleans()), **draw(usual),
            )
        )  # fmt: skip
    return made


@given(st.integers(0, 80), needs, coming, gaps(), st.randoms())
def test_the_order_in_which_all_this_is_told_does_not_matter(
    on_hand: int, wanted: list[Need], inbound: list[Inbound], some: list[Gap], chance: Any
) -> None:
    told = share_out(site(on_hand, *wanted, inbound=tuple(inbound)), some)
    for each in (wanted, inbound, some):
        chance.shuffle(each)
    assert share_out(site(on_hand, *wanted, inbound=tuple(inbound)), some) == told


@given(st.integers(0, 80), needs, coming, gaps())
def test_no_case_misses_more_than_its_goods_and_all_together_no_more_than_is_lacking(
    on_hand: int, wanted: list[Need], inbound: list[Inbound], some: list[Gap]
) -> None:
    shares = share_out(site(on_hand, *wanted, inbound=tuple(inbound)), some)
    assert all(0 <= share.out.units <= share.gap.quantity for share in shares.values())
    never_back = [share for share in shares.values() if not share.gap.goods]
    if len(never_back) == len(shares):
        assert sum(share.out.units for share in never_back) <= max(lack_of(share) for share in never_back)


@given(st.integers(0, 80), needs, coming, gaps(doubtful=False))
def test_each_uncovered_piece_of_a_customer_order_is_told_once(
    on_hand: int, wanted: list[Need], inbound: list[Inbound], some: list[Gap]
) -> None:
    some = [replace(each, tells=True) for each in some]
    shares = share_out(site(on_hand, *wanted, inbound=tuple(inbound)), some)
    everything = [*inbound, *(part for each in some for part in each.goods)]
    lacking = {each.need: each.short for each in uncovered(Decimal(on_hand), everything, wanted)}
    told: dict[Need, Decimal] = {}
    for share in shares.values():
        for each in (*share.orders, *share.others):
            told[each.need] = told.get(each.need, Decimal(0)) + each.short
    assert told == lacking
    claims = [claim for share in shares.values() for claim in share.claims]
    assert len(claims) == len(set(claims))


@given(st.integers(0, 80), st.integers(0, 40), needs, coming, usual, gaps(doubtful=False))
def test_more_stock_never_leaves_more_short_in_all(
    on_hand: int,
    more: int,
    wanted: list[Need],
    inbound: list[Inbound],
    demand: dict[str, int],
    some: list[Gap],
) -> None:
    """Where the goods of no case come back for another, and all are weighed by one demand."""
    per_day, spread = known(demand["per_day"]), known(demand["spread_per_day"])
    alike = [replace(each, goods=(), per_day=per_day, spread_per_day=spread) for each in some]
    scarce, ample = (
        sum(
            share.out.units
            for share in share_out(site(stock, *wanted, inbound=tuple(inbound)), alike).values()
        )
        for stock in (on_hand, on_hand + more)
    )
    assert ample <= scarce
