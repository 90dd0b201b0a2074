"""X12 files in one call: a supplier's confirmation, an order, a ship notice, or any interchange.

confirmation_855(order="4500010001", lines=[po1("1", "100", acks=[ack("IQ", "80")])])
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from erp_connectors.edi.x12.writer import (
    Element,
    OutgoingEnvelope,
    OutgoingGroup,
    OutgoingTransaction,
    Style,
    write_interchange,
)

Segment = Sequence[Element]

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
READABLE = Style(line_end=b"\n")
FUNCTIONAL_CODES = {
    "214": "QM",
    "810": "IN",
    "850": "PO",
    "855": "PR",
    "856": "SH",
    "860": "PC",
    "861": "RC",
    "865": "CA",
    "997": "FA",
}


@dataclass(frozen=True, kw_only=True)
class Parties:
    """Who sends to whom; the group carries the same ids."""

    sender: str = "SUPPLIER"
    receiver: str = "BUYER"
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"


def interchange(
    transactions: Sequence[tuple[str, Sequence[Segment]]],
    *,
    control: int = 1,
    at: datetime = NOON,
    parties: Parties = Parties(),
    version: str = "004010",
    test: bool = False,
    style: Style = READABLE,
    first_transaction: int = 1,
) -> bytes:
    """Return one interchange with one group; every transaction is a set and the segments inside it."""
    group = OutgoingGroup(
        functional_code=FUNCTIONAL_CODES.get(transactions[0][0], "ZZ") if transactions else "PR",
        sender=parties.sender,
        receiver=parties.receiver,
        control_number=control,
        version=version,
        transactions=[
            OutgoingTransaction(set_code=set_code, control_number=f"{number:04}", segments=segments)
            for number, (set_code, segments) in enumerate(transactions, start=first_transaction)
        ],
    )
    envelope = OutgoingEnvelope(
        sender_qualifier=parties.sender_qualifier,
        sender=parties.sender,
        receiver_qualifier=parties.receiver_qualifier,
        receiver=parties.receiver,
        control_number=control,
        at=at,
        test=test,
    )
    return write_interchange(envelope, [group], style)


def _day(day: date | str) -> str:
    return day if isinstance(day, str) else f"{day:%Y%m%d}"


def ack(
    status: str,
    quantity: str = "",
    unit: str = "EA",
    *,
    on: date | str = "",
    qualifier: str = "067",
    **ids: str,
) -> Segment:
    """Return an ACK segment; `ids` are qualifier=value of a substitute."""
    pairs = [part for pair in ids.items() for part in pair]
    dated = (qualifier, _day(on)) if on else ("", "")
    return ("ACK", status, quantity, unit if quantity else "", *dated, "", *pairs)


def sch(quantity: str, on: date | str, unit: str = "EA", *, qualifier: str = "067") -> Segment:
    """Return an SCH segment."""
    return ("SCH", quantity, unit, "", "", qualifier, _day(on))


def po1(
    number: str,
    quantity: str,
    *,
    unit: str = "EA",
    price: str = "10",
    basis: str = "PE",
    ids: Sequence[str] = (),
    acks: Sequence[Segment] = (),
    schedule: Sequence[Segment] = (),
    extra: Sequence[Segment] = (),
) -> list[Segment]:
    """Return a PO1 loop. `ids` are qualifier, value, qualifier, value; default a buyer's item per line."""
    pairs = tuple(ids) or ("BP", f"ITEM-{number}")
    return [("PO1", number, quantity, unit, price, basis, *pairs), *extra, *acks, *schedule]


def poc(
    number: str,
    change: str,
    quantity: str = "",
    left: str = "",
    *,
    unit: str = "EA",
    price: str = "10",
    basis: str = "PE",
    ids: Sequence[str] = (),
    acks: Sequence[Segment] = (),
    schedule: Sequence[Segment] = (),
    extra: Sequence[Segment] = (),
) -> list[Segment]:
    """Return a POC loop: a line with the change to it; `left` is POC04, the quantity left to receive."""
    pairs = tuple(ids) or ("BP", f"ITEM-{number}")
    return [("POC", number, change, quantity, left, unit, price, basis, *pairs), *extra, *acks, *schedule]


def change_segments(
    set_code: str,
    order: str,
    lines: Sequence[Sequence[Segment]],
    *,
    status: str = "AC",
    purpose: str = "04",
    sequence: str = "",
    supplier_order: str = "",
    on: date = date(2026, 11, 23),
    currency: str = "USD",
    header: Sequence[Segment] = (),
) -> list[Segment]:
    """Return the inside of an 860 or 865; `status` is the order type of an 860."""
    tag = "BCH" if set_code == "860" else "BCA"
    beginning = (tag, purpose, status, order, "", sequence, _day(on), "", "", supplier_order, _day(on))
    body = [segment for line in lines for segment in line]
    money = [("CUR", "SE", currency)] if currency else []
    return [beginning, *money, *header, *body, ("CTT", str(len(lines)))]


def change_confirmation_865(
    order: str,
    lines: Sequence[Sequence[Segment]] = (),
    *,
    sender: str = "SUPPLIER",
    receiver: str = "BUYER",
    control: int = 1,
    at: datetime = NOON,
    status: str = "AC",
    purpose: str = "04",
    sequence: str = "",
    supplier_order: str = "",
    header: Sequence[Segment] = (),
    version: str = "004010",
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one 865 that changes `order` or answers its change; `lines` from `poc`."""
    segments = change_segments(
        "865",
        order,
        lines,
        status=status,
        purpose=purpose,
        sequence=sequence,
        supplier_order=supplier_order,
        on=at.date(),
        header=header,
    )
    parties = Parties(sender=sender, receiver=receiver)
    return interchange(
        [("865", segments)], control=control, at=at, parties=parties, version=version, style=style
    )


def order_change_860(
    order: str,
    lines: Sequence[Sequence[Segment]],
    *,
    sender: str = "BUYER",
    receiver: str = "SUPPLIER",
    control: int = 1,
    at: datetime = NOON,
    sequence: str = "",
    header: Sequence[Segment] = (),
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one 860; `lines` come from `poc`."""
    segments = change_segments(
        "860", order, lines, status="SA", sequence=sequence, on=at.date(), header=header
    )
    parties = Parties(sender=sender, receiver=receiver)
    return interchange([("860", segments)], control=control, at=at, parties=parties, style=style)


def confirmation_segments(
    order: str,
    lines: Sequence[Sequence[Segment]],
    *,
    status: str = "AC",
    purpose: str = "00",
    supplier_order: str = "",
    on: date = date(2026, 11, 23),
    currency: str = "USD",
    header: Sequence[Segment] = (),
) -> list[Segment]:
    """Return the inside of an 855."""
    beginning = ("BAK", purpose, status, order, _day(on), "", "", "", supplier_order)
    body = [segment for line in lines for segment in line]
    money = [("CUR", "SE", currency)] if currency else []
    return [beginning, *money, *header, *body, ("CTT", str(len(lines)))]


def confirmation_855(
    order: str,
    lines: Sequence[Sequence[Segment]] = (),
    *,
    sender: str = "SUPPLIER",
    receiver: str = "BUYER",
    control: int = 1,
    at: datetime = NOON,
    status: str = "AC",
    purpose: str = "00",
    supplier_order: str = "",
    currency: str = "USD",
    header: Sequence[Segment] = (),
    test: bool = False,
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one 855 that answers `order`; `lines` come from `po1`."""
    segments = confirmation_segments(
        order,
        lines,
        status=status,
        purpose=purpose,
        supplier_order=supplier_order,
        on=at.date(),
        currency=currency,
        header=header,
    )
    parties = Parties(sender=sender, receiver=receiver)
    return interchange([("855", segments)], control=control, at=at, parties=parties, test=test, style=style)


def order_850(
    order: str,
    lines: Sequence[Sequence[Segment]],
    *,
    sender: str = "BUYER",
    receiver: str = "SUPPLIER",
    control: int = 1,
    at: datetime = NOON,
    header: Sequence[Segment] = (),
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one 850."""
    body = [segment for line in lines for segment in line]
    segments = [
        ("BEG", "00", "SA", order, "", _day(at.date())),
        ("CUR", "BY", "USD"),
        *header,
        *body,
        ("CTT", str(len(lines))),
    ]
    parties = Parties(sender=sender, receiver=receiver)
    return interchange([("850", segments)], control=control, at=at, parties=parties, style=style)


def rcd(
    number: str,
    quantity: str = "",
    *conditions: tuple[str, str],
    unit: str = "EA",
    returned: str = "",
    ids: Sequence[str] = (),
    extra: Sequence[Segment] = (),
) -> list[Segment]:
    """Return an RCD loop; `conditions` are quantities in question with their code: ("4", "01")."""
    questioned = [part for value, code in conditions for part in (value, unit if value else "", code)]
    back = (returned, unit) if returned else ("", "")
    pairs = tuple(ids) or ("BP", f"ITEM-{number}")
    received = (quantity, unit) if quantity else ("", "")
    return [("RCD", number, *received, *back, *questioned), ("LIN", "", *pairs), *extra]


def receipt_segments(
    number: str,
    lines: Sequence[Sequence[Segment]],
    *,
    order: str = "",
    purpose: str = "00",
    kind: str = "1",
    on: date = date(2026, 11, 23),
    header: Sequence[Segment] = (),
) -> list[Segment]:
    """Return the inside of an 861; `kind` is BRA04, `order` stands in PRF for all lines."""
    named: list[Segment] = [("PRF", order)] if order else []
    body = [segment for line in lines for segment in line]
    return [("BRA", number, _day(on), purpose, kind), *header, *named, *body, ("CTT", str(len(lines)))]


def receipt_861(
    number: str,
    lines: Sequence[Sequence[Segment]],
    *,
    sender: str = "WAREHOUSE",
    receiver: str = "BUYER",
    control: int = 1,
    at: datetime = NOON,
    order: str = "",
    purpose: str = "00",
    kind: str = "1",
    header: Sequence[Segment] = (),
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one 861; `lines` come from `rcd`."""
    segments = receipt_segments(
        number, lines, order=order, purpose=purpose, kind=kind, on=at.date(), header=header
    )
    parties = Parties(sender=sender, receiver=receiver)
    return interchange([("861", segments)], control=control, at=at, parties=parties, style=style)


def at7(
    status: str = "",
    reason: str = "",
    on: date | str = "",
    time: str = "",
    zone: str = "",
    *,
    appointment: str = "",
    why: str = "",
    place: Sequence[str] = (),
) -> list[Segment]:
    """Return an AT7 loop: a status or an appointment, its reason, its day, and the place in MS1."""
    event = ("AT7", status, reason, appointment, why, _day(on) if on else "", time, zone)
    return [event, ("MS1", *place)] if place else [event]


def shipment_status_segments(
    pro: str,
    events: Sequence[Sequence[Segment]],
    *,
    shipment: str = "",
    carrier: str = "SCAC",
    header: Sequence[Segment] = (),
) -> list[Segment]:
    """Return the inside of a 214; every event stands in an LX loop of its own."""
    segments: list[Segment] = [("B10", pro, shipment, carrier), *header]
    for number, event in enumerate(events, start=1):
        segments += [("LX", str(number)), *event]
    return segments


def shipment_status_214(
    pro: str,
    events: Sequence[Sequence[Segment]],
    *,
    sender: str = "CARRIER",
    receiver: str = "BUYER",
    control: int = 1,
    at: datetime = NOON,
    shipment: str = "",
    carrier: str = "SCAC",
    header: Sequence[Segment] = (),
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one 214; `events` come from `at7`."""
    segments = shipment_status_segments(pro, events, shipment=shipment, carrier=carrier, header=header)
    parties = Parties(sender=sender, receiver=receiver)
    return interchange([("214", segments)], control=control, at=at, parties=parties, style=style)


def it1(
    number: str,
    quantity: str,
    *,
    unit: str = "EA",
    price: str = "10",
    basis: str = "",
    ids: Sequence[str] = (),
    extra: Sequence[Segment] = (),
) -> list[Segment]:
    """Return an IT1 loop; `extra` are the segments under the line, as `sac` and `txi` make them."""
    pairs = tuple(ids) or ("BP", f"ITEM-{number}")
    return [("IT1", number, quantity, unit, price, basis, *pairs), *extra]


def sac(
    indicator: str,
    code: str,
    cents: str = "",
    *,
    percent: str = "",
    rate: str = "",
    units: str = "",
    handling: str = "",
    text: str = "",
) -> Segment:
    """Return a SAC segment: C charges, A allows, an amount in cents."""
    by_percent = ("2", percent) if percent else ("", "")
    by_rate = (rate, "EA" if units else "", units)
    return ("SAC", indicator, code, "", "", cents, *by_percent, *by_rate, "", handling, "", "", text)


def txi(kind: str, amount: str = "", percent: str = "") -> Segment:
    """Return a TXI segment; its amount has a decimal point."""
    return ("TXI", kind, amount, percent)


def itd(
    *,
    basis: str = "3",
    percent: str = "",
    discount_days: str = "",
    due: date | str = "",
    net_days: str = "",
) -> Segment:
    """Return an ITD segment."""
    return ("ITD", "01", basis, percent, "", discount_days, _day(due) if due else "", net_days)


def invoice_segments(
    number: str,
    lines: Sequence[Sequence[Segment]],
    *,
    total: str,
    order: str = "",
    kind: str = "",
    purpose: str = "",
    on: date | str = date(2026, 11, 23),
    currency: str = "USD",
    header: Sequence[Segment] = (),
    summary: Sequence[Segment] = (),
) -> list[Segment]:
    """Return the inside of an 810; `total` is TDS01 in cents, `summary` stands after it."""
    beginning = ("BIG", _day(on), number, "", order, "", "", kind, purpose)
    money = [("CUR", "SE", currency)] if currency else []
    body = [segment for line in lines for segment in line]
    totals: list[Segment] = [("TDS", total)] if total else []
    return [beginning, *money, *header, *body, *totals, *summary, ("CTT", str(len(lines)))]


def invoice_810(
    number: str,
    lines: Sequence[Sequence[Segment]],
    *,
    sender: str = "SUPPLIER",
    receiver: str = "BUYER",
    control: int = 1,
    at: datetime = NOON,
    total: str,
    order: str = "",
    kind: str = "",
    purpose: str = "",
    on: date | str = date(2026, 11, 23),
    currency: str = "USD",
    header: Sequence[Segment] = (),
    summary: Sequence[Segment] = (),
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one 810; `lines` come from `it1`."""
    segments = invoice_segments(
        number,
        lines,
        total=total,
        order=order,
        kind=kind,
        purpose=purpose,
        on=on,
        currency=currency,
        header=header,
        summary=summary,
    )
    parties = Parties(sender=sender, receiver=receiver)
    return interchange([("810", segments)], control=control, at=at, parties=parties, style=style)


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """One item of a ship notice. `to_date` is cumulative, `status` SN108."""

    line: str
    quantity: str
    unit: str = "EA"
    to_date: str = ""
    ordered: str = ""
    status: str = ""
    ids: Sequence[str] = ()


def ship_notice_segments(
    number: str,
    orders: dict[str, Sequence[Shipped]],
    *,
    purpose: str = "00",
    at: datetime = NOON,
    shipped_on: date | None = None,
    expected_on: date | None = None,
    carrier: str = "",
    tracking: str = "",
) -> list[Segment]:
    """Return the inside of an 856: one shipment, its orders, their items."""
    dates = [("DTM", code, _day(day)) for code, day in (("011", shipped_on), ("017", expected_on)) if day]
    carriers = [("TD5", "", "2", carrier)] if carrier else []
    references = [("REF", "CN", tracking)] if tracking else []
    segments: list[Segment] = [
        ("BSN", purpose, number, _day(at.date()), f"{at:%H%M}", "0004"),
        ("HL", "1", "", "S"),
        *carriers,
        *references,
        *dates,
    ]
    level = 1
    for order, items in orders.items():
        level += 1
        order_level = str(level)
        segments += [("HL", order_level, "1", "O"), ("PRF", order)]
        for item in items:
            level += 1
            ordered = (item.ordered, item.unit) if item.ordered else ("", "")
            segments += [
                ("HL", str(level), order_level, "I"),
                ("LIN", item.line, *(item.ids or ("BP", f"ITEM-{item.line}"))),
                ("SN1", "", item.quantity, item.unit, item.to_date, *ordered, "", item.status),
            ]
    return [*segments, ("CTT", str(sum(len(items) for items in orders.values())))]


def ship_notice_856(
    number: str,
    orders: dict[str, Sequence[Shipped]],
    *,
    sender: str = "SUPPLIER",
    receiver: str = "BUYER",
    control: int = 1,
    at: datetime = NOON,
    purpose: str = "00",
    shipped_on: date | None = None,
    expected_on: date | None = None,
    carrier: str = "",
    tracking: str = "",
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one 856 that carries items of the orders by their numbers."""
    segments = ship_notice_segments(
        number,
        orders,
        purpose=purpose,
        at=at,
        shipped_on=shipped_on,
        expected_on=expected_on,
        carrier=carrier,
        tracking=tracking,
    )
    parties = Parties(sender=sender, receiver=receiver)
    return interchange([("856", segments)], control=control, at=at, parties=parties, style=style)
