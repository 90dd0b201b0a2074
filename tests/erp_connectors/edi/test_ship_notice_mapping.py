"""An 856 as a ship notice: levels, the scope of an order, cumulative quantities, packs, finality."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from erp_connectors.canonical.documents import Purpose, ShipNotice, ShipNoticeLine
from erp_connectors.canonical.values import ItemIds, Quantity
from erp_connectors.edi import MappingOverrides, PartnerRules
from tests.builders.x12 import Segment, Shipped, interchange, ship_notice_856
from tests.erp_connectors.edi.decoding import Outcome, read

BSN: Segment = ("BSN", "00", "ASN-1", "20261123", "1200")


def hl(identifier: int, parent: int | None, code: str) -> Segment:
    return ("HL", str(identifier), "" if parent is None else str(parent), code)


def item(number: str, quantity: str, *rest: str) -> list[Segment]:
    return [("LIN", number, "BP", f"ITEM-{number}"), ("SN1", "", quantity, "EA", *rest)]


def outcome_of(*segments: Segment, rules: PartnerRules | None = None) -> Outcome:
    return read(interchange([("856", segments)]), rules or PartnerRules())


def document_of(outcome: Outcome) -> ShipNotice:
    document = outcome.transaction.document
    assert isinstance(document, ShipNotice), outcome.codes()
    return document


def lines_of(*segments: Segment, rules: PartnerRules | None = None) -> tuple[ShipNoticeLine, ...]:
    return document_of(outcome_of(*segments, rules=rules)).lines


def each(value: str) -> Quantity:
    return Quantity(Decimal(value), "EA")


def scopes(lines: Sequence[ShipNoticeLine]) -> list[tuple[str | None, str | None]]:
    return [(line.order_number, line.line_number) for line in lines]


def test_a_notice_carries_its_numbers_dates_carrier_and_lines() -> None:
    data = ship_notice_856(
        "ASN-7",
        {"A-1": [Shipped(line="1", quantity="60", ordered="100", to_date="90")]},
        shipped_on=date(2026, 11, 23),
        expected_on=date(2026, 11, 26),
        carrier="UPSN",
        tracking="1Z999",
    )

    document = document_of(read(data))

    assert (document.number, document.purpose) == ("ASN-7", Purpose.ORIGINAL)
    assert (document.shipped_on, document.expected_on) == (date(2026, 11, 23), date(2026, 11, 26))
    assert (document.carrier, document.tracking) == ("UPSN", "1Z999")
    assert document.lines == (
        ShipNoticeLine(
            order_number="A-1",
            line_number="1",
            ids=ItemIds(buyer="ITEM-1"),
            shipped=each("60"),
            shipped_to_date=each("90"),
            ordered=each("100"),
        ),
    )


# --- whose order is it ------------------------------------------------------------------------------


def test_an_order_level_speaks_for_the_items_below_it() -> None:
    lines = lines_of(
        BSN,
        hl(1, None, "S"),
        hl(2, 1, "O"),
        ("PRF", "A-1"),
        hl(3, 2, "I"),
        *item("1", "5"),
        hl(4, 1, "O"),
        ("PRF", "A-2"),
        hl(5, 4, "I"),
        *item("1", "6"),
    )

    assert scopes(lines) == [("A-1", "1"), ("A-2", "1")]


def test_an_order_named_in_an_item_speaks_for_that_item_even_after_it() -> None:
    lines = lines_of(
        BSN,
        hl(1, None, "S"),
        hl(2, 1, "I"),
        *item("1", "5"),
        ("PRF", "A-1", "", "", "", "20"),
        hl(3, 1, "I"),
        *item("1", "6"),
        ("PRF", "A-2"),
        hl(4, 1, "I"),
        *item("9", "1"),
    )

    assert scopes(lines) == [("A-1", "20"), ("A-2", "1"), (None, "9")]


def test_an_order_among_the_ids_or_references_of_an_item_is_used_where_no_prf_applies() -> None:
    lines = lines_of(
        BSN,
        hl(1, None, "S"),
        hl(2, 1, "I"),
        ("LIN", "", "BP", "X", "PO", "A-1", "PL", "30"),
        ("SN1", "", "5", "EA"),
        hl(3, 1, "I"),
        *item("2", "5"),
        ("REF", "PO", "A-2"),
    )

    assert scopes(lines) == [("A-1", "30"), ("A-2", "2")]


def test_levels_without_a_parent_belong_to_the_nearest_level_that_may_hold_them() -> None:
    lines = lines_of(
        BSN,
        hl(1, None, "S"),
        hl(2, None, "O"),
        ("PRF", "A-1"),
        hl(3, None, "I"),
        *item("1", "5"),
        hl(4, None, "O"),
        ("PRF", "A-2"),
        hl(5, None, "P"),
        ("MAN", "GM", "SSCC-5"),
        hl(6, None, "I"),
        *item("2", "6"),
        hl(7, None, "P"),
        ("MAN", "GM", "SSCC-7"),
        hl(8, None, "I"),
        *item("3", "7"),
    )

    assert scopes(lines) == [("A-1", "1"), ("A-2", "2"), ("A-2", "3")]
    assert [line.package for line in lines] == [None, "SSCC-5", "SSCC-7"]
    assert [line.shipped for line in lines] == [each("5"), each("6"), each("7")]


# --- quantities -------------------------------------------------------------------------------------


def test_packs_below_an_item_divide_it_and_add_nothing() -> None:
    lines = lines_of(
        BSN,
        hl(1, None, "S"),
        hl(2, 1, "I"),
        *item("1", "176"),
        hl(3, 2, "P"),
        ("SN1", "", "76", "EA"),
        hl(4, 2, "P"),
        ("SN1", "", "100", "EA"),
        hl(5, 1, "I"),
        *item("2", "9"),
    )

    assert [line.shipped for line in lines] == [each("176"), each("9")]


def test_packs_that_contradict_their_item_are_a_warning() -> None:
    outcome = outcome_of(
        BSN, hl(1, None, "S"), hl(2, 1, "I"), *item("1", "176"), hl(3, 2, "P"), ("SN1", "", "70", "EA")
    )

    (finding,) = (each for each in outcome.transaction.findings if each.code == "PACK_SUM")
    assert finding.way_out
    assert document_of(outcome).lines[0].shipped == each("176")


def test_an_item_without_a_quantity_ships_what_its_packs_hold() -> None:
    lines = lines_of(
        BSN,
        hl(1, None, "S"),
        hl(2, 1, "I"),
        ("LIN", "1", "BP", "X"),
        hl(3, 2, "P"),
        ("SN1", "", "70", "EA"),
        hl(4, 2, "P"),
        ("SN1", "", "30", "EA"),
    )

    assert [line.shipped for line in lines] == [each("100")]


def test_items_inside_packs_carry_the_mark_of_their_pack() -> None:
    lines = lines_of(
        BSN,
        hl(1, None, "S"),
        hl(2, 1, "P"),
        ("MAN", "GM", "00123"),
        hl(3, 2, "I"),
        *item("1", "4"),
        hl(4, 2, "I"),
        *item("2", "5"),
    )

    assert [(line.package, line.shipped) for line in lines] == [("00123", each("4")), ("00123", each("5"))]


@pytest.mark.parametrize(
    ("shipped", "to_date", "ordered", "status", "final"),
    [
        ("60", "", "100", "", False),
        ("60", "100", "100", "", True),
        ("60", "90", "100", "", False),
        ("100", "", "100", "", True),
        ("60", "", "", "", False),
        ("60", "", "100", "CC", True),
        ("60", "", "", "CL", True),
        ("60", "", "100", "BP", False),
        ("60", "", "100", "AC", False),
    ],
)
def test_a_notice_is_final_for_a_line_only_when_it_says_so(
    shipped: str, to_date: str, ordered: str, status: str, final: bool
) -> None:
    shipment = Shipped(line="1", quantity=shipped, to_date=to_date, ordered=ordered, status=status)

    (line,) = document_of(read(ship_notice_856("ASN-1", {"A-1": [shipment]}))).lines

    assert line.final is final


def test_a_partner_may_close_a_line_with_another_status() -> None:
    rules = PartnerRules(overrides=MappingOverrides(final_statuses=frozenset({"AC"})))
    data = ship_notice_856("ASN-1", {"A-1": [Shipped(line="1", quantity="60", status="AC")]})

    (line,) = document_of(read(data, rules)).lines

    assert line.final


def test_lots_and_expiry_dates_stay_with_their_item() -> None:
    (line,) = lines_of(
        BSN,
        hl(1, None, "S"),
        hl(2, 1, "I"),
        *item("1", "4"),
        ("REF", "LT", "L-9"),
        ("DTM", "036", "20271231"),
    )

    assert (line.lot, line.expires_on) == ("L-9", date(2027, 12, 31))


# --- the notice itself ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "purpose"), [("00", Purpose.ORIGINAL), ("01", Purpose.CANCEL), ("05", Purpose.REPLACE)]
)
def test_the_purpose_of_a_notice(code: str, purpose: Purpose) -> None:
    assert document_of(read(ship_notice_856("ASN-1", {}, purpose=code))).purpose is purpose


def test_a_notice_without_a_number_takes_its_bill_of_lading_and_says_so() -> None:
    outcome = outcome_of(("BSN", "00", "", "20261123"), hl(1, None, "S"), ("REF", "BM", "BOL-5"))

    assert document_of(outcome).number == "BOL-5"
    assert "SHIPMENT_NUMBER_MISSING" in outcome.codes()


def test_a_notice_without_any_number_takes_its_control_number() -> None:
    outcome = outcome_of(("BSN", "00", "", "20261123"), hl(1, None, "S"))

    assert document_of(outcome).number == "000000001.000000001.000000001"


@pytest.mark.parametrize(
    ("levels", "code"),
    [
        ([hl(1, None, "S"), hl(2, 2, "I")], "HL_PARENT"),
        ([hl(1, 2, "S"), hl(2, 1, "I")], "HL_PARENT"),
        ([hl(1, None, "S"), hl(2, 9, "I")], "HL_PARENT"),
        ([hl(number, number - 1 or None, "T") for number in range(1, 13)], "LIMIT_HL_DEPTH"),
    ],
)
def test_levels_that_go_in_circles_or_too_deep_refuse_the_notice(levels: list[Segment], code: str) -> None:
    outcome = outcome_of(BSN, *levels)

    assert code in outcome.codes()
    assert (outcome.transaction.ack_status, outcome.transaction.ack_codes) == ("R", ("5",))
    assert outcome.transaction.document is None


def test_a_notice_without_its_beginning_is_refused() -> None:
    outcome = outcome_of(hl(1, None, "S"))

    assert "SEGMENT_MISSING" in outcome.codes()
    assert outcome.transaction.document is None


@pytest.mark.parametrize("place", [2, 4, 5])
def test_an_unreadable_quantity_refuses_the_notice(place: int) -> None:
    sn1 = ["SN1", "", "5", "EA", "5", "5", "EA"]
    sn1[place] = "five"

    outcome = outcome_of(BSN, hl(1, None, "S"), hl(2, 1, "I"), ("LIN", "1", "BP", "X"), tuple(sn1))

    assert "NUMBER_UNREADABLE" in outcome.codes()
    assert outcome.transaction.document is None


def test_the_reading_shows_every_level_with_its_parent() -> None:
    reading = outcome_of(
        BSN, hl(1, None, "S"), hl(2, None, "O"), hl(3, None, "I"), *item("1", "5")
    ).transaction.reading

    assert reading is not None
    assert reading["hl"] == "SOI"
    assert reading["levels"] == [["1", "", "S"], ["2", "1", "O"], ["3", "2", "I"]]


def test_a_finding_repeats_the_beginning_of_a_value_that_is_too_long() -> None:
    outcome = outcome_of(BSN, ("DTM", "017", "9" * 200), hl(1, None, "S"), hl(2, 1, "I"), *item("1", "176"))

    assert "9" * 80 in [finding.value for finding in outcome.transaction.findings]
    assert max(len(finding.value or "") for finding in outcome.transaction.findings) == 80
