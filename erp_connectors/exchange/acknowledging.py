"""Acknowledgements of what was received: rows with the bytes of a 997, TA1 or CONTRL, written at the end."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.db import connection as database

from erp_connectors.companies import Connection
from erp_connectors.edi import DecodedGroup, DecodedInterchange
from erp_connectors.edi.acknowledgements import (
    ControlNumbers,
    functional_acknowledgement,
    interchange_acknowledgement,
)
from erp_connectors.edi.edifact import STANDARD as EDIFACT
from erp_connectors.edi.edifact.contrl import syntax_report
from erp_connectors.edi.partners import Partners
from erp_connectors.exchange.models import Interchange, OutgoingFile
from erp_connectors.exchange.replaced import is_answered

HIGHEST = 999_999_999
#: Sent with the row, so that no sweep has to be waited for.
WAKE = "erp_connectors.tasks.send_outgoing"
#: Whom an acknowledgement goes to: the mailbox it came by, and the partner's qualifier and id.
Towards = tuple[Connection, str]
TAKE = """
    INSERT INTO erp_connectors_controlnumber AS number (connection_id, partner, last)
    VALUES (%(connection)s, %(partner)s, %(count)s)
    ON CONFLICT (connection_id, partner) DO UPDATE
    SET last = (number.last + EXCLUDED.last - 1) %% 999999999 + 1
    RETURNING last
"""


@dataclass(slots=True)
class Answerable:
    """One interchange of a file, with its groups, as far as they are to be answered."""

    groups: list[DecodedGroup] = field(default_factory=list)
    interchange: DecodedInterchange | None = None


@dataclass(frozen=True, slots=True)
class _Due:
    """An acknowledgement that is due: of what, to whom, and how it is written under its numbers."""

    received: Interchange
    partner: str
    kind: str
    at: datetime
    write: Callable[[ControlNumbers, datetime], bytes]


def acknowledge(
    read: Iterable[tuple[Interchange, Sequence[Answerable], Partners]], *, now: datetime
) -> list[OutgoingFile]:
    """Write the rows of all acknowledgements due for some files; within the step that ends them.

    X12: one 997 for every group but those of acknowledgements, a TA1 where one is asked for or is the only
    answer. EDIFACT: one CONTRL for every interchange but those of acknowledgements.
    """
    due = [each for one in read for each in _all_due(*one, now)]
    numbers = _numbers((each.received.connection, each.partner) for each in due)
    return OutgoingFile.objects.bulk_create(
        _file(each, next(numbers[each.received.connection, each.partner]), now) for each in due
    )


def _all_due(
    received: Interchange, answerables: Sequence[Answerable], partners: Partners, now: datetime
) -> Iterator[_Due]:
    # An answer is to what the partner sent, and it gets one: what a person made of it since is our affair.
    if is_answered(received):
        return
    for answerable in answerables:
        interchange = answerable.interchange
        if interchange is None:
            continue
        profile = partners.profile(interchange.ids)
        zone = ZoneInfo((profile.time_zone if profile else "") or received.connection.time_zone)
        partner = f"{interchange.ids.sender_qualifier.strip()}/{interchange.ids.sender.strip()}"[:100]
        for kind, write in _due(interchange, answerable.groups):
            yield _Due(received, partner, kind, now.astimezone(zone), write)


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


def _numbers(wanted: Iterable[Towards]) -> dict[Towards, Iterator[ControlNumbers]]:
    """Take the next control numbers towards each partner: never the same one twice, gaps are allowed.

    All take them in one order, so that nobody who holds those of one partner waits for another's in vain.
    """
    counts = sorted(Counter(wanted).items(), key=lambda item: (item[0][0].pk, item[0][1]))
    return {towards: _next(*towards, count) for towards, count in counts}


def _next(connection: Connection, partner: str, count: int) -> Iterator[ControlNumbers]:
    with database.cursor() as cursor:
        cursor.execute(TAKE, {"connection": connection.pk, "partner": partner, "count": count})
        (last,) = cursor.fetchone()
    numbers = [(last - back - 1) % HIGHEST + 1 for back in reversed(range(count))]
    return iter([ControlNumbers(interchange=number, group=number) for number in numbers])


def _file(due: _Due, numbers: ControlNumbers, now: datetime) -> OutgoingFile:
    row = OutgoingFile(
        connection=due.received.connection,
        interchange=due.received,
        kind=due.kind,
        payload=due.write(numbers, due.at),
        created_at=now,
        due_at=now,
    )
    # Each partner has numbers of its own, and no id of theirs belongs in a path: our own tells files apart.
    row.file_name = f"{due.kind}_{numbers.interchange:09}_{row.pk.hex[-12:]}.edi"
    return row
