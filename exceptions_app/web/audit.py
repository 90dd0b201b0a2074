"""The auditor's screen: everything that happened, searched, proved and taken away."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from exceptions_app.audit import export as proof
from exceptions_app.audit import heads, queries, seals
from exceptions_app.audit.models import Event
from exceptions_app.audit.queries import Search, visible_events
from exceptions_app.audit.requests import of_rows
from exceptions_app.people.models import User
from exceptions_app.web import audit_view
from exceptions_app.web.access import Permission, permitted, person_of
from exceptions_app.web.addresses import address, filter_state, page_urls, without_empty
from exceptions_app.web.keyset import KeyPage, Part, newest_of
from exceptions_app.web.pages import looked_for, now_of, show
from exceptions_app.web.pills import Pill, day_of, several_of, text_of
from exceptions_app.web.saved_views import saved_views_of

FORMS = {"jsonl": "application/jsonl; charset=utf-8", "csv": "text/csv; charset=utf-8"}
SAMPLES = (10, 25, 50, 100)
MOST_FINDINGS = 100
REPORTED = timedelta(days=90)


@permitted(Permission.HISTORY)
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Show one page of events under the filters of the address, newest first, and how the chain stands."""
    path, query = reverse("web:audit"), without_empty(request.GET)
    page = page_of(person_of(request), _search(request, query), query)
    context = {
        "path": path,
        "query": query,
        "q": query.get("q", ""),
        "here": address(path, query),
        "now": now_of(request),
        "rows": [audit_view.row(event) for event in page.rows],
        "page": page,
        **page_urls(path, query, page),
        "pills": _pills(query),
        "is_filtered": bool(filter_state(query)),
        "clear_url": path,
        "views": saved_views_of(person_of(request), path),
        "export_url": f"{path}export/",
        "filters": filter_state(query).urlencode(),
        "chain": audit_view.chain(now_of(request)),
        "too_short": 0 < len(query.get("q", "")) < queries.SHORTEST_TEXT,
    }
    return show(request, "audit/list.html", context, current="audit", fragment="list")


@permitted(Permission.HISTORY)
@require_safe
def event(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Show one event in full: what it changed, and its place in the chain."""
    related = ("case", "company", "release", "actor", "seal")
    found = get_object_or_404(visible_events(person_of(request)).select_related(*related), pk=event_id)
    context = {"now": now_of(request), "event": found, **audit_view.in_full(found)}
    return show(request, "audit/event.html", context, current="audit")


@permitted(Permission.HISTORY)
@require_safe
def export(request: HttpRequest, form: str) -> HttpResponse:
    """Return the events under the filters of the address with their proof, the newest MOST_EVENTS at most.

    The head they lead to is written outside the database; that they were taken away becomes an event itself.
    """
    search = _search(request, without_empty(request.GET))
    found = queries.newest_sealed(person_of(request), search, most=proof.MOST_EVENTS + 1)
    return _as_file(request, form, found)


@permitted(Permission.HISTORY)
@require_safe
def sample(request: HttpRequest) -> HttpResponse:
    """Show decisions drawn at random with everything that is known of them; the address draws them again."""
    query = without_empty(request.GET)
    seed = query.get("seed", "")[:40] or get_random_string(8)
    size = _size(query)
    events = visible_events(person_of(request))
    drawn = queries.sample(_found(request, query), size=size, seed=seed)
    evidence = queries.evidence(drawn, events.select_related("case", "company", "seal"))
    path = reverse("web:audit_sample")
    context = {
        "now": now_of(request),
        "path": path,
        "query": query,
        "size": size,
        "sizes": SAMPLES,
        "seed": seed,
        "since": query.get("from", ""),
        "until": query.get("to", ""),
        "decisions": [audit_view.decision(each, evidence[each.pk]) for each in drawn],
        "export_url": f"{path}export/",
        "export_query": address("", query, drop=("seed", "n"), seed=seed, n=str(size)).removeprefix("?"),
    }
    return show(request, "audit/sample.html", context, current="audit")


@permitted(Permission.HISTORY)
@require_safe
def sample_export(request: HttpRequest, form: str) -> HttpResponse:
    """Return the evidence of a sample with its proof: every event of what was decided."""
    query = without_empty(request.GET)
    drawn = queries.sample(_found(request, query), size=_size(query), seed=query.get("seed", "")[:40])
    evidence = queries.evidence(drawn, visible_events(person_of(request)))
    ids = {event.pk for events in evidence.values() for event in events}
    found = visible_events(person_of(request)).filter(pk__in=ids, seal__isnull=False)
    return _as_file(request, form, sorted(found.values_list("seal__sequence", flat=True)))


@permitted(Permission.HISTORY)
@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """Show what was set against the rules, and where one person had a hand in something twice."""
    query = without_empty(request.GET)
    if "from" not in query:
        query["from"] = (timezone.localtime(now_of(request)) - REPORTED).date().isoformat()
    person = person_of(request)
    events = _found(request, query).select_related("case", "company", "seal")
    overrides = events.filter(kind__in=queries.OVERRIDES).order_by("-at", "-id")[:MOST_FINDINGS]
    context = {
        "now": now_of(request),
        "path": reverse("web:audit_report"),
        "since": query.get("from", ""),
        "until": query.get("to", ""),
        "overrides": [audit_view.row(event) for event in overrides],
        "twice": [
            {"first": audit_view.row(pair.first), "second": audit_view.row(pair.second)}
            for pair in queries.two_hands(events, visible=visible_events(person), most=MOST_FINDINGS)
        ],
        "most": MOST_FINDINGS,
    }
    return show(request, "audit/report.html", context, current="audit")


def page_of(person: User, search: Search, query: Mapping[str, str]) -> KeyPage[Event]:
    """Return the page that `after` or `before` names of what a person looks for and may see."""
    own, several = queries.in_parts(person, search)
    parts = [*(Part(each, "at") for each in own), *(Part(each, "at", "event") for each in several)]
    rows = Event.objects.select_related("case", "company", "seal").prefetch_related("companies")
    return newest_of(parts, rows, query, field="at")


def _found(request: HttpRequest, query: QueryDict) -> QuerySet[Event]:
    return queries.found(visible_events(person_of(request)), _search(request, query))


def _search(request: HttpRequest, query: QueryDict) -> Search:
    until = _day(query.get("to", ""))
    return Search(
        since=_midnight(_day(query.get("from", ""))),
        until=_midnight(until + timedelta(days=1) if until else None),
        kinds=query.getlist("kind"),
        who=looked_for(request, "who"),
        subject=looked_for(request, "subject"),
        text=looked_for(request, "q"),
    )


def _day(text: str) -> date | None:
    """Read a day; what is none filters nothing."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date.min < day < date.max - timedelta(days=1) else None


def _midnight(day: date | None) -> datetime | None:
    """Return when a day begins for the reader."""
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _size(query: QueryDict) -> int:
    text = query.get("n", "")
    return min(max(int(text), 1), SAMPLES[-1]) if text.isdigit() and len(text) < 4 else SAMPLES[1]


def _pills(query: QueryDict) -> list[Pill]:
    kinds = [(kind, audit_view.kind_in_words(kind)) for kind in queries.known_kinds()]
    return [
        day_of("from", _("From"), query.get("from", "")),
        day_of("to", _("Until"), query.get("to", "")),
        several_of("kind", _("Kind"), kinds, query.getlist("kind"), icon="list-filter"),
        text_of("who", _("Who"), query.get("who", ""), hint=_("Name or user name")),
        text_of("subject", _("About"), query.get("subject", ""), hint=_("Case, order, release")),
    ]


def _as_file(request: HttpRequest, form: str, found: list[int]) -> HttpResponse:
    """Return the events at these places in the chain; of too many the newest, and the file's name says so."""
    if form not in FORMS:
        raise Http404
    now = now_of(request)
    sequences, is_cut = found[-proof.MOST_EVENTS :], len(found) > proof.MOST_EVENTS
    written = heads.write(now)
    head = seals.Head(written.sequence, written.hash) if written else seals.Head()
    about = {
        "taken_at": now.isoformat(),
        "taken_by": str(person_of(request)),
        "filter": {name: request.GET.getlist(name) for name in sorted(request.GET)},
        "is_cut": is_cut,
    }
    lines: Iterator[str] = (
        proof.as_lines(sequences, head, about) if form == "jsonl" else proof.as_csv(sequences, head)
    )
    response = StreamingHttpResponse(
        lines,
        content_type=FORMS[form],
        headers={
            "Content-Disposition": f'attachment; filename="{proof.file_name(now, form, is_cut=is_cut)}"'
        },
    )
    # A file that is written while it is sent is an answer like another.
    return of_rows(response, len(sequences))  # type: ignore[return-value]
