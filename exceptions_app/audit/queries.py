"""Questions about the history: who may see which events, what is found, and what stands around one."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from exceptions_app.audit.models import Event, EventCompany, EventText
from exceptions_app.cases.models import Case
from exceptions_app.people.models import User
from exceptions_app.people.permissions import audits_everything, companies_open

#: Shorter, and there is nothing to look up in the index of trigrams.
SHORTEST_TEXT = 3
MOST_NAMED = 50
#: Of more kinds together enough has happened that they are found on the way.
MOST_KINDS = 8
RELEASE = re.compile(r"(?:release|regelstand)?\s*(\d{1,9})", re.IGNORECASE)
#: What somebody decided, one event for each.
DECISIONS = (
    "proposal.approved",
    "proposal.authorised",
    "proposal.rejected",
    "proposal.asked_back",
    "case.dismissed",
    "policy.approved",
    "policy.published",
)
#: What a person set against what the rules had found.
OVERRIDES = (
    "case.severity_overridden",
    "case.overridden",
    "case.override_taken_back",
    "case.override_contradicted",
    "case.handed_over",
    "case.reopened",
    "case.dismissed",
    "document.matched",
    "document.unmatched",
    "interchange.corrected",
)
#: What one person ought not to have done after any of these, about one subject.
APART = {
    "proposal.approved": ("proposal.proposed", "proposal.submitted", "proposal.edited"),
    "policy.approved": ("policy.drafted", "policy.draft_changed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What an auditor looks for; empty: everything. Times are inclusive, exclusive."""

    since: datetime | None = None
    until: datetime | None = None
    kinds: Collection[str] = field(default_factory=tuple)
    who: str = ""
    subject: str = ""
    text: str = ""


def visible_events(user: User) -> QuerySet[Event]:
    """Return the events a person may see: those of the companies whose history is open to them.

    Of what is about several companies, those that are about one of theirs, or about every company. What is
    about none is for superusers, and for who audits every company.
    """
    events, companies = Event.objects.prefetch_related("companies"), _open_to(user)
    if companies is None:
        return events
    return of_companies(events, companies)


def of_companies(events: QuerySet[Event], companies: Collection[int]) -> QuerySet[Event]:
    """Return those of `events` that are about one of these companies, among others or with every one."""
    if not companies:
        return events.none()
    mine = Q(company__in=companies) | Q(company=None)
    told = EventCompany.objects.filter(mine, event=OuterRef("pk"))
    return events.filter(Q(company__in=companies) | Q(Exists(told), company=None))


def in_parts(user: User, search: Search) -> tuple[list[QuerySet[Event]], list[QuerySet[EventCompany]]]:
    """Return what a person looks for and may see, in parts that are quick to read newest first.

    Events by company, then what is about several companies by each; there one event may be in several parts.
    """
    companies = _open_to(user)
    if companies is None:
        return _by_kind(Event.objects.all(), search), []
    if not companies:
        return [], []
    own = [part for company in companies for part in _by_kind(Event.objects.filter(company=company), search)]
    told = EventCompany.objects.all()
    if search != Search():
        told = told.filter(event__in=found(Event.objects.filter(company=None), search).values("pk"))
    return own, [told.filter(company=company) for company in (*companies, None)]


def _by_kind(events: QuerySet[Event], search: Search) -> list[QuerySet[Event]]:
    """Return what is looked for, a few kinds each by itself: an index has only one kind in order."""
    if not 1 < len(search.kinds) <= MOST_KINDS:
        return [found(events, search)]
    return [found(events, replace(search, kinds=(kind,))) for kind in sorted(set(search.kinds))]


def newest_sealed(user: User, search: Search, *, most: int) -> list[int]:
    """Return the places in the chain of the newest `most` events a person looks for and may see, in order."""
    own, several = in_parts(user, search)
    parts = [
        *(each.order_by("-at", "-pk").values_list("at", "pk", "seal__sequence") for each in own),
        *(
            each.order_by("-at", "-event").values_list("at", "event", "event__seal__sequence")
            for each in several
        ),
    ]
    found = {row for part in parts for row in part[:most] if row[2] is not None}
    return sorted(sequence for _, _, sequence in sorted(found, reverse=True)[:most])


def _open_to(user: User) -> list[int] | None:
    """Return the keys of the companies whose history is open to a person; None: all, and what is of none."""
    if not user.is_active:
        return []
    if user.is_superuser or audits_everything(user):
        return None
    return [company.pk for company in companies_open(user, "view_history")]


def found(events: QuerySet[Event], search: Search) -> QuerySet[Event]:
    """Return the events of `events` that are looked for."""
    if search.since:
        events = events.filter(at__gte=search.since)
    if search.until:
        events = events.filter(at__lt=search.until)
    if search.kinds:
        events = events.filter(kind__in=search.kinds)
    if search.who:
        events = events.filter(_by(search.who))
    if search.subject:
        events = events.filter(_about(search.subject))
    if len(search.text) >= SHORTEST_TEXT:
        words = EventText.objects.filter(event=OuterRef("pk"), words__icontains=search.text)
        events = events.filter(Exists(words))
    return events


def _by(who: str) -> Q:
    """Return what people with this in their name did; a name nobody has may be that of a token, or ours."""
    named = Q(username__iexact=who)
    for word in who.split():
        named |= Q(first_name__icontains=word) | Q(last_name__icontains=word)
    people = User.objects.filter(named).values_list("pk", flat=True)[:MOST_NAMED]
    return Q(actor__in=list(people)) if people else Q(actor=None, actor_name__iexact=who)


def _about(subject: str) -> Q:
    """Return what is about a case, an order, a release or anything else that goes by this name or number."""
    cases = Case.objects.filter(Q(number__iexact=subject) | Q(order__number=subject))
    about = Q(case__in=list(cases.values_list("pk", flat=True)[:MOST_NAMED]))
    about |= Q(subject_kind__in=_values_of("subject_kind"), subject_id=subject)
    kind, _, number = subject.rpartition(" ")
    if kind:
        # As the list shows it: "policy draft 7".
        about |= Q(subject_kind=kind.replace(" ", "_"), subject_id=number)
    release = RELEASE.fullmatch(subject)
    if release:
        about |= Q(subject_kind="policy_release", subject_id=release[1])
    return about


def known_kinds() -> list[str]:
    """Return every kind of event there is, from the index alone."""
    return _values_of("kind")


def _values_of(column: str) -> list[str]:
    """Return the few different values of an indexed column, each by one step down the index."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE each (value) AS (
                (SELECT {column} FROM exceptions_app_event ORDER BY {column} LIMIT 1)
                UNION ALL
                SELECT (SELECT {column} FROM exceptions_app_event WHERE {column} > each.value
                        ORDER BY {column} LIMIT 1)
                FROM each WHERE each.value IS NOT NULL
            )
            SELECT value FROM each WHERE value IS NOT NULL
            """
        )
        return [row[0] for row in cursor.fetchall()]


def sample(events: QuerySet[Event], *, size: int, seed: str) -> list[Event]:
    """Return `size` decisions of `events` at random; the same seed draws the same ones again."""
    decisions = events.filter(kind__in=DECISIONS).extra(
        select={"drawn": "md5(%s || exceptions_app_event.id::text)"}, select_params=[seed]
    )
    # Only keys are put in order: there may be a million, and an event is long.
    drawn = [key for key, _ in decisions.order_by("drawn").values_list("pk", "drawn")[:size]]
    found = events.select_related("case", "company", "seal").in_bulk(drawn)
    return [found[key] for key in drawn]


def evidence(decisions: Collection[Event], events: QuerySet[Event]) -> dict[Any, list[Event]]:
    """Return for each decision what `events` know of its subject, oldest first, in one query."""
    keys = {(each.subject_kind, each.subject_id) for each in decisions}
    told: dict[tuple[str, str], list[Event]] = {key: [] for key in keys}
    same = Q(pk=None)
    for kind in {kind for kind, _ in keys}:
        same |= Q(subject_kind=kind, subject_id__in=[number for each, number in keys if each == kind])
    for event in events.filter(same).order_by("at", "id"):
        told[event.subject_kind, event.subject_id].append(event)
    return {each.pk: told[each.subject_kind, each.subject_id] for each in decisions}


@dataclass(frozen=True, slots=True)
class TwoHands:
    """Two things about one subject that the same person did, although two should have."""

    first: Event
    second: Event


def two_hands(events: QuerySet[Event], *, visible: QuerySet[Event], most: int) -> list[TwoHands]:
    """Return where one person had a hand in something twice, newest first, at most `most` of each pair.

    The second is one of `events`, the first any that is `visible`.
    """
    return sorted(_pairs(events, visible, most), key=lambda pair: pair.second.at, reverse=True)[:most]


def _pairs(events: QuerySet[Event], visible: QuerySet[Event], most: int) -> Iterator[TwoHands]:
    told = visible.select_related("case", "company", "seal")
    for second_kind, first_kinds in APART.items():
        first = visible.filter(
            kind__in=first_kinds,
            subject_kind=OuterRef("subject_kind"),
            subject_id=OuterRef("subject_id"),
            actor=OuterRef("actor"),
            at__lte=OuterRef("at"),
        )
        found = events.filter(Exists(first), kind=second_kind, actor__isnull=False).order_by("-at", "-id")
        # Only keys while there may be many to look through: an event is long.
        seconds = told.in_bulk(list(found.values_list("pk", flat=True)[:most]))
        if not seconds:
            continue
        subjects = {each.subject_id for each in seconds.values()}
        earlier = list(told.filter(kind__in=first_kinds, subject_id__in=subjects).order_by("at", "id"))
        for second in seconds.values():
            same = [each for each in earlier if _is_earlier_of_same(each, second)]
            yield TwoHands(same[-1], second)


def _is_earlier_of_same(first: Event, second: Event) -> bool:
    """Say whether the same person did the first about the same subject, before the second."""
    about = (first.subject_kind, first.subject_id, first.actor_id)
    return first.at <= second.at and about == (second.subject_kind, second.subject_id, second.actor_id)
