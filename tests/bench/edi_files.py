"""Large X12 files and what they say; run as a program, it decodes one and tells the most memory that took.

python -m tests.bench.edi_files FILE
"""

import random
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from erp_connectors.canonical.documents import Confirmation
from erp_connectors.edi import DecodedTransaction, PartnerRules, decode
from erp_connectors.edi.x12.writer import Style
from tests.builders.x12 import ack, confirmation_segments, interchange, po1

LINES = 40
#: What a message of LINES lines comes to, for the size of a file.
BYTES_OF_MESSAGE = 2_850
RULES = PartnerRules(partner="Supplier")


@dataclass(frozen=True, slots=True)
class Truth:
    """What a file says: how many documents and lines, and all that is offered in them."""

    documents: int
    lines: int
    offered: Decimal


def file_of(size: int, *, seed: int) -> tuple[bytes, Truth]:
    """Return an interchange of about `size` bytes with confirmations of LINES lines each, and its truth."""
    chance, offered, sets = random.Random(seed), Decimal(0), []
    for number in range(max(1, size // BYTES_OF_MESSAGE)):
        lines = []
        for line in range(1, LINES + 1):
            quantity = chance.randrange(1, 1000)
            offered += quantity
            on = date(2026, 12, 1) + timedelta(days=chance.randrange(60))
            price = f"{chance.randrange(1, 99_999) / 100:.2f}"
            lines.append(
                po1(str(line * 10), str(quantity), price=price, acks=[ack("IA", str(quantity), on=on)])
            )
        sets.append(("855", confirmation_segments(f"45{number:08}", lines)))
    payload = interchange(sets, style=Style())
    return payload, Truth(len(sets), len(sets) * LINES, offered)


def decoded(payload: bytes) -> Truth:
    """Decode and map a file, keeping nothing, and return what it says."""
    documents, lines, offered = 0, 0, Decimal(0)
    for result in decode(payload, lambda ids: RULES):
        if isinstance(result, DecodedTransaction) and isinstance(result.document, Confirmation):
            documents += 1
            for line in result.document.lines:
                lines += 1
                offered += sum((part.quantity.value for part in line.offered or ()), Decimal(0))
    return Truth(documents, lines, offered)


def peak() -> float:
    """Return the most memory this process has held, in MB.

    Not by getrusage: its maximum also counts the process that started this one.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    decoded(Path(sys.argv[1]).read_bytes())
    sys.stdout.write(f"{peak()}\n")
