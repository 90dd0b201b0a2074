"""The one append-only table of events: a case's timeline is its events, the audit trail is all of them."""

from django.conf import settings
from django.db import models

from erp_connectors.identifiers import uuid7
from exceptions_app.cases.models import Case
from exceptions_app.policies.models import PolicyRelease


class Event(models.Model):
    """Something that happened: who, what, to what, before, after, why, from where, under which release.

    Inserted by `audit.record` only; the database refuses UPDATE, DELETE and TRUNCATE.
    `actor_name` is kept in words, since a person may be renamed. Empty actor: Rightline itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=60, help_text="case.opened, proposal.approved, policy.changed ...")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="events")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200, blank=True)
    summary = models.CharField(max_length=500)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=1000, blank=True)
    source = models.CharField(
        max_length=100, blank=True, help_text="web, api, worker, command; with the address."
    )
    release = models.ForeignKey(PolicyRelease, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["case", "at", "id"], name="event_of_case"),
            models.Index(fields=["subject_kind", "subject_id", "at"], name="event_of_subject"),
            models.Index(fields=["-at"], name="event_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.summary}"
