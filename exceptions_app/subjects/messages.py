"""Received messages of which something could not be applied."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from erp_connectors.exchange.models import Quarantine, Transaction
from erp_connectors.exchange.work import REFUSED
from exceptions_app.cases.about import About
from exceptions_app.detection.messages import MessageSnapshot, RefusedPart
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies import lookup
from exceptions_app.policies.lookup import LineScope, Policies
from exceptions_app.subjects.subject import Loaded, Subject, World, world_of

#: A file with more bad parts than this shows so many: it is to be corrected as a whole.
MOST_PARTS = 50
ERRORS = ("error", "warning")


class Messages(Subject):
    """A message is judged by what became of it when it was read last; its reader tells (`Quarantine`)."""

    kind = SubjectKind.MESSAGE

    def load(self, ids: Collection[int], as_of: datetime) -> World:
        """Return the messages with their refused parts, in a number of queries that does not grow."""
        rows = list(
            Quarantine.objects.filter(pk__in=ids)
            .select_related("interchange__connection__company")
            .defer("interchange__payload")
        )
        parts: dict[Any, list[Transaction]] = defaultdict(list)
        refused = Transaction.objects.filter(
            interchange__in=[row.interchange_id for row in rows], status__in=REFUSED
        )
        for part in refused.order_by("interchange", "position"):
            parts[part.interchange_id].append(part)
        policies = lookup.load({row.interchange.connection.company_id for row in rows}, as_of)
        return world_of(
            policies,
            {row.pk: partial(_loaded, row, parts[row.interchange_id], policies) for row in rows},
        )

    def queue_up_for(self, ids: Collection[int]) -> None:
        """Lock the rows of their quarantine, as whoever reads the message does."""
        rows = Quarantine.objects.filter(pk__in=ids).order_by("pk")
        list(rows.select_for_update(no_key=True).values_list("pk"))


def _loaded(row: Quarantine, parts: Sequence[Transaction], policies: Policies) -> Loaded:
    message = row.interchange
    company = message.connection.company
    refused = [_part(part.position, part.kind, part.control_number, part.findings) for part in parts]
    if row.is_whole:
        refused.insert(0, _part(None, "", "", message.findings))
    fingerprint = hashlib.sha256(repr([message.sha256, refused]).encode()).hexdigest()
    return Loaded(
        about=About(
            kind=SubjectKind.MESSAGE,
            id=row.pk,
            company=company,
            connection=message.connection.code,
            interchange=message,
            message_kind=next((part.kind for part in refused if part.kind), ""),
        ),
        snapshot=MessageSnapshot(
            company=company.code,
            calendar=policies.of(company.pk).calendar,
            tolerances=policies.tolerances(LineScope(company_id=company.pk)),
            fingerprint=fingerprint,
            watched=not message.is_test,
            key=str(message.pk),
            name=str(message),
            connection=message.connection.code,
            received_at=message.received_at,
            refused=tuple(refused[:MOST_PARTS]),
        ),
    )


def _part(
    position: int | None, kind: str, control_number: str, findings: Sequence[dict[str, Any]]
) -> RefusedPart:
    worst = next((each for each in findings if each.get("severity") in ERRORS), {})
    return RefusedPart(
        position=position,
        kind=kind,
        control_number=control_number,
        code=worst.get("code") or "",
        text=worst.get("text") or worst.get("message") or "No reason was given.",
        way_out=worst.get("way_out") or "",
    )
