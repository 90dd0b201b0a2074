"""What the demo's suppliers write: confirmations as X12 855."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from erp_connectors.edi.x12.writer import (
    Element,
    OutgoingEnvelope,
    OutgoingGroup,
    OutgoingTransaction,
    Style,
    write_interchange,
)
from exceptions_app.demo.catalogue import DemoCompany, DemoSupplier
from exceptions_app.demo.world import Answer, AnswerLine

X12_UNITS = {"EA": "EA", "CS": "CA"}
GLN = "UL"
Segment = Sequence[Element]


def confirmations_855(
    company: DemoCompany, supplier: DemoSupplier, answers: Sequence[Answer], *, control: int, at: datetime
) -> bytes:
    """Return one interchange of a supplier with an 855 for every answer; `at` is its local time."""
    group = OutgoingGroup(
        functional_code="PR",
        sender=supplier.edi_id,
        receiver=company.edi_id,
        control_number=control,
        version="004010",
        transactions=[
            OutgoingTransaction(set_code="855", control_number=f"{index:04}", segments=_855(company, answer))
            for index, answer in enumerate(answers, start=1)
        ],
    )
    envelope = OutgoingEnvelope(
        sender_qualifier=GLN,
        sender=supplier.edi_id,
        receiver_qualifier=GLN,
        receiver=company.edi_id,
        control_number=control,
        at=at,
    )
    return write_interchange(envelope, [group], Style(line_end=b"\n"))


def _855(company: DemoCompany, answer: Answer) -> list[Segment]:
    is_changed = any(said.quantity != said.line.quantity.value for said in answer.lines)
    segments: list[Segment] = [
        (
            "BAK",
            "00",
            "AC" if is_changed else "AD",
            answer.order.number,
            f"{answer.order.released_at:%Y%m%d}",
            "",
            "",
            "",
            f"{answer.supplier.number}-{answer.order.number[-5:]}",
            f"{answer.sent_at:%Y%m%d}",
        ),
        ("CUR", "SE", company.currency),
    ]
    for said in answer.lines:
        segments += _line(said)
    return [*segments, ("CTT", str(len(answer.lines)))]


def _line(said: AnswerLine) -> list[Segment]:
    line = said.line
    unit = X12_UNITS[line.quantity.unit]
    price = _plain(line.price.amount) if line.price else ""
    ids = [part for pair in (("BP", line.item), ("VP", line.supplier_item or "")) if pair[1] for part in pair]
    status = "IA" if said.quantity == line.quantity.value else "IQ"
    return [
        ("PO1", line.number, _plain(line.quantity.value), unit, price, "UM", *ids),
        ("PID", "F", "", "", "", line.description.replace("*", " ").replace("~", " ").replace(">", " ")),
        ("ACK", status, _plain(said.quantity), unit, "067", f"{said.day:%Y%m%d}"),
    ]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
