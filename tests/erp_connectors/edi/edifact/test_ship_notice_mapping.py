"""A DESADV as a ship notice: packages in packages, orders in their scope, quantities that are not doubled."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from erp_connectors.canonical.documents import Purpose, ShipNotice, ShipNoticeLine
from erp_connectors.canonical.values import ItemIds, Party, Quantity, Reference
from erp_connectors.edi import Limits, PartnerRules, Verdict
from erp_connectors.edi.rules import DEFAULT_RULES, EdifactOverrides
from tests.builders.edifact import Segment, cps, despatch_advice, dtm, lin, qty, rff
from tests.erp_connectors.edi.decoding import read

FIRST, SECOND = date(2026, 11, 23), date(2026, 11, 25)
SSCC = "340123456789012345"
OTHER = "340123456789012352"


def notice_of(data: bytes, rules: PartnerRules = DEFAULT_RULES) -> ShipNotice:
    outcome = read(data, rules)
    assert outcome.transaction.verdict is Verdict.ACCEPT, outcome.codes()
    document = outcome.transaction.document
    assert isinstance(document, ShipNotice)
    return document


def line_of(
    line: Sequence[Segment], rules: PartnerRules = DEFAULT_RULES, *, order: str = "A-1"
) -> ShipNoticeLine:
    (found,) = notice_of(despatch_advice("D-1", [cps("1"), line], order=order), rules).lines
    return found


def pieces(value: str) -> Quantity:
    return Quantity(Decimal(value), "H87")


def test_the_heading_is_read() -> None:
    heading = [
        dtm("11", FIRST),
        dtm("17", SECOND),
        rff("CN", "1Z999"),
        ("NAD", "SU", ("4000001000005", "", "9"), "", "Dorn GmbH"),
        ("TDT", "20", "V-7", "30", "31", ("DHL", "", "", "DHL Freight")),
        ("FTX", "DEL", "", "", "Ring twice"),
    ]

    notice = notice_of(despatch_advice("D-77", [], order="A-1", heading=heading))

    assert (notice.number, notice.shipped_on, notice.expected_on) == ("D-77", FIRST, SECOND)
    assert (notice.carrier, notice.tracking, notice.notes) == ("DHL", "1Z999", ("Ring twice",))
    assert notice.parties == (Party("supplier", "4000001000005", "gln", "Dorn GmbH"),)
    assert notice.references == (Reference("order", "A-1"), Reference("carrier_reference", "1Z999"))


def test_the_carrier_may_have_only_a_name_and_the_journey_stand_for_the_tracking() -> None:
    heading: list[Segment] = [
        ("TDT", "10", "T-1", "30", "", ("FEEDER",)),
        ("TDT", "20", "V-7", "30", "", ("", "", "", "Dorn Transport")),
    ]

    notice = notice_of(despatch_advice("D-1", [], heading=heading))

    assert (notice.carrier, notice.tracking) == ("Dorn Transport", "V-7")
    assert notice_of(despatch_advice("D-1", [])).carrier is None


@pytest.mark.parametrize(
    ("function", "purpose"),
    [("9", Purpose.ORIGINAL), ("1", Purpose.CANCEL), ("5", Purpose.REPLACE), ("7", Purpose.ORIGINAL)],
)
def test_the_function_says_what_becomes_of_an_earlier_notice(function: str, purpose: Purpose) -> None:
    assert notice_of(despatch_advice("D-1", [], function=function)).purpose is purpose


def test_a_notice_without_its_number_is_refused() -> None:
    outcome = read(despatch_advice("", []))

    assert outcome.codes() == {"NUMBER_MISSING"}
    assert outcome.transaction.verdict is Verdict.REJECT


@pytest.mark.parametrize(
    ("quantities", "shipped"),
    [
        ([qty("12", "80"), qty("21", "100")], "80"),
        ([qty("46", "80")], "80"),
        ([qty("131", "80")], "80"),
        ([qty("12", "80"), qty("46", "70")], "80"),
        ([qty("12", "80"), qty("59", "12"), qty("192", "5")], "80"),
        ([qty("12", "10", "CT"), qty("12", "120")], None),
        ([qty("12", "80"), qty("12", "80")], "80"),
        ([qty("21", "100")], None),
        ([], None),
    ],
)
def test_what_is_shipped_is_the_despatched_quantity_once(
    quantities: list[Segment], shipped: str | None
) -> None:
    line = line_of(lin("10", extra=quantities))

    if shipped is None and quantities and quantities[0][1] == ("12", "10", "CT"):
        assert line.shipped == Quantity(Decimal(10), "CT")
    else:
        assert line.shipped == (pieces(shipped) if shipped else None)


def test_a_quantity_stated_twice_with_different_values_is_unknown() -> None:
    data = despatch_advice("D-1", [lin("10", extra=[qty("12", "80"), qty("12", "20")])])

    (line,) = notice_of(data).lines
    assert line.shipped is None
    assert read(data).codes() == {"QUANTITY_REPEATED"}


def test_quantities_inside_a_pack_are_not_those_of_the_line() -> None:
    line = line_of(
        lin("10", extra=[qty("12", "80"), ("PCI", "36E"), qty("12", "40"), ("PAC", "2"), qty("12", "40")])
    )

    assert line.shipped == pieces("80")


def test_what_goes_to_several_places_adds_up_where_the_line_has_no_quantity() -> None:
    places: list[Segment] = [("LOC", "7", "P1"), qty("11", "30"), ("LOC", "7", "P2"), qty("11", "50")]
    mixed: list[Segment] = [("LOC", "7", "P1"), qty("11", "30"), ("LOC", "7", "P2"), qty("11", "5", "CT")]

    assert line_of(lin("10", extra=places)).shipped == pieces("80")
    assert line_of(lin("10", extra=mixed)).shipped is None
    assert line_of(lin("10", extra=[qty("12", "70"), *places])).shipped == pieces("70")


@pytest.mark.parametrize(
    ("extra", "final"),
    [
        ([qty("12", "80"), qty("21", "100")], False),
        ([qty("12", "100"), qty("21", "100")], True),
        ([qty("12", "20"), qty("3", "100"), qty("21", "100")], True),
        ([qty("12", "20"), qty("3", "80"), qty("21", "100")], False),
        ([qty("12", "80"), qty("21", "100"), ("QVR", ("-20", "21"), "CP")], True),
        ([qty("12", "80"), qty("21", "100"), ("QVR", ("-20", "21"), "BP")], False),
        ([qty("12", "100", "CT"), qty("21", "100")], False),
        ([qty("12", "0"), qty("21", "0")], False),
    ],
)
def test_a_line_is_final_when_its_sender_says_so_or_all_of_it_is_shipped(
    extra: list[Segment], final: bool
) -> None:
    assert line_of(lin("10", extra=extra)).final is final


def test_the_codes_that_mean_final_are_the_partners() -> None:
    rules = PartnerRules(edifact=EdifactOverrides(final_codes=frozenset({"BP"})))

    assert line_of(lin("10", extra=[qty("12", "80"), ("QVR", ("-20", "21"), "BP")]), rules).final
    assert not line_of(lin("10", extra=[qty("12", "80"), ("QVR", ("-20", "21"), "CP")]), rules).final


# --- orders and lines -------------------------------------------------------------------------------


def test_the_order_is_that_of_the_line_then_of_its_package_then_the_only_one_of_the_heading() -> None:
    body = [
        cps("1"),
        lin("10", quantities={"12": "1"}, extra=[rff("ON", "A-2", "30")]),
        cps("2", "1", extra=[rff("ON", "A-3")]),
        lin("20", quantities={"12": "1"}),
        cps("3", "2"),
        lin("30", quantities={"12": "1"}),
        cps("4", "1"),
        lin("40", quantities={"12": "1"}),
    ]

    notice = notice_of(despatch_advice("D-1", body, order="A-1"))

    assert [(line.order_number, line.line_number) for line in notice.lines] == [
        ("A-2", "30"),
        ("A-3", "20"),
        ("A-3", "30"),
        ("A-1", "40"),
    ]


def test_of_several_orders_in_the_heading_none_is_guessed() -> None:
    data = despatch_advice("D-1", [lin("10", quantities={"12": "1"})], heading=[rff("ON", "A-2")])

    (line,) = notice_of(data).lines
    assert line.order_number is None
    assert read(data).codes() == {"ORDER_UNCLEAR"}
    assert line_of(lin("10"), order="").order_number is None


def test_lines_the_message_counts_for_itself_go_by_their_items() -> None:
    def numbers(*lines: Sequence[Segment], rules: PartnerRules = DEFAULT_RULES) -> list[str | None]:
        return [line.line_number for line in notice_of(despatch_advice("D-1", list(lines)), rules).lines]

    own = [lin(number, quantities={"12": "1"}) for number in ("1", "2")]
    assert numbers(*own) == [None, None]
    assert numbers(*own, rules=PartnerRules(edifact=EdifactOverrides(line_number_source="LIN"))) == ["1", "2"]
    assert numbers(lin("10"), lin("20")) == ["10", "20"]
    assert numbers(lin("2")) == ["2"]
    assert numbers(lin("0001", item="")) == ["0001"]
    assert numbers(lin("1", extra=[rff("LI", "30")])) == ["30"]


def test_an_item_goes_by_its_names_and_its_lot() -> None:
    names: Segment = ("PIA", "1", ("MAT-1", "IN"), ("L-77", "NB"))
    line = line_of(lin("10", extra=[names, qty("12", "5")]))

    assert line.ids == ItemIds(buyer="MAT-1", gtin="4012345000016")
    assert line.lot == "L-77"
    assert line_of(lin("10", extra=[("GIN", "BX", "L-1")])).lot == "L-1"
    assert line_of(lin("10", extra=[rff("BT", "L-2")])).lot == "L-2"
    assert line_of(lin("10")).lot is None


def test_the_day_of_expiry_is_kept() -> None:
    assert line_of(lin("10", extra=[("PCI", "36E"), dtm("361", "20270131")])).expires_on == date(2027, 1, 31)


# --- packages ----------------------------------------------------------------------------------------


def test_a_line_stands_in_the_nearest_package_with_one_mark() -> None:
    body = [
        cps("1", sscc=[SSCC]),
        lin("10", quantities={"12": "1"}),
        cps("2", "1"),
        lin("20", quantities={"12": "1"}),
        cps("3", "1", sscc=[OTHER]),
        lin("30", quantities={"12": "1"}),
        cps("4", "1", sscc=[SSCC, OTHER]),
        lin("40", quantities={"12": "1"}),
        cps("5"),
        lin("50", quantities={"12": "1"}),
        lin("60", quantities={"12": "1"}, extra=[("PCI", "33E"), ("GIN", "BJ", OTHER)]),
    ]

    notice = notice_of(despatch_advice("D-1", body))

    assert [line.package for line in notice.lines] == [SSCC, SSCC, OTHER, None, None, OTHER]


@pytest.mark.parametrize("parent", ["2", "9"])
def test_a_package_in_one_that_does_not_come_before_it_stands_alone(parent: str) -> None:
    data = despatch_advice(
        "D-1", [cps("1", sscc=[SSCC]), cps("2", parent), lin("10", quantities={"12": "1"})]
    )

    assert notice_of(data).lines[0].package is None
    assert read(data).codes() == {"PACKAGE_PARENT"}


def test_packages_deeper_than_the_limit_refuse_the_message() -> None:
    body = [cps("1"), cps("2", "1"), cps("3", "2"), lin("10", quantities={"12": "1"})]

    outcome = read(despatch_advice("D-1", body), PartnerRules(limits=Limits(hl_depth=2)))

    assert outcome.transaction.verdict is Verdict.REJECT
    assert outcome.codes() == {"LIMIT_HL_DEPTH"}


def test_a_quantity_that_cannot_be_read_refuses_the_message() -> None:
    outcome = read(despatch_advice("D-1", [lin("10", quantities={"12": "many"})]))

    assert outcome.transaction.document is None
    assert outcome.codes() == {"NUMBER_UNREADABLE"}
