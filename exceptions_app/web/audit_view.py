"""What the auditor's screen shows: events in words, their place in the chain, and whether it holds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from exceptions_app.audit import heads, seals
from exceptions_app.audit.models import Event, Seal, UnsealedEvent
from exceptions_app.audit.verify import SEALED_WITHIN, Break, broken_between
from exceptions_app.web import formats
from exceptions_app.web.labels import Chip

#: How many seals before and after an event are recomputed to say whether the chain holds there.
AROUND = 50
NEIGHBOURS = 2
HEAD_TOO_OLD = timedelta(days=1, hours=1)
TONES = {"access.refused": "crit", "person.not_signed_in": "warn", "person.locked_out": "crit"}
#: What a subject is shown on; the address takes its id.
PLACES = {"case": "web:case", "incident": "web:incident", "interchange": "web:interchange"}


@dataclass(frozen=True, slots=True)
class Moved:
    """One value of an event: what it was and what it became; empty where it was not told."""

    name: str
    before: str
    after: str
    is_changed: bool


def kind_in_words(kind: str) -> str:
    """Return the kind of an event as one reads it: "case.taken" is "Case: taken"."""
    area, _, what = kind.partition(".")
    return f"{area.replace('_', ' ').capitalize()}: {what.replace('_', ' ')}"


def row(event: Event) -> dict[str, Any]:
    """Return an event as a row of a list."""
    return {
        "event": event,
        "kind": Chip(kind_in_words(event.kind), TONES.get(event.kind, "")),
        "url": reverse("web:audit_event", args=[event.pk]),
        "about": about(event),
        "about_url": place(event),
        "company": company(event),
        "seal": getattr(event, "seal", None),
    }


def about(event: Event) -> str:
    """Return what an event is about, in a word."""
    if event.case is not None:
        return event.case.number
    return f"{event.subject_kind.replace('_', ' ')} {event.subject_id}".strip()


def company(event: Event) -> str:
    """Return which company an event is about, or that it is several or every one; empty: the installation."""
    if event.company is not None:
        return str(event.company)
    told = [each.company_id for each in event.companies.all()]
    if not told:
        return ""
    return gettext("every company") if None in told else gettext("several companies")


def place(event: Event) -> str:
    """Return where one looks at what an event is about; empty: nowhere."""
    if event.case is not None:
        return reverse("web:case", args=[event.case.number])
    try:
        return reverse(PLACES[event.subject_kind], args=[event.subject_id])
    except (KeyError, NoReverseMatch):
        return ""


def decision(event: Event, evidence: Sequence[Event]) -> dict[str, Any]:
    """Return a decision with everything that is known of what it was about."""
    return {
        **row(event),
        "evidence": [{**row(each), "moved": moved(each.before, each.after)} for each in evidence],
    }


def in_full(event: Event) -> dict[str, Any]:
    """Return everything about one event: what changed, raw too, and where it stands in the chain."""
    seal = getattr(event, "seal", None)
    return {
        **row(event),
        "moved": moved(event.before, event.after),
        "raw_before": json.dumps(event.before, indent=2, ensure_ascii=False, sort_keys=True),
        "raw_after": json.dumps(event.after, indent=2, ensure_ascii=False, sort_keys=True),
        **(around(seal) if seal else {"neighbours": [], "broken": None}),
    }


def moved(before: dict[str, Any], after: dict[str, Any]) -> list[Moved]:
    """Return the values an event tells, those that changed first."""
    names = [*before, *(name for name in after if name not in before)]
    told = [
        Moved(
            name.replace("_", " ").capitalize(),
            in_words(before.get(name)),
            in_words(after.get(name)),
            name in before and before[name] != after.get(name),
        )
        for name in names
    ]
    return sorted(told, key=lambda each: not each.is_changed)


def in_words(value: Any) -> str:
    """Return a value of an event as one reads it."""
    if value in (None, "", [], {}):
        return formats.NOTHING
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return "; ".join(in_words(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {in_words(each)}" for name, each in value.items())
    return str(value)


def around(seal: Seal) -> dict[str, Any]:
    """Return the neighbours of a seal, and where the chain around it is broken, recomputed now."""
    until = min(seal.sequence + AROUND, seals.head().sequence)
    near = range(seal.sequence - NEIGHBOURS, seal.sequence + NEIGHBOURS + 1)
    neighbours = Seal.objects.filter(sequence__in=near).order_by("sequence")
    broken: Break | None = broken_between(max(seal.sequence - AROUND - 1, 0), until)
    return {
        "neighbours": [
            {"seal": each, "hash": bytes(each.hash).hex(), "is_this": each.pk == seal.pk}
            for each in neighbours
        ],
        "broken": broken,
        "checked_from": max(seal.sequence - AROUND, 1),
        "checked_until": until,
    }


def chain(now: datetime) -> dict[str, Any]:
    """Return how the chain stands: its head, what waits for its seal, and the last head outside."""
    head = seals.head()
    waiting = UnsealedEvent.objects.order_by("event_id").values_list("since", flat=True).first()
    try:
        outside = heads.latest()
    except ValueError:
        outside = None
    return {
        "sequence": formats.number(head.sequence),
        "hash": head.hash.hex(),
        "waits_since": waiting,
        "lags": waiting is not None and now - waiting > SEALED_WITHIN,
        "outside": outside,
        "outside_sequence": formats.number(outside.sequence) if outside else "",
        "is_head_old": outside is None or now - outside.at > HEAD_TOO_OLD,
    }
