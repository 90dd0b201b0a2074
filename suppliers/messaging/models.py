"""A message to a supplier, and which cases it is about."""

from django.db import models

from erp_connectors.companies import Company
from erp_connectors.documents.models import Supplier
from erp_connectors.exchange.models import Hop
from erp_connectors.identifiers import uuid7


class MessageState(models.TextChoices):
    """How far a message has come."""

    QUEUED = "queued", "Waiting to be sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not delivered"
    WITHDRAWN = "withdrawn", "Withdrawn"


class SupplierMessage(Hop):
    """One mail to a supplier, word for word as it is sent. Plain text; `message_id` stays through every try.

    Who asked, what about, and the rule behind its text are kept as the words and numbers they had then:
    `template_id` and `release` are empty for the standard text. `delivered` are the addresses the mail server
    took, `refused` those it did not, with its words. `queued_at`: since when it is to be sent.
    `reminds`: the message whose answer is still owed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="messages")
    inquiry = models.CharField(max_length=32, help_text="What it is about.")
    language = models.CharField(max_length=8)
    sender_name = models.CharField(max_length=200)
    reply_to = models.EmailField(blank=True)
    recipients = models.JSONField(default=list)
    cc = models.JSONField(default=list, blank=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    template_id = models.BigIntegerField(null=True, blank=True)
    release = models.PositiveIntegerField(null=True, blank=True)
    asked_by = models.CharField(max_length=150, blank=True, help_text="User name; empty: Rightline itself.")
    reminds = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reminders"
    )
    state = models.CharField(max_length=16, choices=MessageState.choices, default=MessageState.QUEUED)
    created_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    delivered = models.JSONField(default=list, blank=True)
    refused = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="message_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["company", "-created_at", "-id"], name="message_newest"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def undelivered(self) -> list[str]:
        """The addresses it is still to be sent to: neither taken nor refused for good."""
        everybody = dict.fromkeys([*self.recipients, *self.cc])
        return [each for each in everybody if each not in self.delivered and each not in self.refused]


class MessageCase(models.Model):
    """A case that a message is about, by its number: cases are known only above."""

    message = models.ForeignKey(SupplierMessage, on_delete=models.CASCADE, related_name="cases")
    case_number = models.CharField(max_length=32)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["message", "case_number"], name="case_once_per_message")
        ]
        indexes = [models.Index(fields=["case_number", "message"], name="message_of_case")]

    def __str__(self) -> str:
        return self.case_number
