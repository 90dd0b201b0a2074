"""Which order line a document line is about, and when nobody may say."""

import pytest

from erp_connectors.canonical.documents import OrderLine
from erp_connectors.canonical.values import ItemIds
from erp_connectors.documents.matching import Match, NoMatch, match_line, names_another, normal_number
from exceptions_app.detection.examples import order_line


def line(number: str, item: str, supplier_item: str | None = None, gtin: str | None = None) -> OrderLine:
    return order_line((1, "2026-12-01"), number=number, item=item, supplier_item=supplier_item, gtin=gtin)


LINES = [
    line("10", "A", "s-a", "04006381333931"),
    line("20", "B", "s-b"),
    line("30", "C", "s-c"),
    line("40", "C", "s-c"),
]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0010", "10", True),
        (" 10 ", "10", True),
        ("000", "0", True),
        ("10.0", "10", False),
        ("1", "10", False),
        ("A10", "10", False),
    ],
)
def test_line_numbers_are_the_same_but_for_zeros_in_front(one: str, other: str, same: bool) -> None:
    assert (normal_number(one) == normal_number(other)) is same


@pytest.mark.parametrize(
    ("number", "ids", "expected"),
    [
        ("10", ItemIds(), "10"),
        ("00010", ItemIds(), "10"),
        ("30", ItemIds(buyer="C"), "30"),  # the number tells lines of one item apart
        (
            "10",
            ItemIds(buyer="X"),
            "10",
        ),  # an item nobody ordered does not contradict: it may be a substitute
        ("10", ItemIds(manufacturer="whatever"), "10"),
        ("1", ItemIds(buyer="A"), "10"),  # the supplier counts lines itself
        (None, ItemIds(supplier="s-b"), "20"),
        ("", ItemIds(gtin="4006381333931"), "10"),  # GTIN-13 is the same as GTIN-14 with a zero in front
        (None, ItemIds(buyer="A", supplier="unheard of"), "10"),
    ],
)
def test_a_line_is_matched(number: str | None, ids: ItemIds, expected: str) -> None:
    assert match_line(LINES, number, ids) == Match(line_number=expected)


@pytest.mark.parametrize(
    ("number", "ids", "reason", "candidates"),
    [
        (None, ItemIds(), NoMatch.NOTHING_NAMED, ()),
        (" ", ItemIds(manufacturer="m"), NoMatch.NOTHING_NAMED, ()),
        ("50", ItemIds(), NoMatch.NO_SUCH_LINE, ()),
        (None, ItemIds(buyer="X"), NoMatch.NO_SUCH_LINE, ()),
        (None, ItemIds(buyer="C"), NoMatch.SEVERAL_FIT, ("30", "40")),
        ("1", ItemIds(supplier="s-c"), NoMatch.SEVERAL_FIT, ("30", "40")),
        ("10", ItemIds(buyer="B"), NoMatch.CONTRADICTION, ("10", "20")),
        (None, ItemIds(buyer="A", supplier="s-b"), NoMatch.CONTRADICTION, ("10", "20")),
    ],
)
def test_a_line_is_left_to_a_person(
    number: str | None, ids: ItemIds, reason: NoMatch, candidates: tuple[str, ...]
) -> None:
    assert match_line(LINES, number, ids) == Match(reason=reason, candidates=candidates)


def test_two_lines_with_one_normal_number_are_told_apart_by_the_exact_one() -> None:
    lines = [line("010", "A"), line("10", "B")]
    assert match_line(lines, "10", ItemIds()) == Match(line_number="10")
    assert match_line(lines, "0010", ItemIds()).reason is NoMatch.SEVERAL_FIT


@pytest.mark.parametrize(
    ("ids", "another"),
    [
        (ItemIds(), False),
        (ItemIds(buyer="A"), False),
        (ItemIds(buyer="000A"), False),
        (ItemIds(buyer="B"), True),
        (ItemIds(buyer="B", supplier="S-A"), False),
        (ItemIds(supplier="alias"), False),
        (ItemIds(supplier="s-b", gtin="4006381333931"), False),
        (ItemIds(supplier="s-b", gtin="4006381333948"), True),
        (ItemIds(gtin="4006381333955"), False),
        (ItemIds(manufacturer="M"), False),
    ],
)
def test_item_numbers_name_another_item_when_one_that_is_known_differs_and_none_agrees(
    ids: ItemIds, another: bool
) -> None:
    assert names_another(LINES[0], ids, names=["ALIAS"], gtins=["4006381333955"]) is another


def test_nothing_is_said_by_numbers_the_line_does_not_have() -> None:
    assert not names_another(LINES[1], ItemIds(gtin="4006381333955"))
