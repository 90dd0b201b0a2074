"""What a carrier says finds the order lines it is about."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from erp_connectors.canonical.documents import Purpose, ShipmentEvent, ShipmentStatus, ShipNotice, StatusEvent
from erp_connectors.canonical.values import DocumentVersion, Reference
from erp_connectors.documents.heard import HeardDocument
from erp_connectors.documents.position import StatusFact
from erp_connectors.documents.positions import positions_of
from exceptions_app.detection.examples import ORDER_NUMBER, at, heard, order, order_line, ship_notice

TWO_LINES = order(lines=(order_line((100, "2026-12-02")), order_line((5, "2026-12-09"), number="20")))


def status(said: str, *kinds: ShipmentEvent, number: str = "PRO-1", **values: Any) -> HeardDocument:
    events = tuple(StatusEvent(kind=kind, at=at(said)) for kind in kinds)
    shipment = ShipmentStatus(
        **{"number": number, "version": DocumentVersion(at(said)), "events": events} | values
    )
    return heard(number, shipment)


def carried(line: str, number: str, **values: Any) -> HeardDocument:
    document = ship_notice(5, number, said="2026-11-27 10:00", line=line)
    assert isinstance(document.content, ShipNotice)
    return replace(document, content=replace(document.content, **values))


def statuses(*documents: HeardDocument) -> dict[str, tuple[StatusFact, ...]]:
    return {line.line.number: line.statuses for line in positions_of([TWO_LINES, *documents]).lines}


LADING = (Reference("bill_of_lading", "B7"),)


@pytest.mark.parametrize(
    ("notice", "said"),
    [
        ({}, {"ship_notice": "asn-1"}),
        ({"tracking": "1Z 999"}, {"tracking": "1Z999"}),
        ({"tracking": "PRO-1"}, {}),
        (
            {"references": (Reference("bill_of_lading", "B7"),)},
            {"references": (Reference("bill_of_lading", "B7"),)},
        ),
    ],
)
def test_a_status_is_about_the_lines_of_the_ship_notice_it_has_a_number_in_common_with(
    notice: dict[str, Any], said: dict[str, Any]
) -> None:
    facts = statuses(
        carried("10", "ASN-1", **notice),
        carried("20", "ASN-2"),
        status("2026-11-28 08:00", ShipmentEvent.PICKED_UP, order_numbers=(ORDER_NUMBER,), **said),
    )
    assert [(fact.shipment, fact.notices) for fact in facts["10"]] == [("PRO-1", ("ASN-1",))]
    assert facts["20"] == ()


def test_what_only_names_other_things_alike_is_not_of_the_shipment() -> None:
    contract = (Reference("contract", "C1"),)
    facts = statuses(
        carried("10", "ASN-1", references=contract),
        status("2026-11-28 08:00", ShipmentEvent.PICKED_UP, references=contract),
    )
    assert facts == {"10": (), "20": ()}


def test_a_status_that_only_names_the_order_is_about_all_of_its_lines() -> None:
    named = status("2026-11-28 08:00", ShipmentEvent.PICKED_UP, order_numbers=(ORDER_NUMBER,))
    facts = statuses(carried("10", "ASN-1"), named)
    assert [[fact.notices for fact in line] for line in facts.values()] == [[()], [()]]


def test_the_statuses_of_one_shipment_add_up_in_the_order_things_happened() -> None:
    named: dict[str, Any] = {"order_numbers": (ORDER_NUMBER,)}
    late = status("2026-11-29 08:00", ShipmentEvent.DELAYED, tracking="1Z999", **named)
    picked_up = status("2026-11-28 08:00", ShipmentEvent.PICKED_UP, **named)
    told_again = replace(late, version=DocumentVersion(at("2026-11-30 08:00")))
    (fact,) = statuses(told_again, late, picked_up)["10"]
    assert [event.kind for event in fact.events] == [ShipmentEvent.PICKED_UP, ShipmentEvent.DELAYED]
    assert (fact.version, fact.tracking) == (told_again.version, "1Z999")


def test_a_replacing_status_tells_everything_anew_and_a_cancelled_one_counts_as_never_sent() -> None:
    named: dict[str, Any] = {"order_numbers": (ORDER_NUMBER,)}
    wrong = status("2026-11-28 08:00", ShipmentEvent.LOST, **named)
    right = status("2026-11-28 09:00", ShipmentEvent.IN_TRANSIT, purpose=Purpose.REPLACE, **named)
    (fact,) = statuses(right, wrong)["10"]
    assert [event.kind for event in fact.events] == [ShipmentEvent.IN_TRANSIT]
    never = status("2026-11-28 10:00", purpose=Purpose.CANCEL, **named)
    assert statuses(never, wrong, right)["10"] == ()


def test_an_event_keeps_what_the_carrier_stated() -> None:
    event = StatusEvent(
        kind=ShipmentEvent.DELAYED,
        at=at("2026-11-28 08:00"),
        code="SD",
        eta=date(2026, 12, 4),
        place="Kassel",
    )
    (fact,) = statuses(status("2026-11-28 08:00", order_numbers=(ORDER_NUMBER,), events=(event,)))["10"]
    assert fact.events == (event,)
