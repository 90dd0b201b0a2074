"""The 997 and the TA1 as bytes: who answers whom, in which version, with which codes."""

from datetime import datetime

import pytest

from erp_connectors.edi import DecodedGroup, DecodedInterchange, Verdict
from erp_connectors.edi.acknowledgements import (
    ControlNumbers,
    functional_acknowledgement,
    interchange_acknowledgement,
)
from tests.builders.x12 import (
    Parties,
    ack,
    change_confirmation_865,
    confirmation_segments,
    interchange,
    invoice_810,
    it1,
    order_change_860,
    po1,
    poc,
    rcd,
    receipt_861,
    shipment_status_214,
)
from tests.erp_connectors.edi.decoding import Outcome, read

NUMBERS = ControlNumbers(interchange=77, group=78, transaction=79)
AT = datetime(2026, 11, 23, 14, 30)


def confirmations(*orders: str) -> bytes:
    transactions = [
        ("855", confirmation_segments(order, [po1("1", "100", acks=[ack("IA", "100")])])) for order in orders
    ]
    parties = Parties(sender="SUPPLIER", sender_qualifier="01", receiver="BUYER", receiver_qualifier="ZZ")
    return interchange(transactions, control=5, parties=parties, version="004010VICS")


def answer(outcome: Outcome) -> list[list[str]]:
    group: DecodedGroup = outcome.group
    received: DecodedInterchange = outcome.interchange
    data = functional_acknowledgement(received, group, NUMBERS, AT)
    assert read(data).file.verdict is Verdict.ACCEPT
    return [segment.split("*") for segment in data.decode().rstrip("~").split("~")]


def test_three_confirmations_with_a_broken_middle_are_answered_a_r_a_and_p_3_3_2() -> None:
    data = confirmations("A-1", "A-2", "A-3").replace(b"SE*7*0002", b"SE*9*0002")

    segments = answer(read(data))

    assert segments[2:-3] == [
        ["ST", "997", "0079"],
        ["AK1", "PR", "5"],
        ["AK2", "855", "0001"],
        ["AK5", "A"],
        ["AK2", "855", "0002"],
        ["AK5", "R", "4"],
        ["AK2", "855", "0003"],
        ["AK5", "A"],
        ["AK9", "P", "3", "3", "2"],
    ]


def test_it_swaps_the_ids_and_keeps_the_version_of_what_it_answers() -> None:
    isa, gs, *_ = answer(read(confirmations("A-1")))

    assert isa[5:9] == ["ZZ", "BUYER          ", "01", "SUPPLIER       "]
    assert isa[13:15] == ["000000077", "0"]
    assert gs == ["GS", "FA", "BUYER", "SUPPLIER", "20261123", "1430", "78", "X", "004010VICS"]


def test_a_bad_element_is_named_with_its_segment_position_and_value() -> None:
    data = confirmations("A-1").replace(b"ACK*IA*100", b"ACK*IA*1~00".replace(b"~", b">"))

    segments = answer(read(data))

    assert ["AK3", "ACK", "5", "", "8"] in segments
    assert ["AK4", "2", "", "6", "1 00"] in segments
    assert ["AK5", "R", "5"] in segments
    assert ["AK9", "R", "1", "1", "0"] in segments


@pytest.mark.parametrize(
    ("data", "group", "place", "value"),
    [
        (order_change_860("A-1", [poc("1", "QI", "1x")]), "PC", ("POC", "3"), "1x"),
        (change_confirmation_865("A-1", [poc("1", "QI", "1x")]), "CA", ("POC", "3"), "1x"),
        (receipt_861("R-1", [rcd("1", "1x")]), "RC", ("RCD", "2"), "1x"),
        (invoice_810("I-1", [it1("1", "1")], total="1.00"), "IN", ("TDS", "1"), "1.00"),
        (shipment_status_214("", []), "QM", ("B10", "2"), ""),
    ],
    ids=["860", "865", "861", "810", "214"],
)
def test_every_set_is_answered_in_its_group_with_the_place_of_what_was_wrong(
    data: bytes, group: str, place: tuple[str, str], value: str
) -> None:
    segments = answer(read(data))

    (ak1,) = [segment for segment in segments if segment[0] == "AK1"]
    (ak3,) = [segment for segment in segments if segment[0] == "AK3"]
    (ak4,) = [segment for segment in segments if segment[0] == "AK4"]
    assert ak1[1] == group
    assert (ak3[1], ak4[1]) == place
    assert (ak4[4] if len(ak4) > 4 else "") == value
    assert ["AK5", "R", "5"] in segments


def test_a_missing_segment_is_named_with_the_place_where_it_belongs() -> None:
    segments = answer(read(confirmations("A-1").replace(b"BAK*", b"BAX*")))

    assert ["AK3", "BAK", "2", "", "3"] in segments
    assert not any(segment[0] == "AK4" for segment in segments)


def test_a_wrong_group_count_is_answered_e_with_code_5() -> None:
    segments = answer(read(confirmations("A-1").replace(b"GE*1*5", b"GE*2*5")))

    assert ["AK9", "E", "2", "1", "1", "5"] in segments


def test_a_transaction_without_readable_st_is_answered_under_the_number_of_its_se() -> None:
    segments = answer(read(confirmations("A-1", "A-2").replace(b"ST*855*0001", b"SX*855*0001")))

    assert ["AK2", "000", "0001"] in segments
    assert ["AK5", "R", "6"] in segments
    assert ["AK9", "P", "2", "2", "1"] in segments


def test_a_ta1_refuses_an_interchange_by_its_number_date_and_code() -> None:
    data = confirmations("A-1").replace(b"IEA*1*000000005", b"IEA*1*000000006")

    answered = interchange_acknowledgement(read(data).interchange, NUMBERS, AT)

    assert b"TA1*000000005*261123*1200*R*001~" in answered
    assert read(answered).file.verdict is Verdict.ACCEPT
    assert not read(answered).interchange.needs_acknowledgement


def test_a_ta1_is_due_where_the_sender_asks_for_one() -> None:
    asked = confirmations("A-1").replace(b"*0*P*>", b"*1*P*>")

    assert read(asked).interchange.needs_acknowledgement
    assert not read(confirmations("A-1")).interchange.needs_acknowledgement
