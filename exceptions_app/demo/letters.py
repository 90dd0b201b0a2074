"""What the demo's suppliers and carriers send: canonical documents as the EDI their computers speak."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from erp_connectors.canonical.documents import ShipmentStatus
from erp_connectors.edi.edifact import writing as edifact
from erp_connectors.edi.edifact.writer import OutgoingInterchange
from erp_connectors.edi.x12 import writing as x12
from erp_connectors.edi.x12.writer import OutgoingEnvelope
from exceptions_app.demo.catalogue import DemoCompany, DemoSupplier, Standard
from exceptions_app.demo.parties.misdeeds import Document

#: How a GLN is qualified in each standard.
QUALIFIERS = {Standard.X12: "UL", Standard.EDIFACT: "14"}
#: A longer run of documents is sent in several interchanges, as computers do.
MOST_IN_ONE = 40


@dataclass(frozen=True, slots=True)
class Letter:
    """One interchange on its way: its bytes and the name of its file."""

    payload: bytes
    file_name: str


def letters(
    company: DemoCompany,
    supplier: DemoSupplier,
    documents: Sequence[Document],
    *,
    control: int,
    at: datetime,
) -> list[Letter]:
    """Return the interchanges that carry the documents, numbered from `control` on; `at` is local time.

    Raises UnwritableValue for what the supplier's standard has no code for.
    """
    runs = [run for standard, told in _by_standard(supplier, documents) for run in _runs(standard, told)]
    return [
        Letter(
            _written(company, supplier, standard, told, control=control + index, at=at),
            f"{supplier.number}-{control + index:05d}.{'edi' if standard is Standard.EDIFACT else 'x12'}",
        )
        for index, (standard, told) in enumerate(runs)
    ]


def standard_of(supplier: DemoSupplier, document: Document) -> Standard:
    """Return what a document is written in: forwarders speak X12, whatever the supplier does."""
    return Standard.X12 if isinstance(document, ShipmentStatus) else supplier.standard


def _by_standard(
    supplier: DemoSupplier, documents: Iterable[Document]
) -> Iterator[tuple[Standard, list[Document]]]:
    ordered = sorted(documents, key=lambda document: standard_of(supplier, document))
    for standard, told in groupby(ordered, key=lambda document: standard_of(supplier, document)):
        yield standard, list(told)


def _runs(standard: Standard, told: list[Document]) -> Iterator[tuple[Standard, list[Document]]]:
    for start in range(0, len(told), MOST_IN_ONE):
        yield standard, told[start : start + MOST_IN_ONE]


def _written(
    company: DemoCompany,
    supplier: DemoSupplier,
    standard: Standard,
    documents: Sequence[Document],
    *,
    control: int,
    at: datetime,
) -> bytes:
    qualifier = QUALIFIERS[standard]
    if standard is Standard.EDIFACT:
        interchange = OutgoingInterchange(
            sender_qualifier=qualifier,
            sender=supplier.edi_id,
            receiver_qualifier=qualifier,
            receiver=company.edi_id,
            reference=str(control),
            at=at,
        )
        return edifact.write_documents(documents, interchange)
    envelope = OutgoingEnvelope(
        sender_qualifier=qualifier,
        sender=supplier.edi_id,
        receiver_qualifier=qualifier,
        receiver=company.edi_id,
        control_number=control,
        at=at,
    )
    return x12.write_documents(documents, envelope)
