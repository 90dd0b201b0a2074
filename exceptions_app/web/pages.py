"""Shows a page inside the frame, or only the fragment that htmx asked for. Both are one template."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from erp_connectors import clock
from exceptions_app.cases.counts import CAP, work_waiting
from exceptions_app.notifications.bursts import unread_count
from exceptions_app.people.models import Team
from exceptions_app.people.permissions import memberships_of
from exceptions_app.proposals.approvals import open_approvals
from exceptions_app.web import access, formats, labels

#: The statuses of what could not be done: what was entered is wrong, or it has changed meanwhile.
UNPROCESSABLE, CONFLICT = 422, 409
NEWS_CAP = 99
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLink:
    """A queue in the navigation."""

    team: Team
    name: str
    url: str
    icon: str
    waiting: int
    is_current: bool

    @property
    def waiting_text(self) -> str:
        """How much waits, or "1000+"."""
        return formats.capped(self.waiting, CAP)


@dataclass(frozen=True, slots=True)
class Bell:
    """How much somebody has not read yet."""

    unread: int

    @property
    def unread_text(self) -> str:
        """The number, or "99+"."""
        return formats.capped(self.unread, NEWS_CAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the frame around every page shows; `others` are queues the person only oversees."""

    current: str
    queues: list[QueueLink]
    others: list[QueueLink]
    approvals: int
    bell: Bell
    role: str
    sees_matched: bool
    sees_exchange: bool
    sees_shadow: bool
    sees_policies: bool
    sees_history: bool

    @property
    def is_elsewhere(self) -> bool:
        """True when the queue of another team is shown."""
        return any(each.is_current for each in self.others)

    @property
    def approvals_text(self) -> str:
        """How many proposals wait for this person."""
        return formats.capped(self.approvals, NEWS_CAP)


def queue_url(team: Team) -> str:
    """Return the address of a team's queue."""
    return reverse("web:queue", args=[team.company.code, team.code])


def frame_for(request: HttpRequest, *, current: str, team: Team | None = None) -> Frame:
    """Return what the frame shows to the person who looks at `current`."""
    person, own, others = access.person_of(request), access.teams_of(request), access.other_teams_of(request)
    waiting = work_waiting([*own, *others])
    several = len({each.company_id for each in (*own, *others)}) > 1
    first = next(iter(memberships_of(person)), None)

    def link(each: Team) -> QueueLink:
        return QueueLink(
            team=each,
            name=f"{each.name}, {each.company.name}" if several else each.name,
            url=queue_url(each),
            icon=labels.TEAM_ICONS.get(each.code, "users"),
            waiting=waiting.get(each.pk, 0),
            is_current=team is not None and each.pk == team.pk,
        )

    return Frame(
        current=current,
        queues=[link(each) for each in own],
        others=[link(each) for each in others],
        approvals=open_approvals(person).order_by()[: NEWS_CAP + 1].count(),
        bell=bell_for(request),
        role=f"{first.team.name}, {gettext(first.get_role_display())}" if first else "",
        sees_matched=bool(access.companies_open(person, "match_documents")),
        sees_exchange=bool(access.companies_open(person, "view_exchange")),
        sees_shadow=bool(access.companies_open(person, "view_shadow")),
        sees_policies=person.is_staff or bool(access.companies_open(person, "view_policies")),
        sees_history=bool(access.companies_open(person, "view_history")),
    )


def bell_for(request: HttpRequest) -> Bell:
    """Return how much of the news the person has not read; what arrived at once counts as one."""
    return Bell(unread_count(access.person_of(request), access.teams_of(request), now=now_of(request)))


def looked_for(request: HttpRequest, name: str) -> str:
    """Return what was typed into a search field, in one line; without what no column can hold."""
    return " ".join(request.GET.get(name, "").replace("\0", "").split())[:LONGEST_SEARCH]


def wants_fragment(request: HttpRequest) -> bool:
    """Say whether htmx asked, so that a part of the page is the answer."""
    return bool(request.htmx)  # type: ignore[attr-defined]


def show(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    current: str,
    fragment: str = "",
    team: Team | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page in its frame; or its `fragment` alone, with what the action did, if htmx asked."""
    if fragment and wants_fragment(request):
        content = render_to_string(f"{template}#{fragment}", context, request)
        content += render_to_string("toasts_beside.html", {}, request)
        response = HttpResponse(content, status=status)
    else:
        frame = frame_for(request, current=current, team=team)
        response = render(request, template, context | {"frame": frame}, status=status)
    return as_answer(response)


def as_answer(response: HttpResponse) -> HttpResponse:
    """Let no cache keep the answer: a page must never show its fragment, nor after signing out."""
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_store=True)
    return response


def back(request: HttpRequest, fallback: str) -> HttpResponse:
    """Return to where the form said it came from, if that is one of our pages."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return redirect(wanted)
    return redirect(fallback)


def tell(request: HttpRequest, text: str) -> None:
    """Say what an action did, on the next thing the person sees."""
    messages.success(request, text)


def warn(request: HttpRequest, text: str) -> None:
    """Say why an action did nothing."""
    messages.error(request, text)


def changed(response: HttpResponseBase) -> None:
    """Let the lists on the page read themselves again (frame.js).

    Not by HX-Trigger: htmx fires that at the form that was sent, which the answer may have taken away.
    """
    response["Case-Changed"] = "true"


def now_of(request: HttpRequest) -> datetime:
    """Return the time of this request, read once."""
    if not hasattr(request, "read_at"):
        request.read_at = clock.now()  # type: ignore[attr-defined]
    return request.read_at  # type: ignore[attr-defined,no-any-return]
