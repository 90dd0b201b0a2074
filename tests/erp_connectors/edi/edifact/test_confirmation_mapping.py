"""An ORDRSP as a confirmation: what the action and the quantities of a line confirm, when, at which price."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    LineAnswer,
    Purpose,
    Unmentioned,
)
from erp_connectors.canonical.values import DateKind, ItemIds, Party, Price, Quantity, Reference
from erp_connectors.edi import PartnerRules, Verdict
from erp_connectors.edi.rules import DEFAULT_RULES, EdifactOverrides
from tests.builders.edifact import NOON, Segment, dtm, lin, order_response, pri, qty, rff
from tests.erp_connectors.edi.decoding import Outcome, read

FIRST, SECOND, THIRD = date(2026, 12, 1), date(2026, 12, 8), date(2026, 12, 15)
A = LineAnswer


def answered(data: bytes, rules: PartnerRules = DEFAULT_RULES) -> Confirmation:
    outcome = read(data, rules)
    assert outcome.transaction.verdict is Verdict.ACCEPT, outcome.codes()
    document = outcome.transaction.document
    assert isinstance(document, Confirmation)
    return document


def line_of(
    line: Sequence[Segment],
    rules: PartnerRules = DEFAULT_RULES,
    *,
    function: str = "4",
    response: str = "",
    heading: Sequence[Segment] = (),
) -> ConfirmationLine:
    data = order_response("A-1", [line], function=function, response=response, heading=heading)
    (found,) = answered(data, rules).lines
    return found


def offers(line: ConfirmationLine) -> list[tuple[str, date | None, bool]] | None:
    if line.offered is None:
        return None
    return [(str(part.quantity.value), part.date, part.firm) for part in line.offered]


def codes(data: bytes, rules: PartnerRules = DEFAULT_RULES) -> set[str]:
    return read(data, rules).codes()


@pytest.mark.parametrize(
    ("action", "quantities", "answers", "offered", "rejected"),
    [
        ("5", {"21": "100"}, (A.ACCEPTED,), [("100", None, True)], None),
        ("5", {"21": "100", "12": "100"}, (A.ACCEPTED,), [("100", None, True)], None),
        ("5", {"21": "100", "12": "80"}, (A.ACCEPTED,), None, None),
        ("5", {"21": "100", "113": "80"}, (A.ACCEPTED,), [("80", None, True)], None),
        ("5", {"12": "80"}, (A.ACCEPTED,), None, None),
        ("3", {"21": "100", "12": "80"}, (A.CHANGED,), [("80", None, True)], None),
        ("6", {"21": "100", "12": "80"}, (A.CHANGED,), [("80", None, True)], None),
        ("3", {"21": "100", "113": "80"}, (A.CHANGED,), [("80", None, True)], None),
        ("3", {"21": "80"}, (A.CHANGED,), None, None),
        ("3", {"12": "80"}, (A.CHANGED,), None, None),
        ("3", {"21": "100", "113": "0"}, (A.CHANGED,), [], None),
        ("7", {"21": "100"}, (A.REJECTED,), [], "100"),
        ("2", {"21": "100"}, (A.REJECTED,), [], "100"),
        ("7", {}, (A.REJECTED,), [], None),
        ("7", {"21": "100", "113": "20"}, (A.REJECTED,), [("20", None, True)], None),
        ("1", {"113": "12"}, (A.CHANGED,), [("12", None, True)], None),
        ("1", {"21": "12"}, (A.CHANGED,), None, None),
        ("10", {"21": "12"}, (A.REJECTED,), None, None),
        ("23", {"21": "100", "113": "90"}, (A.CHANGED,), [("90", None, True)], None),
        ("4", {"21": "100"}, (A.UNKNOWN,), None, None),
        ("", {"21": "100"}, (A.UNKNOWN,), None, None),
        ("", {"21": "100", "113": "100"}, (A.ACCEPTED,), [("100", None, True)], None),
        ("", {"21": "100", "113": "90"}, (A.CHANGED,), [("90", None, True)], None),
        ("", {"21": "100", "113": "0"}, (A.REJECTED,), [], None),
        (
            "",
            {"21": "100", "113": "80", "83": "20"},
            (A.CHANGED, A.BACKORDERED),
            [("80", None, True), ("20", None, False)],
            None,
        ),
        ("", {"21": "100", "113": "0", "83": "100"}, (A.BACKORDERED,), [("100", None, False)], None),
        ("6", {"21": "100", "113": "70", "185": "30"}, (A.CHANGED,), [("70", None, True)], "30"),
        ("6", {"21": "100", "113": "100", "182": "0"}, (A.CHANGED,), [("100", None, True)], None),
    ],
)
def test_the_action_and_the_quantities_of_a_line_decide_what_is_offered(
    action: str,
    quantities: Mapping[str, str],
    answers: tuple[LineAnswer, ...],
    offered: list[tuple[str, date | None, bool]] | None,
    rejected: str | None,
) -> None:
    line = line_of(lin("1", action=action, quantities=quantities))

    assert line.answers == answers
    assert offers(line) == offered
    assert line.rejected == (Quantity(Decimal(rejected), "H87") if rejected else None)


@pytest.mark.parametrize(
    ("function", "response", "unmentioned", "answers", "offered"),
    [
        ("29", "", Unmentioned.ACCEPTED, (A.ACCEPTED,), [("100", None, True)]),
        ("28", "", Unmentioned.ACCEPTED, (A.ACCEPTED,), [("100", None, True)]),
        ("27", "", Unmentioned.REJECTED, (A.REJECTED,), []),
        ("30", "", Unmentioned.ACCEPTED, (A.UNKNOWN,), None),
        ("34", "", Unmentioned.ACCEPTED, (A.UNKNOWN,), None),
        ("9", "AP", Unmentioned.ACCEPTED, (A.ACCEPTED,), [("100", None, True)]),
        ("9", "RE", Unmentioned.REJECTED, (A.REJECTED,), []),
        ("9", "AC", Unmentioned.UNANSWERED, (A.UNKNOWN,), None),
        ("9", "AI", Unmentioned.ACCEPTED, (A.UNKNOWN,), None),
        ("9", "", Unmentioned.UNANSWERED, (A.UNKNOWN,), None),
        ("4", "", Unmentioned.UNANSWERED, (A.UNKNOWN,), None),
        ("12", "AP", Unmentioned.ACCEPTED, (A.ACCEPTED,), [("100", None, True)]),
    ],
)
def test_the_header_speaks_for_lines_it_does_not_mention_and_for_those_without_an_action(
    function: str,
    response: str,
    unmentioned: Unmentioned,
    answers: tuple[LineAnswer, ...],
    offered: list[tuple[str, date | None, bool]] | None,
) -> None:
    data = order_response("A-1", [lin("1", quantities={"21": "100"})], function=function, response=response)

    confirmation = answered(data)

    assert confirmation.unmentioned is unmentioned
    assert confirmation.lines[0].answers == answers
    assert offers(confirmation.lines[0]) == offered


def test_the_rule_that_decided_stands_with_the_line() -> None:
    assert line_of(lin("1", action="6", quantities={"21": "9", "113": "8"})).rule == "LIN 6: QTY 113"
    assert line_of(lin("1", action="5", quantities={"21": "9"})).rule == "LIN 5: by action"
    assert line_of(lin("1", quantities={"21": "9"}), function="29").rule == "no action, BGM 29: by action"
    assert line_of(lin("1", action="7", quantities={"21": "9"})).rule == "LIN 7: nothing"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (lin("1", action="3", quantities={"21": "100"}), "QUANTITY_UNKNOWN"),
        (lin("1", action="5", quantities={"21": "100", "12": "80"}), "QUANTITY_CONFLICT"),
        (lin("1", action="88", quantities={"21": "100"}), "UNKNOWN_CODE"),
        (lin("1", action="6", quantities={"21": "100", "113": "90", "83": "20"}), "UNBALANCED_ACK"),
        (lin("1", action="5", extra=[qty("21", "9"), qty("21", "8")]), "QUANTITY_REPEATED"),
        (lin("1", action="5", quantities={"21": "9"}, extra=[dtm("67", "20261332")]), "DATE_UNREADABLE"),
        (lin("1", action="5", quantities={"21": "9"}, extra=[dtm("67", "20991231")]), "DATE_UNREADABLE"),
    ],
)
def test_what_is_odd_in_a_line_is_a_warning_with_its_place_and_the_way_out(
    line: list[Segment], code: str
) -> None:
    outcome = read(order_response("A-1", [line]))

    assert outcome.transaction.verdict is Verdict.ACCEPT
    (finding,) = [one for one in outcome.transaction.findings if one.code == code]
    assert finding.segment in ("LIN", "QTY", "DTM")
    assert finding.offset is not None
    assert finding.way_out == "Ask the supplier, or add the meaning to the partner's profile."


def test_a_date_that_stands_for_no_day_leaves_the_offer_open() -> None:
    line = line_of(lin("1", action="5", quantities={"21": "9"}, extra=[dtm("67", "20991231")]))

    assert offers(line) == [("9", None, False)]


# --- dates and schedules ----------------------------------------------------------------------------


def test_the_promised_date_outweighs_the_others_and_the_line_the_header() -> None:
    dates = [dtm("2", FIRST), dtm("17", SECOND), dtm("69", THIRD)]

    promised = line_of(lin("1", action="5", quantities={"21": "9"}, extra=dates))
    of_header = line_of(lin("1", action="5", quantities={"21": "9"}), heading=[dtm("67", SECOND)])
    both = line_of(
        lin("1", action="5", quantities={"21": "9"}, extra=[dtm("67", FIRST)]), heading=[dtm("67", SECOND)]
    )

    assert offers(promised) == [("9", THIRD, True)]
    assert offers(of_header) == [("9", SECOND, True)]
    assert offers(both) == [("9", FIRST, True)]


def test_a_requested_date_counts_on_the_line_but_is_an_echo_in_the_header() -> None:
    on_line = line_of(lin("1", action="5", quantities={"21": "9"}, extra=[dtm("2", FIRST)]))
    in_header = line_of(lin("1", action="5", quantities={"21": "9"}), heading=[dtm("2", FIRST)])

    assert offers(on_line) == [("9", FIRST, True)]
    assert offers(in_header) == [("9", None, True)]


def test_a_ship_date_stays_one_until_the_profile_knows_the_lead_time() -> None:
    line = lin("1", action="5", quantities={"21": "9"}, extra=[dtm("11", FIRST)])

    (kept,) = line_of(line).offered or ()
    (turned,) = line_of(line, PartnerRules(lead_time_days=2)).offered or ()

    assert (kept.date, kept.date_kind) == (FIRST, DateKind.SHIP)
    assert (turned.date, turned.date_kind) == (FIRST + timedelta(days=2), DateKind.DELIVERY)


def test_dates_of_references_prices_and_allowances_are_not_the_lines() -> None:
    line = lin(
        "1",
        action="5",
        quantities={"21": "9"},
        extra=[rff("ON", "A-1"), dtm("171", FIRST), pri("5"), dtm("7", SECOND)],
    )

    assert offers(line_of(line)) == [("9", None, True)]


def test_a_delivery_date_counts_wherever_the_sender_puts_it() -> None:
    line = lin("1", action="5", quantities={"21": "9"}, extra=[rff("ON", "A-1"), dtm("67", FIRST)])

    assert offers(line_of(line)) == [("9", FIRST, True)]


def test_confirmed_quantities_with_a_date_each_are_parts() -> None:
    line = lin(
        "1",
        action="6",
        quantities={"21": "100"},
        extra=[qty("113", "60"), dtm("67", FIRST), qty("113", "40"), dtm("67", SECOND)],
    )

    assert offers(line_of(line)) == [("60", FIRST, True), ("40", SECOND, True)]


def test_the_confirmed_and_the_backordered_part_keep_their_own_dates() -> None:
    line = lin(
        "1",
        action="6",
        quantities={"21": "100"},
        extra=[qty("83", "40"), dtm("67", SECOND), qty("113", "60"), dtm("67", FIRST)],
    )

    assert offers(line_of(line)) == [("60", FIRST, True), ("40", SECOND, True)]


def test_one_date_after_all_quantities_is_that_of_the_confirmed_part() -> None:
    line = lin("1", quantities={"21": "100", "113": "80", "83": "20"}, extra=[dtm("67", FIRST)])

    assert offers(line_of(line)) == [("80", FIRST, True), ("20", None, False)]


def test_where_nothing_is_confirmed_the_date_is_that_of_the_backorder() -> None:
    line = lin("1", quantities={"21": "100", "113": "0", "83": "100"}, extra=[dtm("67", FIRST)])

    assert offers(line_of(line)) == [("100", FIRST, True)]


def test_ordered_quantities_with_a_date_each_are_accepted_as_parts() -> None:
    line = lin(
        "1",
        action="5",
        extra=[qty("21", "60"), dtm("2", FIRST), qty("21", "40"), dtm("2", SECOND)],
    )

    assert offers(line_of(line)) == [("60", FIRST, True), ("40", SECOND, True)]


@pytest.mark.parametrize("opener", [("SCC", "1"), ("LOC", "7", "4012345000009")])
def test_a_schedule_spreads_what_is_confirmed(opener: Segment) -> None:
    line = lin(
        "1",
        action="6",
        quantities={"21": "100", "113": "90"},
        extra=[opener, qty("113", "50"), dtm("67", FIRST), opener, qty("113", "40"), dtm("67", SECOND)],
    )

    found = line_of(line)

    assert offers(found) == [("50", FIRST, True), ("40", SECOND, True)]
    assert found.rule == "LIN 6: QTY 113, schedule"


def test_a_schedule_alone_is_what_a_changed_line_confirms() -> None:
    line = lin(
        "1", action="6", quantities={"21": "100"}, extra=[("SCC", "1"), qty("11", "50"), dtm("67", FIRST)]
    )

    found = line_of(line)

    assert offers(found) == [("50", FIRST, True)]
    assert found.rule == "LIN 6: schedule"


def test_a_schedule_that_does_not_add_up_is_told_and_never_more_than_what_is_confirmed() -> None:
    short = lin(
        "1",
        action="6",
        quantities={"21": "100", "113": "90"},
        extra=[("SCC", "1"), qty("113", "50"), dtm("67", FIRST)],
    )
    long = lin(
        "1",
        action="6",
        quantities={"21": "100", "113": "30"},
        extra=[("SCC", "1"), qty("113", "50"), dtm("67", FIRST)],
    )

    assert offers(line_of(short)) == [("50", FIRST, True), ("40", None, True)]
    assert offers(line_of(long)) == [("30", FIRST, True)]
    assert codes(order_response("A-1", [short])) == {"SCHEDULE_SUM"}


def test_a_schedule_in_other_units_is_left_alone() -> None:
    line = lin(
        "1",
        action="6",
        quantities={"21": "100", "113": "90"},
        extra=[("SCC", "1"), qty("113", "5", "CT"), dtm("67", FIRST)],
    )

    (part,) = line_of(line).offered or ()

    assert part.quantity == Quantity(Decimal(90), "H87")


# --- items, prices, references ----------------------------------------------------------------------


def test_an_item_goes_by_all_its_names() -> None:
    names: Segment = ("PIA", "1", ("MAT-1", "IN"), ("ART-9", "SA"), ("M-7", "MF"))
    line = line_of(lin("1", action="5", quantities={"21": "9"}, extra=[names]))

    assert line.ids == ItemIds("MAT-1", "ART-9", "4012345000016", "M-7")


def test_the_main_name_may_stand_in_pia_alone() -> None:
    line = line_of(
        lin("1", action="5", item="", quantities={"21": "9"}, extra=[("PIA", "5", ("ART-9", "SA"))])
    )

    assert line.ids == ItemIds(supplier="ART-9")


def test_a_substitute_is_the_item_named_in_its_place() -> None:
    by = line_of(lin("1", action="5", quantities={"21": "9"}, extra=[("PIA", "3", ("ART-9", "SA"))]))
    instead_of = line_of(
        lin(
            "1",
            action="38",
            item="NEW",
            kind="SA",
            quantities={"21": "9", "113": "9"},
            extra=[("PIA", "4", ("OLD", "SA"))],
        )
    )

    assert (by.ids, by.substitute) == (ItemIds(gtin="4012345000016"), ItemIds(supplier="ART-9"))
    assert (instead_of.ids, instead_of.substitute) == (ItemIds(supplier="OLD"), ItemIds(supplier="NEW"))
    assert instead_of.answers == (A.SUBSTITUTED,)


@pytest.mark.parametrize(
    ("prices", "price"),
    [
        ([pri("12.50")], Price(Decimal("12.5"), "EUR")),
        ([pri("20", "AAB"), pri("12.50")], Price(Decimal("12.5"), "EUR")),
        ([pri("20", "AAB")], Price(Decimal(20), "EUR")),
        ([pri("20", "AAB"), ("ALC", "A", "", "", "", "DI")], None),
        ([pri("99", "INF")], None),
        ([pri("", "AAA")], None),
        ([pri("14.58", per="100", unit="KGM")], Price(Decimal("14.58"), "EUR", Decimal(100), "KGM")),
        ([pri("14.58", per="1000")], Price(Decimal("14.58"), "EUR", Decimal(1000))),
        ([pri("14.58", unit="PCE")], Price(Decimal("14.58"), "EUR", Decimal(1), "H87")),
        ([], None),
    ],
)
def test_the_net_price_is_read_with_its_basis(prices: list[Segment], price: Price | None) -> None:
    assert line_of(lin("1", action="5", quantities={"21": "9"}, extra=prices)).price == price


@pytest.mark.parametrize(
    ("extra", "code", "place", "value"),
    [
        ([qty("113", "1O0")], "NUMBER_UNREADABLE", ("QTY", 1, 2), "1O0"),
        ([qty("113", "1,5")], "NUMBER_UNREADABLE", ("QTY", 1, 2), "1,5"),
        ([qty("113", "-5")], "QUANTITY_NEGATIVE", ("QTY", 1, 2), "-5"),
        ([pri("1.000.00")], "NUMBER_UNREADABLE", ("PRI", 1, 2), "1.000.00"),
        ([pri("10", per="0")], "PRICE_BASIS", ("PRI", 1, 5), "0"),
    ],
)
def test_a_value_that_cannot_be_read_refuses_the_message_and_names_its_place(
    extra: list[Segment], code: str, place: tuple[str, int, int], value: str
) -> None:
    outcome = read(order_response("A-1", [lin("1", action="6", quantities={"21": "9"}, extra=extra)]))

    assert outcome.transaction.verdict is Verdict.REJECT
    assert outcome.transaction.document is None
    (finding,) = [one for one in outcome.transaction.findings if one.code == code]
    assert (finding.segment, finding.element, finding.component) == place
    assert finding.value == value
    assert finding.way_out
    assert finding.offset is not None


def test_the_heading_is_read() -> None:
    heading = [
        rff("VN", "SO-77"),
        ("NAD", "SU", ("4000001000005", "", "9"), "", "Dorn GmbH"),
        ("FTX", "AAI", "", "", ("Closed on Friday", "and Monday")),
    ]

    confirmation = answered(order_response("A-1", [], number="OR-7", function="29", heading=heading))

    assert (confirmation.order_number, confirmation.number, confirmation.currency) == ("A-1", "OR-7", "EUR")
    assert confirmation.references == (Reference("order", "A-1"), Reference("supplier_order", "SO-77"))
    assert confirmation.parties == (Party("supplier", "4000001000005", "gln", "Dorn GmbH"),)
    assert confirmation.notes == ("Closed on Friday and Monday",)
    assert confirmation.version.document_time == NOON


@pytest.mark.parametrize(
    ("function", "purpose"),
    [
        ("9", Purpose.ORIGINAL),
        ("29", Purpose.ORIGINAL),
        ("1", Purpose.CANCEL),
        ("4", Purpose.CHANGE),
        ("5", Purpose.REPLACE),
        ("", Purpose.ORIGINAL),
    ],
)
def test_the_function_says_what_becomes_of_an_earlier_answer(function: str, purpose: Purpose) -> None:
    assert answered(order_response("A-1", [], function=function)).purpose is purpose


@pytest.mark.parametrize(
    ("find", "put"), [(b"BGM+231+OR-1+4", b"BGM+231+OR-1+99"), (b"BGM+231+OR-1+4", b"BGM+231+OR-1+9+QQ")]
)
def test_a_function_or_response_nobody_knows_is_read_as_an_original_and_told(find: bytes, put: bytes) -> None:
    outcome = read(order_response("A-1", []).replace(find, put))

    assert outcome.transaction.verdict is Verdict.ACCEPT
    assert "UNKNOWN_CODE" in outcome.codes()


def test_the_order_may_stand_in_the_lines_alone_and_must_be_one() -> None:
    def with_orders(*orders: str) -> Outcome:
        lines = [
            lin(str(n), action="5", quantities={"21": "9"}, extra=[rff("ON", o)])
            for n, o in enumerate(orders, 1)
        ]
        return read(order_response("", lines))

    one, two, none = with_orders("A-1", "A-1"), with_orders("A-1", "A-2"), with_orders()

    assert isinstance(one.transaction.document, Confirmation)
    assert one.transaction.document.order_number == "A-1"
    assert two.codes() == {"SEVERAL_ORDERS"}
    assert none.codes() == {"ORDER_NUMBER_MISSING"}


def test_a_message_without_its_beginning_is_refused_and_answered_as_missing() -> None:
    outcome = read(order_response("A-1", []).replace(b"BGM+", b"BGX+"))

    assert outcome.codes() == {"SEGMENT_MISSING"}
    assert outcome.transaction.ack_codes == ("13",)


def test_the_number_of_the_order_line_comes_from_the_reference_before_the_line_itself() -> None:
    referred = line_of(lin("1", action="5", quantities={"21": "9"}, extra=[rff("ON", "A-1", "30")]))
    by_item = line_of(lin("1", action="5", quantities={"21": "9"}, extra=[rff("LI", "30"), rff("ON", "A-1")]))
    own = line_of(lin("10", action="5", quantities={"21": "9"}))
    repeated = line_of(
        lin("10", action="5", quantities={"21": "9"}, extra=[rff("LI", "A-1"), rff("ON", "A-1")])
    )

    assert (referred.line_number, referred.supplier_line_number) == ("30", "1")
    assert (by_item.line_number, by_item.supplier_line_number) == ("30", "1")
    assert (own.line_number, own.supplier_line_number) == ("10", None)
    assert repeated.line_number == "10"


@pytest.mark.parametrize(
    ("source", "number"),
    [("LIN", "7"), ("NONE", None), ("RFF:LI", "30"), ("RFF:ON", "20"), ("RFF:ZZZ", None)],
)
def test_the_profile_says_where_the_number_of_the_order_line_stands(source: str, number: str | None) -> None:
    rules = PartnerRules(edifact=EdifactOverrides(line_number_source=source))
    line = lin("7", action="5", quantities={"21": "9"}, extra=[rff("LI", "30"), rff("ON", "A-1", "20")])

    assert line_of(line, rules).line_number == number


def test_texts_and_coded_reasons_are_kept() -> None:
    extra: list[Segment] = [("FTX", "AAO", "", "", "OUT OF STOCK"), ("QVR", ("-20", "21"), "AD")]

    line = line_of(lin("1", action="6", quantities={"21": "100", "113": "80"}, extra=extra))

    assert line.reasons == ("OUT OF STOCK", "AD")


def test_a_part_of_a_set_is_no_line() -> None:
    part: list[Segment] = [("LIN", "2", "", ("PART", "SA"), ("1", "1")), qty("21", "4")]

    confirmation = answered(order_response("A-1", [lin("1", action="5", quantities={"21": "9"}), part]))

    assert len(confirmation.lines) == 1


# --- partners -----------------------------------------------------------------------------------------


def test_a_partner_that_confirms_by_another_quantity_is_read_by_its_profile() -> None:
    line = lin("1", action="3", quantities={"21": "80"})
    rules = PartnerRules(edifact=EdifactOverrides(confirmed_quantity=("12", "21")))

    assert offers(line_of(line, rules)) == [("80", None, True)]


def test_a_partner_may_have_actions_quantities_and_dates_of_its_own() -> None:
    rules = PartnerRules(
        edifact=EdifactOverrides(
            actions={"36": "5"},
            quantity_kinds={"66": "backordered"},
            delivery_dates=("63",),
            units={"STK": "H87"},
            id_kinds={"EN": "supplier"},
        )
    )
    line = lin("1", action="36", quantities={"21": "9", "66": "2"}, unit="STK", extra=[dtm("63", FIRST)])

    found = line_of(line, rules)

    assert found.ids == ItemIds(supplier="4012345000016")
    assert found.answers == (A.ACCEPTED, A.BACKORDERED)
    assert offers(found) == [("9", FIRST, True), ("2", None, False)]
    assert {part.quantity.unit for part in found.offered or ()} == {"H87"}


def test_a_header_status_and_a_purpose_may_be_overridden() -> None:
    rules = PartnerRules(edifact=EdifactOverrides(header_status={"9": "29"}, purposes={"700101": "replace"}))

    accepted = answered(order_response("A-1", [lin("1", quantities={"21": "9"})], function="9"), rules)
    replaced = answered(order_response("A-1", [], function="700101"), rules)

    assert accepted.unmentioned is Unmentioned.ACCEPTED
    assert replaced.purpose is Purpose.REPLACE


# --- which is newer ------------------------------------------------------------------------------------


def test_a_document_with_a_time_of_its_own_counts_from_it_and_ties_go_by_the_interchange() -> None:
    def version_of(written: str, sent: datetime, control: str) -> tuple[datetime, str]:
        data = order_response("A-1", [], at=sent, control=control)
        data = data.replace(b"DTM+137:20261123:102", f"DTM+137:{written}".encode())
        version = answered(data).version
        return version.document_time, version.control_number

    later = NOON + timedelta(hours=1)
    first, second = version_of("202611231130:203", NOON, "9"), version_of("202611231130:203", later, "10")

    assert first[0] == second[0] == datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
    assert first < second
    assert version_of("202612010000:203", NOON, "9")[0] == NOON
    assert version_of("20261123:102", NOON, "9")[0] == NOON
