"""A 214 as its reading and as a canonical shipment status: what happened, when and where, and the ETA."""

from datetime import UTC, date, datetime, tzinfo
from typing import Any

import msgspec

from erp_connectors.canonical.documents import ShipmentEvent, ShipmentStatus, StatusEvent
from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.values import is_sentinel
from erp_connectors.edi.x12.dates import parse_date, parse_time, zone_of
from erp_connectors.edi.x12.mapping.mapper import Mapper
from erp_connectors.edi.x12.mapping.orders import pair, party_fact
from erp_connectors.edi.x12.mapping.source import Row, Source
from erp_connectors.edi.x12.mapping.status_codes import ON_THE_WAY
from erp_connectors.edi.x12.mapping.values import (
    PADDING,
    mapping_error,
    missing_segment,
    references,
)

STATUS, REASON, APPOINTMENT, APPOINTMENT_REASON, DAY = 1, 2, 3, 4, 5


class EventReading(msgspec.Struct):
    """One AT7 with the MS1 and MS2 that follow it."""

    at: int
    at7: list[str]
    ms1: list[str] = []
    ms2: list[str] = []

    @property
    def code(self) -> str:
        """Return the status, or the status of the appointment where there is none."""
        return self.at7[STATUS - 1] or self.at7[APPOINTMENT - 1]

    @property
    def reason(self) -> str:
        """Return the reason of the status, or of the appointment."""
        return self.at7[REASON - 1] or self.at7[APPOINTMENT_REASON - 1]


class StatusReading(msgspec.Struct):
    """One 214; `b10` is its beginning, None where it has none."""

    b10: Row | None = None
    b10_at: int = 1
    l11: list[list[str]] = []
    n1: list[Row] = []
    events: list[EventReading] = []
    orders: list[str] = []
    at8: list[list[str]] = []
    q7: list[list[str]] = []
    notes: list[str] = []

    def header(self, position: int) -> str:
        """Return an element of B10 without blanks at its ends, empty where it was not sent."""
        return self.b10[position].strip() if self.b10 is not None and position < len(self.b10) else ""


def read_shipment_status(rows: list[Row], ignored: frozenset[str]) -> StatusReading:
    """Read the segments between ST and SE."""
    reading = StatusReading()
    for at, row in enumerate(rows, start=1):
        tag = row[0]
        if tag in ignored:
            continue
        if tag == "B10" and reading.b10 is None:
            reading.b10, reading.b10_at = row, at
        elif tag == "L11":
            reading.l11.append(pair(row))
        elif tag == "N1":
            reading.n1.append(row)
        elif tag == "AT7":
            stated = [element.strip() for element in (row + PADDING)[1:8]]
            reading.events.append(EventReading(at, stated))
        elif tag in ("MS1", "MS2") and reading.events:
            place = [element.strip() for element in row[1:4]]
            setattr(reading.events[-1], tag.lower(), place)
        elif tag in ("SPO", "OID"):
            reading.orders.append((row + PADDING)[1 if tag == "SPO" else 2].strip())
        else:
            _read_rest(reading, tag, row)
    return reading


def _read_rest(reading: StatusReading, tag: str, row: Row) -> None:
    if tag == "AT8":
        reading.at8.append([element.strip() for element in row[1:]])
    elif tag == "Q7":
        reading.q7.append([element.strip() for element in row[1:]])
    elif tag == "K1":
        reading.notes.append(" ".join(element.strip() for element in row[1:]).strip())


def shipment_status_facts(reading: StatusReading) -> dict[str, Any]:
    """Return the reading as plain values; what was not sent is not there."""
    facts: dict[str, Any] = {
        "pro": reading.header(1),
        "shipment": reading.header(2),
        "scac": reading.header(3),
        "l11": [reference for reference in reading.l11 if any(reference)],
        "pos": [number for number in reading.orders if number],
        "at7": [event.at7 for event in reading.events],
        "ms1": [event.ms1 for event in reading.events if event.ms1],
        "ms2": [event.ms2 for event in reading.events if event.ms2],
        "at8": reading.at8,
        "q7": reading.q7,
        "notes": reading.notes,
        "n1": [party_fact(row) for row in reading.n1],
    }
    sent = {key: value for key, value in facts.items() if value or key in ("pro", "shipment")}
    return sent | {"lines_n": 0, "lines": []}


def map_shipment_status(rows: list[Row], source: Source) -> tuple[ShipmentStatus | None, list[Finding]]:
    """Return the status a 214 holds and what was odd in it; None where an error forbids it."""
    reading = read_shipment_status(rows, source.tables.ignored_segments)
    if reading.b10 is None:
        return None, [missing_segment("B10", rows)]
    number = reading.header(2) or reading.header(1) or reading.header(6)
    if not number:
        text = "B10 names no shipment: B1001, B1002 and B1006 are empty."
        way_out = "Ask the carrier for a message that names the shipment."
        code = "SHIPMENT_NUMBER_MISSING"
        return None, [
            mapping_error(code, text, reading.b10_at, reading.b10, 2, element_code="1", way_out=way_out)
        ]
    return _Mapper(reading, source).document(number)


class _Mapper(Mapper):
    """The mapping of one 214 and the findings so far."""

    way_out = "Ask the carrier, or add the meaning to the partner's profile."

    def __init__(self, reading: StatusReading, source: Source) -> None:
        super().__init__(source)
        self.reading = reading

    def document(self, number: str) -> tuple[ShipmentStatus, list[Finding]]:
        """Return the status of the shipment with that number, and what was odd."""
        reading = self.reading
        named = references([[qualifier, value] for value, qualifier in reading.l11], self.tables)
        orders = [*(each.value for each in named if each.kind == "order"), *reading.orders]
        status = ShipmentStatus(
            number=number,
            version=self.source.document_version(),
            events=tuple([self._event(event) for event in reading.events]),
            order_numbers=tuple(dict.fromkeys(order for order in orders if order)),
            tracking=reading.header(1) or None,
            carrier=reading.header(3) or None,
            references=named,
        )
        return status, self.findings

    def _event(self, event: EventReading) -> StatusEvent:
        """Return what happened. What an estimate is for is its ETA; it was said when the message was made."""
        kind = self._kind(event)
        is_estimate = event.code in self.tables.eta_codes
        day = self._day(event)
        at = self.source.document_time
        if day is not None and not is_estimate:
            clock = parse_time(event.at7[5])
            at = datetime.combine(day, clock, tzinfo=self._zone(event)).astimezone(UTC)
        return StatusEvent(
            kind=kind,
            at=at,
            code=event.code,
            reason=event.reason,
            place=", ".join(filter(None, event.ms1)),
            eta=day if is_estimate else None,
        )

    def _kind(self, event: EventReading) -> ShipmentEvent:
        """Return the event of a status; a reason may say more of a shipment that is still on its way."""
        kind = self.tables.shipment_events.get(event.code)
        if kind is None:
            place = STATUS if event.at7[STATUS - 1] or not event.code else APPOINTMENT
            text = f"AT7{place:02} {event.code!r} is not a known status."
            self.warn("UNKNOWN_CODE", text, event.at, "AT7", place, event.code)
            kind = ShipmentEvent.OTHER
        return self.tables.shipment_reasons.get(event.reason, kind) if kind in ON_THE_WAY else kind

    def _day(self, event: EventReading) -> date | None:
        text = event.at7[DAY - 1]
        day = parse_date(text)
        if day is not None and not is_sentinel(day):
            return day
        if text or event.code in self.tables.eta_codes:
            what = f"AT705 {text[:20]!r} stands for no day."
            self.warn("DATE_UNREADABLE", what, event.at, "AT7", DAY, text)
        return None

    def _zone(self, event: EventReading) -> tzinfo:
        """Return the zone of a time code; local time and none are the partner's."""
        code = event.at7[6]
        name = self.tables.time_zones.get(code)
        if name is None and code not in ("", "LT"):
            text = f"AT707 {code!r} is not a known time code; the partner's time zone stands for it."
            self.warn("UNKNOWN_CODE", text, event.at, "AT7", 7, code)
        return zone_of(name or self.source.rules.time_zone)
