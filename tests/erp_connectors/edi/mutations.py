"""X12 files to be damaged, and what must survive."""

from datetime import date
from random import Random

from erp_connectors.edi import Verdict
from erp_connectors.edi.acknowledgements import (
    ControlNumbers,
    functional_acknowledgement,
    interchange_acknowledgement,
)
from tests.builders.x12 import (
    NOON,
    Shipped,
    ack,
    at7,
    change_confirmation_865,
    confirmation_855,
    confirmation_segments,
    interchange,
    invoice_810,
    it1,
    itd,
    order_850,
    order_change_860,
    po1,
    poc,
    rcd,
    receipt_861,
    sac,
    sch,
    ship_notice_856,
    shipment_status_214,
    txi,
)
from tests.erp_connectors.edi.damage import Marks, check
from tests.erp_connectors.edi.decoding import read

DAY = date(2026, 12, 1)
LINES = [
    po1("1", "100", acks=[ack("IQ", "80", on=DAY), ack("IB", "20")]),
    po1("2", "7", acks=[ack("IA", "7")], schedule=[sch("3", DAY), sch("4", DAY)]),
    po1("3", "12", unit="CA", acks=[ack("IR", "0", "CA")]),
]
SHIPPED = {
    "A-1": [Shipped(line="1", quantity="60", ordered="100"), Shipped(line="2", quantity="5", status="CC")],
    "A-2": [Shipped(line="1", quantity="9", to_date="9")],
}
BASES = [
    confirmation_855("4500010001", LINES, header=[("DTM", "067", "20261224"), ("N1", "SU", "S", "92", "7")]),
    interchange([("855", confirmation_segments(f"A-{number}", LINES)) for number in range(3)]),
    ship_notice_856("ASN-1", SHIPPED, shipped_on=DAY, expected_on=DAY, carrier="UPSN", tracking="1Z"),
    order_850("4500010001", LINES),
    confirmation_855("A", LINES) + ship_notice_856("B", SHIPPED, control=2),
    order_change_860("4500010001", [poc("1", "QI", "120", "60"), poc("2", "DI", "", "0")]),
    change_confirmation_865(
        "4500010001",
        [poc("1", "QI", "25", "50"), poc("2", "CA", "65", "40"), poc("3", "DI", "7", acks=[ack("ID")])],
        sequence="2",
    ),
    receipt_861(
        "R-1",
        [rcd("1", "100", ("4", "01"), ("2", "02"), returned="3"), rcd("2", "", ("9", "07"), ("1", "04"))],
        order="4500010001",
        kind="8",
        header=[("DTM", "050", "20261120"), ("REF", "SI", "ASN-1")],
    ),
    invoice_810(
        "INV-1",
        [
            it1("1", "-5", price="2.50", extra=[sac("A", "C310", "100"), txi("ST", "0.5", ".07")]),
            it1("2", "7"),
        ],
        total="-8250",
        order="4500010001",
        kind="CR",
        header=[itd(percent="2", discount_days="10", net_days="30"), ("REF", "IV", "INV-0")],
        summary=[txi("TX", "1.5"), sac("C", "D240", "500"), sac("C", "D360", rate="0.5", units="3")],
    ),
    shipment_status_214(
        "PRO-1",
        [at7("AF", "NS", "20261122", "0930", "ET", place=["ATLANTA", "GA"]), at7("AG", "NS", "20261125")],
        shipment="ASN-1",
        header=[("L11", "4500010001", "PO")],
    ),
]


MARKS = Marks(b"*", b">", b"~", (b"ISA*", b"ST*855*0001~", b"SE*1*1~"))

ODD_VALUES = [
    *("", " ", "-1", "0", "-0", "0.5", "1e9", "NaN", "1.2.3", "-", "+", ".", "\u0663", "9" * 19, "9" * 31),
    *("20261301", "20491231", "00000000", "999999", "2460", "QQ", "ZZ", "A" * 90, "*", ">"),
]


def with_odd_elements(data: bytes, random: Random, most: int = 3) -> bytes:
    """Return a sound envelope around segments of which some elements say something odd."""
    segments = data.split(b"~\n")
    inside = [n for n, segment in enumerate(segments) if segment[:3] not in (b"ISA", b"GS*", b"ST*", b"SE*")]
    for place in random.sample(inside, min(most, len(inside))):
        elements = segments[place].split(b"*")
        if elements[0] not in (b"GE", b"IEA"):
            position = random.randrange(1, max(2, len(elements) + 3))
            elements += [b""] * (position + 1 - len(elements))
            elements[position] = random.choice(ODD_VALUES).replace("*", "").encode()
            segments[place] = b"*".join(elements)
    return b"~\n".join(segments)


def survive(data: bytes) -> Verdict:
    """Read damaged bytes to the end and use everything that came of them; return the file's verdict."""
    outcome = read(data)
    for group in outcome.groups:
        received = outcome.interchanges[group.interchange_index]
        answered = read(functional_acknowledgement(received, group, ControlNumbers(1), NOON))
        assert answered.file.verdict.is_accepted, (answered.codes(), group)
    for received in outcome.interchanges:
        interchange_acknowledgement(received, ControlNumbers(1), NOON)
    return check(data, outcome)
