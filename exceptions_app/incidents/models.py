"""The incident: what bundles cases with one cause across orders. Its cases name it (`Case.incident`)."""

from django.conf import settings
from django.db import models

from erp_connectors.companies import Company
from erp_connectors.documents.models import Supplier


class IncidentState(models.TextChoices):
    """What people made of a suggestion. An ended one has no open case any more."""

    SUGGESTED = "suggested", "Suggested"
    CONFIRMED = "confirmed", "Confirmed"
    DISMISSED = "dismissed", "Not one incident"
    ENDED = "ended", "Ended"


#: The states in which cases may still join.
LIVE = (IncidentState.SUGGESTED, IncidentState.CONFIRMED)


class Incident(models.Model):
    """Cases of one type at one supplier that came together. Changed in `actions` and `suggest` alone.

    `joined_at`: when the newest case joined. `version` counts what people did to it.
    """

    number = models.CharField(max_length=32, unique=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="incidents")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="incidents")
    type_code = models.CharField(max_length=40)
    state = models.CharField(max_length=16, choices=IncidentState.choices, default=IncidentState.SUGGESTED)
    cause = models.CharField(max_length=500, blank=True, help_text="What happened, in people's words.")
    suggested_at = models.DateTimeField()
    joined_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["-suggested_at", "-id"], name="incident_newest"),
            models.Index(
                fields=["company", "supplier", "type_code"],
                name="incident_live",
                condition=models.Q(state__in=["suggested", "confirmed"]),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_live(self) -> bool:
        """Whether cases may still join and be decided together."""
        return self.state in LIVE
