"""The mark that something was set by hand. It is never removed: it ends, with the reason why."""

from django.conf import settings
from django.db import models

from erp_connectors.documents.models import OrderLine
from erp_connectors.exchange.models import Command
from exceptions_app.cases.models import Case


class OverrideKind(models.TextChoices):
    """What was set by hand."""

    STATE = "state", "Status"
    OWNER = "owner", "Owner"
    SEVERITY = "severity", "Severity"
    CLOCK = "clock", "Clock"
    MATCH = "match", "Match"
    POSITION = "position", "Position"
    ERP_RESULT = "erp_result", "Result in the ERP"


class Override(models.Model):
    """Something a person set by hand on a case: what, why, and until when it holds.

    In force until it ends: taken back, replaced by another, past `until`, confirmed, or contradicted by what
    was heard later (`is_contradicted`). `before` and `after` are plain JSON. A position is about `order_line`
    and in force only while the mirror still says what it said then (`overrides.stated`).
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="overrides")
    kind = models.CharField(max_length=16, choices=OverrideKind.choices)
    words = models.CharField(max_length=300)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=1000)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, null=True, related_name="overrides")
    command = models.ForeignKey(Command, on_delete=models.PROTECT, null=True, related_name="overrides")
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=300, blank=True)
    is_contradicted = models.BooleanField(default=False)

    class Meta:
        ordering = ["case", "made_at", "id"]
        indexes = [
            models.Index(fields=["case", "-made_at"], name="override_of_case"),
            models.Index(fields=["order_line"], name="override_of_line"),
            models.Index(
                fields=["kind", "id"], name="override_in_force", condition=models.Q(ended_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def is_in_force(self) -> bool:
        """True until it ended."""
        return self.ended_at is None
