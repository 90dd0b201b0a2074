"""The CONTRL as bytes: who answers whom, in which syntax, message by message, with the codes of DE 0085."""

from datetime import datetime

from erp_connectors.edi import Verdict
from erp_connectors.edi.acknowledgements import ControlNumbers
from erp_connectors.edi.edifact.contrl import syntax_report
from tests.builders.edifact import Parties, interchange, lin, order_response_segments
from tests.erp_connectors.edi.decoding import Outcome, read

NUMBERS = ControlNumbers(interchange=77)
AT = datetime(2026, 11, 23, 14, 30)


def responses(*orders: str, group: str = "", syntax: str = "UNOC:3") -> bytes:
    messages = [
        ("ORDRSP", order_response_segments(order, [lin("1", action="5", quantities={"21": "100"})]))
        for order in orders
    ]
    parties = Parties(sender="SUPPLIER", sender_qualifier="14", receiver="BUYER", receiver_qualifier="ZZ")
    return interchange(messages, control="REF5", parties=parties, group=group, syntax=syntax)


def answer(outcome: Outcome) -> list[str]:
    data = syntax_report(outcome.interchange, outcome.groups, NUMBERS, AT)
    again = read(data)
    assert again.file.verdict is Verdict.ACCEPT, again.codes()
    assert not again.interchange.needs_acknowledgement
    text = data.decode("latin-1")
    assert text.startswith("UNA:+.? '")
    return text[9:].rstrip("'").split("'")


def test_three_messages_with_a_broken_middle_are_answered_one_by_one() -> None:
    data = responses("A-1", "A-2", "A-3").replace(b"UNT+9+2", b"UNT+8+2")

    segments = answer(read(data))

    assert segments == [
        "UNB+UNOC:3+BUYER:ZZ+SUPPLIER:14+261123:1430+77",
        "UNH+1+CONTRL:D:3:UN",
        "UCI+REF5+SUPPLIER:14+BUYER:ZZ+7",
        "UCM+1+ORDRSP:D:96A:UN:EAN008+7",
        "UCM+2+ORDRSP:D:96A:UN:EAN008+4+29",
        "UCM+3+ORDRSP:D:96A:UN:EAN008+7",
        "UNT+6+1",
        "UNZ+1+77",
    ]


def test_a_bad_value_is_named_with_its_segment_element_and_component() -> None:
    segments = answer(read(responses("A-1").replace(b"QTY+21:100", b"QTY+21:1OO")))

    assert segments[3:6] == ["UCM+1+ORDRSP:D:96A:UN:EAN008+4+12", "UCS+7+12", "UCD+37+2:2"]


def test_a_missing_segment_is_named_with_the_place_where_it_belongs() -> None:
    segments = answer(read(responses("A-1").replace(b"BGM+", b"BGX+")))

    assert segments[3:5] == ["UCM+1+ORDRSP:D:96A:UN:EAN008+4+13", "UCS+2+13"]
    assert not any(segment.startswith("UCD") for segment in segments)


def test_an_interchange_that_is_refused_whole_is_answered_by_one_segment() -> None:
    segments = answer(read(responses("A-1", "A-2").replace(b"UNZ+2+REF5", b"UNZ+2+REF6")))

    assert segments[2:-2] == ["UCI+REF5+SUPPLIER:14+BUYER:ZZ+4+28"]


def test_a_group_is_answered_before_its_messages_and_alone_where_it_is_refused() -> None:
    sound = answer(read(responses("A-1", group="77")))
    counted = answer(read(responses("A-1", group="77").replace(b"UNE+1+77", b"UNE+2+77")))
    refused = answer(read(responses("A-1", group="77").replace(b"UNE+1+77", b"UNE+1+78")))

    assert sound[3:5] == ["UCF+77+SUPPLIER+BUYER+7", "UCM+1+ORDRSP:D:96A:UN:EAN008+7"]
    assert counted[3] == "UCF+77+SUPPLIER+BUYER+7+29"
    assert refused[3:-2] == ["UCF+77+SUPPLIER+BUYER+4+28"]


def test_it_answers_in_the_syntax_of_what_it_answers_and_in_plain_where_that_is_none() -> None:
    fourth = answer(read(responses("A-1", syntax="UNOC:4")))
    unknown = answer(read(responses("A-1").replace(b"UNOC:3", b"UNOC:7")))

    assert fourth[:2] == ["UNB+UNOC:4+BUYER:ZZ+SUPPLIER:14+20261123:1430+77", "UNH+1+CONTRL:4:1:UN"]
    assert unknown[0].startswith("UNB+UNOC:3+")


def test_a_test_is_answered_as_a_test() -> None:
    data = responses("A-1").replace(b"+REF5'\nUNH", b"+REF5++++++1'\nUNH")

    assert answer(read(data))[0].endswith("+77++++++1")


def test_acknowledgements_among_others_are_not_answered() -> None:
    control = ("CONTRL", [("UCI", "1", ("BUYER", "ZZ"), ("SUPPLIER", "14"), "7")])
    response = ("ORDRSP", order_response_segments("A-1", []))

    segments = answer(read(interchange([control, response], control="REF5")))

    assert [segment for segment in segments if segment.startswith("UCM")] == [
        "UCM+2+ORDRSP:D:96A:UN:EAN008+7"
    ]


def test_a_message_nobody_could_name_is_answered_under_its_reference() -> None:
    segments = answer(read(responses("A-1", "A-2").replace(b"UNH+1+", b"UNX+1+")))

    assert segments[3].startswith("UCM+1+ZZZZZZ+4+13")


def test_ids_longer_than_their_place_are_cut() -> None:
    data = responses("A-1").replace(b"+SUPPLIER:14+", b"+" + b"S" * 50 + b":QUALIFIER+")

    assert answer(read(data))[0] == f"UNB+UNOC:3+BUYER:ZZ+{'S' * 35}:QUAL+261123:1430+77"
