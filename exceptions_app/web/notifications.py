"""What a person was told: a list, newest first, and marking it read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.web.access import Permission, permitted, person_of, teams_of
from exceptions_app.web.labels import Text
from exceptions_app.web.pages import as_answer, back, bell_for, news_for, now_of, show, unread_news_for

MOST = 100
KINDS: dict[str, tuple[Text, str, str]] = {
    NotificationKind.ALERT: (_("Alert"), "info", ""),
    NotificationKind.TASK: (_("Task"), "list-checks", "info"),
    NotificationKind.APPROVAL: (_("Approval wanted"), "shield-check", "info"),
    NotificationKind.BREACH: (_("Time is up"), "timer-off", "crit"),
    NotificationKind.ESCALATION: (_("Escalated"), "arrow-up-right", "crit"),
    NotificationKind.NEWS: (_("News"), "message-square", ""),
}


@permitted(Permission.SIGNED_IN)
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """Show what this person, or a team of theirs, was told in the last weeks."""
    person = person_of(request)
    found = news_for(person, teams_of(request), now=now_of(request)).select_related("case", "team__company")[
        :MOST
    ]
    context = {
        "now": now_of(request),
        "news": [
            {"row": row, "label": KINDS[row.kind][0], "icon": KINDS[row.kind][1], "tone": KINDS[row.kind][2]}
            for row in found
        ],
    }
    return show(request, "notifications/list.html", context, current="notifications", fragment="news")


@permitted(Permission.SIGNED_IN)
@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """Show the bell alone, with how much is unread by now."""
    return as_answer(render(request, "bell.html", {"bell": bell_for(request)}))


@permitted(Permission.OWN)
@require_POST
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark one notification of this person read, or all of them."""
    person = person_of(request)
    unread = unread_news_for(person, teams_of(request), now=now_of(request))
    one = request.POST.get("id", "")
    if one.isdigit():
        unread = unread.filter(pk=one)
    through = Notification.read_by.through
    through.objects.bulk_create(
        [
            through(notification_id=pk, user_id=person.pk)
            for pk in unread.order_by().values_list("pk", flat=True)
        ],
        ignore_conflicts=True,
    )
    return back(request, reverse("web:notifications"))
