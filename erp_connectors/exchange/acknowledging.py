"""Acknowledgements of what was received: rows with the bytes of a 997, TA1 or CONTRL, written at the end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from erp_connectors.edi import DecodedGroup, DecodedInterchange
from erp_connectors.edi.acknowledgements import (
    ControlNumbers,
    functional_acknowledgement,
    interchange_acknowledgement,
)
from erp_connectors.edi.edifact import STANDARD as EDIFACT
from erp_connectors.edi.edifact.contrl import syntax_report
from erp_connectors.edi.partners import Partners
from erp_connectors.exchange.models import ControlNumber, Interchange, OutgoingFile
from erp_connectors.exchange.replaced import is_answered

HIGHEST = 999_999_999
#: Sent with the row, so that no sweep has to be waited for.
WAKE = "erp_connectors.tasks.send_outgoing"


@dataclass(slots=True)
class Answerable:
    """One interchange of a file, with its groups, as far as they are to be answered."""

    groups: list[DecodedGroup] = field(default_factory=list)
    interchange: DecodedInterchange | None = None


def acknowledge(
    received: Interchange, answerables: Sequence[Answerable], partners: Partners, *, now: datetime
) -> list[OutgoingFile]:
    """Write the rows of all acknowledgements due for a file; within the step that ends it.

    X12: one 997 for every group but those of acknowledgements, a TA1 where one is asked for or is the only
    answer. EDIFACT: one CONTRL for every interchange but those of acknowledgements.
    """
    # An answer is to what the partner sent, and it gets one: what a person made of it since is our affair.
    if is_answered(received):
        return []
    files = []
    for answerable in answerables:
        interchange = answerable.interchange
        if interchange is None:
            continue
        profile = partners.profile(interchange.ids)
        zone = ZoneInfo((profile.time_zone if profile else "") or received.connection.time_zone)
        at = now.astimezone(zone)
        partner = f"{interchange.ids.sender_qualifier.strip()}/{interchange.ids.sender.strip()}"[:100]
        for kind, write in _due(interchange, answerable.groups):
            numbers = _numbers(received, partner)
            files.append(_file(received, kind, numbers, write(numbers, at), now))
    return OutgoingFile.objects.bulk_create(files)


def _due(
    interchange: DecodedInterchange, groups: Sequence[DecodedGroup]
) -> Iterator[tuple[str, Callable[[ControlNumbers, datetime], bytes]]]:
    """Yield the kind of every acknowledgement due, with what writes it under our numbers."""
    if interchange.ids.standard == EDIFACT:
        if interchange.needs_acknowledgement:
            yield "CONTRL", partial(syntax_report, interchange, groups)
        return
    if interchange.needs_acknowledgement:
        yield "TA1", partial(interchange_acknowledgement, interchange)
    for group in groups:
        if group.needs_acknowledgement:
            yield "997", partial(functional_acknowledgement, interchange, group)


def _numbers(received: Interchange, partner: str) -> ControlNumbers:
    """Take the next control number towards a partner: never the same one twice, gaps are allowed."""
    row, _ = ControlNumber.objects.select_for_update().get_or_create(
        connection=received.connection, partner=partner
    )
    row.last = row.last % HIGHEST + 1
    row.save(update_fields=["last"])
    return ControlNumbers(interchange=row.last, group=row.last)


def _file(
    received: Interchange, kind: str, numbers: ControlNumbers, payload: bytes, now: datetime
) -> OutgoingFile:
    row = OutgoingFile(
        connection=received.connection,
        interchange=received,
        kind=kind,
        payload=payload,
        created_at=now,
        due_at=now,
    )
    # Each partner has numbers of its own, and no id of theirs belongs in a path: our own tells files apart.
    row.file_name = f"{kind}_{numbers.interchange:09}_{row.pk.hex[-12:]}.edi"
    return row
