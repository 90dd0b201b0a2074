"""EDIFACT files in one call: a supplier's answer, a despatch advice, an invoice, or any interchange.

order_response("4500010001", [lin("1", action="5", qty={"21": "100"})])
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from erp_connectors.edi.edifact.writer import (
    OutgoingGroup,
    OutgoingInterchange,
    OutgoingMessage,
    Style,
    write_interchange,
)
from erp_connectors.edi.writing import Element

Segment = Sequence[Element]

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = NOON.date()
READABLE = Style(line_end=b"\n")
VERSION = "D:96A:UN:EAN008"


@dataclass(frozen=True, kw_only=True)
class Parties:
    """Who sends to whom."""

    sender: str = "SUPPLIER"
    receiver: str = "BUYER"
    sender_qualifier: str = "14"
    receiver_qualifier: str = "14"


def interchange(
    messages: Sequence[tuple[str, Sequence[Segment]]],
    *,
    control: str = "1",
    at: datetime = NOON,
    parties: Parties = Parties(),
    version: str = VERSION,
    syntax: str = "UNOC:3",
    test: bool = False,
    style: Style = READABLE,
    first_message: int = 1,
    group: str = "",
) -> bytes:
    """Return one interchange; every message is a type and the segments inside it; `group` names one."""
    outgoing = [
        OutgoingMessage(kind=kind, version=version, reference=str(number), segments=segments)
        for number, (kind, segments) in enumerate(messages, start=first_message)
    ]
    identifier, syntax_version = syntax.split(":")
    envelope = OutgoingInterchange(
        sender_qualifier=parties.sender_qualifier,
        sender=parties.sender,
        receiver_qualifier=parties.receiver_qualifier,
        receiver=parties.receiver,
        reference=control,
        at=at,
        syntax=identifier,
        syntax_version=syntax_version,
        test=test,
    )
    if not group:
        return write_interchange(envelope, outgoing, style)
    in_group = OutgoingGroup(
        kind=messages[0][0],
        version="D:96A",
        sender=parties.sender,
        receiver=parties.receiver,
        reference=group,
        messages=outgoing,
    )
    return write_interchange(envelope, [in_group], style)


def dtm(qualifier: str, on: date | str, form: str = "102") -> Segment:
    """Return a DTM segment."""
    return ("DTM", (qualifier, on if isinstance(on, str) else f"{on:%Y%m%d}", form))


def qty(qualifier: str, value: str, unit: str = "PCE") -> Segment:
    """Return a QTY segment."""
    return ("QTY", (qualifier, value, unit))


def rff(qualifier: str, value: str, line: str = "") -> Segment:
    """Return an RFF segment."""
    return ("RFF", (qualifier, value, line))


def pri(value: str, qualifier: str = "AAA", per: str = "", unit: str = "") -> Segment:
    """Return a PRI segment with its basis."""
    return ("PRI", (qualifier, value, "", "", per, unit))


def lin(
    number: str,
    *,
    action: str = "",
    item: str = "4012345000016",
    kind: str = "EN",
    quantities: Mapping[str, str] = {},
    unit: str = "PCE",
    price: str = "",
    extra: Sequence[Segment] = (),
) -> list[Segment]:
    """Return a LIN group: the line, its quantities by qualifier, its net price, whatever else."""
    segments: list[Segment] = [("LIN", number, action, (item, kind) if item else "")]
    segments += [qty(qualifier, value, unit) for qualifier, value in quantities.items()]
    return [*segments, *extra, *([pri(price)] if price else [])]


def flat(groups: Sequence[Sequence[Segment]]) -> list[Segment]:
    """Return the segments of several groups, one after the other."""
    return [segment for group in groups for segment in group]


def order_response_segments(
    order: str,
    lines: Sequence[Sequence[Segment]],
    *,
    number: str = "OR-1",
    function: str = "4",
    response: str = "",
    on: date = TODAY,
    currency: str = "EUR",
    heading: Sequence[Segment] = (),
) -> list[Segment]:
    """Return the inside of an ORDRSP."""
    return [
        ("BGM", "231", number, function, response),
        dtm("137", on),
        *([rff("ON", order)] if order else []),
        *heading,
        *([("CUX", ("2", currency, "9"))] if currency else []),
        *flat(lines),
        ("UNS", "S"),
    ]


def order_response(
    order: str,
    lines: Sequence[Sequence[Segment]] = (),
    *,
    control: str = "1",
    at: datetime = NOON,
    parties: Parties = Parties(),
    function: str = "4",
    response: str = "",
    number: str = "OR-1",
    currency: str = "EUR",
    heading: Sequence[Segment] = (),
    test: bool = False,
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one ORDRSP that answers `order`; `lines` come from `lin`."""
    segments = order_response_segments(
        order,
        lines,
        number=number,
        function=function,
        response=response,
        on=at.date(),
        currency=currency,
        heading=heading,
    )
    messages = [("ORDRSP", segments)]
    return interchange(messages, control=control, at=at, parties=parties, test=test, style=style)


def order(
    number: str,
    lines: Sequence[Sequence[Segment]],
    *,
    control: str = "1",
    at: datetime = NOON,
    parties: Parties = Parties(sender="BUYER", receiver="SUPPLIER"),
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one ORDERS."""
    segments: list[Segment] = [
        ("BGM", "220", number, "9"),
        dtm("137", at.date()),
        *flat(lines),
        ("UNS", "S"),
        ("CNT", ("2", str(len(lines)))),
    ]
    return interchange([("ORDERS", segments)], control=control, at=at, parties=parties, style=style)


def despatch_advice(
    number: str,
    body: Sequence[Sequence[Segment]],
    *,
    order: str = "4500010001",
    control: str = "1",
    at: datetime = NOON,
    parties: Parties = Parties(),
    function: str = "9",
    heading: Sequence[Segment] = (),
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one DESADV; `body` holds packages (CPS) and lines."""
    segments: list[Segment] = [
        ("BGM", "351", number, function),
        dtm("137", at.date()),
        *([rff("ON", order)] if order else []),
        *heading,
        *flat(body),
        ("CNT", ("2", str(sum(group[0][0] == "LIN" for group in body)))),
    ]
    return interchange([("DESADV", segments)], control=control, at=at, parties=parties, style=style)


def cps(
    number: str, parent: str = "", *, sscc: Sequence[str] = (), extra: Sequence[Segment] = ()
) -> list[Segment]:
    """Return a package with its container codes."""
    marks: list[Segment] = [("PCI", "33E"), ("GIN", "BJ", *sscc)] if sscc else []
    return [("CPS", number, parent), *marks, *extra]


def moa(qualifier: str, value: str) -> Segment:
    """Return an MOA segment."""
    return ("MOA", (qualifier, value))


def tax(rate: str, kind: str = "VAT") -> Segment:
    """Return a TAX segment with its rate in percent."""
    return ("TAX", "7", kind, "", "", ("", "", "", rate), "S")


def alc(
    indicator: str, code: str, amount: str = "", *, text: str = "", settlement: str = ""
) -> list[Segment]:
    """Return an allowance (A) or charge (C) with its amount."""
    head: Segment = ("ALC", indicator, "", settlement, "", (code, "", "", text))
    return [head, moa("8", amount)] if amount else [head]


def invoice(
    number: str,
    lines: Sequence[Sequence[Segment]],
    *,
    order: str = "4500010001",
    kind: str = "380",
    function: str = "9",
    control: str = "1",
    at: datetime = NOON,
    parties: Parties = Parties(),
    currency: str = "EUR",
    heading: Sequence[Segment] = (),
    summary: Sequence[Segment] = (),
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one INVOIC, dated on the day it is sent."""
    segments: list[Segment] = [
        ("BGM", kind, number, function),
        dtm("137", at.date()),
        *heading,
        *([rff("ON", order)] if order else []),
        *([("CUX", ("2", currency, "4"))] if currency else []),
        *flat(lines),
        ("UNS", "S"),
        *summary,
    ]
    return interchange([("INVOIC", segments)], control=control, at=at, parties=parties, style=style)


def receiving_advice(
    number: str,
    body: Sequence[Sequence[Segment]],
    *,
    order: str = "4500010001",
    received: date | str = TODAY,
    function: str = "9",
    control: str = "1",
    at: datetime = NOON,
    parties: Parties = Parties(),
    heading: Sequence[Segment] = (),
    style: Style = READABLE,
) -> bytes:
    """Return an interchange with one RECADV; `received` empty leaves the day out."""
    segments: list[Segment] = [
        ("BGM", "632", number, function),
        dtm("137", at.date()),
        *([dtm("50", received)] if received else []),
        *([rff("ON", order)] if order else []),
        *heading,
        *flat(body),
        ("CNT", ("2", str(len(body)))),
    ]
    return interchange([("RECADV", segments)], control=control, at=at, parties=parties, style=style)
