"""What a person was told: a list, newest first, and marking it read."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from exceptions_app.audit.requests import NOTHING_BUT_LOOKS, leaves_no_event
from exceptions_app.notifications.bursts import (
    Burst,
    BurstKey,
    all_read_by,
    gathered,
    news_for,
    unread_news_for,
)
from exceptions_app.notifications.models import NotificationKind
from exceptions_app.web.access import Permission, permitted, person_of, teams_of
from exceptions_app.web.labels import Text
from exceptions_app.web.pages import as_answer, back, bell_for, now_of, queue_url, show
from exceptions_app.web.sent import number_in

MOST_READ, MOST_SHOWN, FEW = 500, 100, 10
KINDS: dict[str, tuple[Text, str, str]] = {
    NotificationKind.ALERT: (_("Alert"), "info", ""),
    NotificationKind.TASK: (_("Task"), "list-checks", "info"),
    NotificationKind.APPROVAL: (_("Approval wanted"), "shield-check", "info"),
    NotificationKind.WARNING: (_("Time is running out"), "timer", "warn"),
    NotificationKind.REMINDER: (_("Supplier reminded"), "hourglass", ""),
    NotificationKind.BREACH: (_("Time is up"), "timer-off", "crit"),
    NotificationKind.ESCALATION: (_("Escalated"), "arrow-up-right", "crit"),
    NotificationKind.NEWS: (_("News"), "message-square", ""),
}


@permitted(Permission.SIGNED_IN)
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """Show what this person, or a team of theirs, was told lately; what came at once is one entry."""
    rows = news_for(person_of(request), teams_of(request), now=now_of(request))
    entries = gathered(rows.select_related("case", "team__company")[:MOST_READ])[:MOST_SHOWN]
    context = {"now": now_of(request), "news": [_entry(entry) for entry in entries]}
    return show(request, "notifications/list.html", context, current="notifications", fragment="news")


def _entry(entry: Burst) -> dict[str, Any]:
    newest = entry.rows[0]
    label, icon, tone = KINDS.get(newest.kind, KINDS[NotificationKind.NEWS])
    return {
        "key": str(entry.key),
        "id": newest.pk if entry.is_one else "",
        "title": entry.title,
        "rows": entry.rows,
        "first": entry.rows[:FEW],
        "more": max(0, len(entry.rows) - FEW),
        "row": newest,
        "queue": queue_url(newest.team) if newest.team else "",
        "label": label,
        "icon": icon,
        "tone": tone,
        "is_read": all(getattr(row, "is_read", False) for row in entry.rows),
    }


@permitted(Permission.SIGNED_IN)
@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """Show the bell alone, with how much is unread by now."""
    return as_answer(render(request, "bell.html", {"bell": bell_for(request)}))


@leaves_no_event(NOTHING_BUT_LOOKS)
@permitted(Permission.OWN)
@require_POST
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark one notification of this person read, all that arrived with it, or everything."""
    person = person_of(request)
    unread = unread_news_for(person, teams_of(request), now=now_of(request))
    one, several = number_in(request.POST.get("id", "")), BurstKey.read(request.POST.get("burst", ""))
    if one is not None:
        unread = unread.filter(pk=one)
    elif several is not None:
        unread = unread.filter(several.condition())
    all_read_by(person, unread)
    return back(request, reverse("web:notifications"))
