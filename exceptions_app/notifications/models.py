"""Notifications: rows that tell a person or a team something about a case."""

from django.conf import settings
from django.db import models

from erp_connectors.exchange.models import Hop
from exceptions_app.cases.models import Case
from exceptions_app.people.models import Team


class NotificationKind(models.TextChoices):
    """Why somebody is told."""

    ALERT = "alert", "Alert"
    TASK = "task", "Task"
    APPROVAL = "approval", "Approval wanted"
    WARNING = "warning", "Time is running out"
    REMINDER = "reminder", "Supplier reminded"
    BREACH = "breach", "Time is up"
    ESCALATION = "escalation", "Escalated"
    NEWS = "news", "News"


class Notification(Hop):
    """One message to a person, or to everybody in a team. Seen in the app; mailed where an address is known.

    `due_at` set: a mail is still to be sent. `count` says of how many things it tells at once; one that tells
    several belongs to no case.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, null=True, related_name="notifications")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="notifications"
    )
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="notifications")
    kind = models.CharField(max_length=16, choices=NotificationKind.choices)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    path = models.CharField(
        max_length=200, blank=True, help_text="The page it leads to; empty: the page of its case."
    )
    count = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, blank=True)
    read_by: models.ManyToManyField = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="read_notifications", blank=True
    )

    not_for: models.ManyToManyField = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="spared_notifications",
        blank=True,
        help_text="Members of the team who are told of the same event by another row.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["person", "-created_at"], name="notification_person"),
            models.Index(fields=["team", "-created_at"], name="notification_team"),
            models.Index(
                fields=["due_at"], name="notification_due", condition=models.Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title
