"""Large X12 files and what they say; run as a program, it decodes one and tells the most memory that took.

python -m tests.bench.edi_files FILE
"""

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from erp_connectors.canonical.documents import Confirmation, Invoice, ShipNotice
from erp_connectors.edi import DecodedTransaction, PartnerRules, decode
from erp_connectors.edi.results import Document
from erp_connectors.edi.x12.writer import Style
from tests.builders.x12 import (
    Segment,
    Shipped,
    ack,
    confirmation_segments,
    interchange,
    invoice_segments,
    it1,
    po1,
    sac,
    ship_notice_segments,
    txi,
)

LINES = 40
RULES = PartnerRules(partner="Supplier")
DAY = date(2026, 12, 1)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a file says: how many documents and lines, and all that is offered, shipped or billed in them."""

    documents: int
    lines: int
    quantity: Decimal


def _confirmation(chance: random.Random, number: int) -> tuple[list[Segment], int]:
    lines, together = [], 0
    for line in range(1, LINES + 1):
        quantity = chance.randrange(1, 1000)
        together += quantity
        on = DAY + timedelta(days=chance.randrange(60))
        status = ack("IA", str(quantity), on=on)
        lines.append(po1(str(line * 10), str(quantity), price=_price(chance), acks=[status]))
    return confirmation_segments(f"45{number:08}", lines), together


def _ship_notice(chance: random.Random, number: int) -> tuple[list[Segment], int]:
    quantities = [chance.randrange(1, 1000) for _ in range(LINES)]
    items = [
        Shipped(line=str(line * 10), quantity=str(each)) for line, each in enumerate(quantities, start=1)
    ]
    on = DAY + timedelta(days=chance.randrange(60))
    segments = ship_notice_segments(f"ASN-{number}", {f"45{number:08}": items}, shipped_on=on, expected_on=on)
    return segments, sum(quantities)


def _invoice(chance: random.Random, number: int) -> tuple[list[Segment], int]:
    quantities = [chance.randrange(1, 1000) for _ in range(LINES)]
    lines = [it1(str(n * 10), str(each), price=_price(chance)) for n, each in enumerate(quantities, start=1)]
    summary = [txi("ST", "12.50", "0.07"), sac("C", "D240", "1250")]
    order, total = f"45{number:08}", str(chance.randrange(10**7))
    return invoice_segments(f"INV-{number}", lines, total=total, order=order, summary=summary), sum(
        quantities
    )


def _price(chance: random.Random) -> str:
    return f"{chance.randrange(1, 99_999) / 100:.2f}"


#: The sets that are measured: how one message of LINES lines is made, and what it comes to in bytes.
MESSAGES: dict[str, tuple[Callable[[random.Random, int], tuple[list[Segment], int]], int]] = {
    "855": (_confirmation, 2_600),
    "856": (_ship_notice, 1_780),
    "810": (_invoice, 1_500),
}


def file_of(size: int, *, seed: int, set_code: str = "855") -> tuple[bytes, Truth]:
    """Return an interchange of about `size` bytes with messages of LINES lines each, and its truth."""
    chance, together, sets = random.Random(seed), 0, []
    message, bytes_of_message = MESSAGES[set_code]
    for number in range(max(1, size // bytes_of_message)):
        segments, quantity = message(chance, number)
        together += quantity
        sets.append((set_code, segments))
    payload = interchange(sets, style=Style())
    return payload, Truth(len(sets), len(sets) * LINES, Decimal(together))


def decoded(payload: bytes) -> Truth:
    """Decode and map a file, keeping nothing, and return what it says."""
    documents, lines, together = 0, 0, Decimal(0)
    for result in decode(payload, lambda ids: RULES):
        if isinstance(result, DecodedTransaction):
            found = list(_quantities(result.document))
            documents += 1
            lines += len(found)
            together += sum(found, Decimal(0))
    return Truth(documents, lines, together)


def _quantities(document: Document | None) -> Iterator[Decimal]:
    """Yield what every line of a document offers, ships or bills."""
    match document:
        case Confirmation():
            for line in document.lines:
                yield sum((part.quantity.value for part in line.offered or ()), Decimal(0))
        case ShipNotice():
            for shipped in document.lines:
                yield shipped.shipped.value if shipped.shipped else Decimal(0)
        case Invoice():
            for billed in document.lines:
                yield billed.quantity.value if billed.quantity else Decimal(0)


def peak() -> float:
    """Return the most memory this process has held, in MB.

    Not by getrusage: its maximum also counts the process that started this one.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    decoded(Path(sys.argv[1]).read_bytes())
    sys.stdout.write(f"{peak()}\n")
