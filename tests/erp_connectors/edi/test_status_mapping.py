"""A 214 as a shipment status: events by code and reason, the carrier's ETA, clocks, numbers and orders."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from erp_connectors.canonical.documents import ShipmentEvent, ShipmentStatus, StatusEvent
from erp_connectors.canonical.values import Reference
from erp_connectors.edi import MappingOverrides, PartnerRules
from tests.builders.x12 import NOON, Segment, at7, interchange, shipment_status_214
from tests.erp_connectors.edi.decoding import Outcome, read

E = ShipmentEvent


def outcome_of(
    *events: Sequence[Segment],
    rules: PartnerRules = PartnerRules(),  # noqa: B008
    header: Sequence[Segment] = (),
    shipment: str = "ASN-7",
) -> Outcome:
    return read(shipment_status_214("PRO-1", events, shipment=shipment, header=header), rules)


def document_of(outcome: Outcome) -> ShipmentStatus:
    document = outcome.transaction.document
    assert isinstance(document, ShipmentStatus), outcome.codes()
    return document


def event_of(outcome: Outcome) -> StatusEvent:
    (event,) = document_of(outcome).events
    return event


def test_it_carries_its_numbers_carrier_orders_references_and_events() -> None:
    header = [("L11", "4500010001", "PO"), ("L11", "BOL-9", "BM"), ("L11", "4500010001", "PO")]
    left = at7("AF", "NS", "20261122", "0930", "ET", place=["ATLANTA", "GA", "US"])

    document = document_of(outcome_of(left, at7("AG", "NS", "20261125"), header=header))

    assert (document.number, document.tracking, document.carrier) == ("ASN-7", "PRO-1", "SCAC")
    assert document.order_numbers == ("4500010001",)
    assert Reference("bill_of_lading", "BOL-9") in document.references
    assert document.events == (
        StatusEvent(
            kind=E.PICKED_UP,
            at=datetime(2026, 11, 22, 14, 30, tzinfo=UTC),
            code="AF",
            reason="NS",
            place="ATLANTA, GA, US",
        ),
        StatusEvent(kind=E.OTHER, at=NOON, code="AG", reason="NS", eta=date(2026, 11, 25)),
    )


def test_the_reading_keeps_everything_as_sent() -> None:
    data = shipment_status_214(
        "PRO-1",
        [[*at7("D1", "NS", "20261125", "1630", "LT", place=["HAMBURG"]), ("AT8", "G", "K", "4")]],
        shipment="S-1",
        header=[("L11", "A-1", "PO"), ("N1", "ST", "Dock 3")],
    )

    reading = read(data).transaction.reading

    assert reading is not None
    wanted = ("pro", "shipment", "scac", "l11", "at7", "ms1", "at8", "n1", "lines_n", "lines")
    assert {key: reading[key] for key in wanted} == {
        "pro": "PRO-1",
        "shipment": "S-1",
        "scac": "SCAC",
        "l11": [["A-1", "PO"]],
        "at7": [["D1", "NS", "", "", "20261125", "1630", "LT"]],
        "ms1": [["HAMBURG"]],
        "at8": [["G", "K", "4"]],
        "n1": ["ST=Dock 3"],
        "lines_n": 0,
        "lines": [],
    }


# --- codes (DE 1650, 1651, 1652) ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AF", E.PICKED_UP),
        ("CP", E.PICKED_UP),
        ("X4", E.IN_TRANSIT),
        ("P1", E.IN_TRANSIT),
        ("X6", E.IN_TRANSIT),
        ("K1", E.IN_TRANSIT),
        ("X1", E.ARRIVED),
        ("AJ", E.OUT_FOR_DELIVERY),
        ("D1", E.DELIVERED),
        ("CB", E.DELIVERED),
        ("PA", E.OTHER),
        ("SD", E.DELAYED),
        ("A7", E.REFUSED),
        ("A9", E.DAMAGED),
        ("PR", E.CUSTOMS_HOLD),
        ("AH", E.FAILED_ATTEMPT),
        ("AP", E.FAILED_ATTEMPT),
        ("A3", E.RETURNED),
        ("XB", E.OTHER),
    ],
)
def test_a_status_says_what_happened(code: str, kind: ShipmentEvent) -> None:
    outcome = outcome_of(at7(code, "NS", "20261122"))

    assert (event_of(outcome).kind, event_of(outcome).code) == (kind, code)
    assert outcome.codes() == set()


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        ("SD", "AS", E.CUSTOMS_HOLD),
        ("X6", "BD", E.CUSTOMS_HOLD),
        ("AH", "BS", E.REFUSED),
        ("CA", "BT", E.RETURNED),
        ("SD", "AK", E.DAMAGED),
        ("SD", "AO", E.DELAYED),
        ("AH", "AG", E.FAILED_ATTEMPT),
        ("D1", "AS", E.DELIVERED),
        ("A7", "CA", E.REFUSED),
    ],
)
def test_a_reason_says_more_of_a_shipment_that_is_still_on_its_way(
    code: str, reason: str, kind: ShipmentEvent
) -> None:
    event = event_of(outcome_of(at7(code, reason, "20261122")))

    assert (event.kind, event.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("event", "element", "value"),
    [
        (at7("Q9", "NS", "20261122"), 1, "Q9"),
        (at7("", "", "20261122"), 1, ""),
        (at7("", "", "20261122", appointment="Q8"), 3, "Q8"),
        (at7("D1", "NS", "20261122", "1200", "Q7"), 7, "Q7"),
    ],
)
def test_a_code_nobody_knows_is_named_and_refuses_nothing(
    event: list[Segment], element: int, value: str
) -> None:
    outcome = outcome_of(event)

    (finding,) = outcome.transaction.findings
    assert (finding.code, finding.segment, finding.element, finding.value) == (
        "UNKNOWN_CODE",
        "AT7",
        element,
        value,
    )
    assert finding.way_out
    assert outcome.transaction.ack_status == "A"
    assert event_of(outcome).kind in (E.OTHER, E.DELIVERED)


def test_a_partner_can_have_codes_of_its_own() -> None:
    overrides = MappingOverrides(
        shipment_events={"Q9": "lost"},
        shipment_reasons={"ZZ": "customs_hold"},
        eta_codes=frozenset({"SD"}),
        time_zones={"XX": "Asia/Tokyo"},
    )
    rules = PartnerRules(overrides=overrides)

    lost = at7("Q9", "", "20261122", "0900", "XX")
    document = document_of(
        outcome_of(lost, at7("SD", "ZZ", "20261125"), at7("AG", "", "20261126"), rules=rules)
    )

    assert [event.kind for event in document.events] == [E.LOST, E.CUSTOMS_HOLD, E.OTHER]
    assert [event.eta for event in document.events] == [None, date(2026, 11, 25), None]
    assert document.events[0].at == datetime(2026, 11, 22, tzinfo=UTC)


# --- the carrier's ETA ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        at7("AG", "NS", "20261125", "1700", "ET"),
        at7("X2", "NS", "20261125"),
        at7("", "", "20261125", appointment="AB", why="NA"),
        at7("", "", "20261125", appointment="AC"),
        at7("", "", "20261125", appointment="X9"),
    ],
)
def test_an_estimate_and_an_appointment_state_the_eta_and_were_said_with_the_message(
    event: list[Segment],
) -> None:
    found = event_of(outcome_of(event))

    assert (found.eta, found.at) == (date(2026, 11, 25), NOON)


@pytest.mark.parametrize(
    "event", [at7("SD", "AO", "20261125"), at7("B6", "", "20261125"), at7("D1", "", "20261125")]
)
def test_the_day_of_something_else_is_no_eta(event: list[Segment]) -> None:
    assert event_of(outcome_of(event)).eta is None


@pytest.mark.parametrize("on", ["", "20491231", "20261345", "soon"])
def test_an_estimate_without_a_readable_day_states_no_eta(on: str) -> None:
    outcome = outcome_of(at7("AG", "NS", on))

    assert event_of(outcome).eta is None
    (finding,) = outcome.transaction.findings
    assert (finding.code, finding.element, finding.value) == ("DATE_UNREADABLE", 5, on)


# --- clocks (DE 623) ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("ET", 17),
        ("ES", 17),
        ("ED", 16),
        ("CT", 18),
        ("MS", 19),
        ("PT", 20),
        ("UT", 12),
        ("GM", 12),
        ("NT", 15),
        ("01", 11),
        ("12", 0),
        ("13", 24),
        ("20", 17),
        ("24", 13),
        ("LT", 11),
        ("", 11),
        ("QQ", 11),
    ],
)
def test_a_time_is_read_by_its_code_and_else_by_the_partners_clock(zone: str, hour: int) -> None:
    outcome = outcome_of(
        at7("D1", "NS", "20261122", "1200", zone), rules=PartnerRules(time_zone="Europe/Berlin")
    )

    found = event_of(outcome).at
    assert (found - datetime(2026, 11, 22, tzinfo=UTC)).total_seconds() // 3600 == hour


def test_a_zone_knows_its_summer_time() -> None:
    event = event_of(outcome_of(at7("D1", "NS", "20260722", "1200", "ET")))

    assert event.at == datetime(2026, 7, 22, 16, tzinfo=UTC)


def test_an_event_without_a_day_happened_when_it_was_said() -> None:
    assert event_of(outcome_of(at7("X6", "NS"))).at == NOON


def test_an_event_with_an_unreadable_day_happened_when_it_was_said_and_a_person_is_told() -> None:
    outcome = outcome_of(at7("D1", "NS", "20261345"))

    assert (event_of(outcome).kind, event_of(outcome).at) == (E.DELIVERED, NOON)
    assert outcome.codes() == {"DATE_UNREADABLE"}


def test_a_six_digit_date_gets_its_century() -> None:
    assert event_of(outcome_of(at7("D1", "NS", "261122"))).at == datetime(2026, 11, 22, tzinfo=UTC)


# --- numbers and orders ---------------------------------------------------------------------------


def test_without_a_shipment_number_the_carriers_own_stands_for_it() -> None:
    document = document_of(outcome_of(at7("X6"), shipment=""))

    assert (document.number, document.tracking) == ("PRO-1", "PRO-1")


def test_orders_are_named_in_references_and_in_order_details() -> None:
    event = [*at7("X6"), ("L11", "A-2", "PO"), ("SPO", "A-3"), ("OID", "S-1", "A-4"), ("OID", "S-2", "A-2")]

    document = document_of(outcome_of(event, header=[("L11", "A-1", "PO"), ("L11", "", "CI")]))

    assert document.order_numbers == ("A-1", "A-2", "A-3", "A-4")


@pytest.mark.parametrize(
    ("beginning", "code"),
    [(("BSN", "00", "X"), "SEGMENT_MISSING"), (("B10", "", "", "SCAC"), "SHIPMENT_NUMBER_MISSING")],
)
def test_one_without_its_beginning_or_any_number_is_refused(beginning: Segment, code: str) -> None:
    outcome = read(interchange([("214", [beginning, *at7("X6")])]))

    assert outcome.codes() == {code}
    assert outcome.transaction.ack_status == "R"
