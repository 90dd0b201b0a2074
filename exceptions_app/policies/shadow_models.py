"""Drafts that run beside the live rules: what they would decide is noted, and nothing else follows."""

from typing import Any

from django.conf import settings
from django.db import models

from erp_connectors.companies import Company
from erp_connectors.documents.models import DocumentHead, PurchaseOrder, Supplier
from exceptions_app.policies.draft_models import PolicyDraft

AMOUNT: dict[str, Any] = {"max_digits": 20, "decimal_places": 2}


class DraftShadow(models.Model):
    """One draft in shadow, on some types and suppliers (empty: all), until somebody ends it.

    `changes` are those of the draft's `version` as it began, each as plain JSON: what is written in the draft
    afterwards does not count. The rules have another stamp after every change here (migration 0003).
    """

    draft = models.ForeignKey(PolicyDraft, on_delete=models.CASCADE, related_name="shadows")
    version = models.PositiveIntegerField()
    changes = models.JSONField()
    types = models.JSONField(default=list)
    suppliers = models.JSONField(default=list)
    began_at = models.DateTimeField()
    began_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["draft"], condition=models.Q(ended_at=None), name="one_shadow_per_draft"
            )
        ]

    def __str__(self) -> str:
        return f"{self.draft} in shadow"


class DraftEffect(models.TextChoices):
    """What would be otherwise with one deviation under a draft."""

    OPENS = "opens", "Would open"
    NOT_OPENED = "not_opened", "Would not open"
    DECIDED = "decided", "Another severity or team"


class DraftFinding(models.Model):
    """One deviation that a draft in shadow would decide otherwise. One is open per key.

    Money is in the company's currency, None where it cannot be known. `cleared_at` set: the draft and the
    live rules decide alike again, or the draft is no longer in shadow.
    """

    shadow = models.ForeignKey(DraftShadow, on_delete=models.CASCADE, related_name="findings")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    effect = models.CharField(max_length=16, choices=DraftEffect.choices)
    type_code = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=16)
    subject_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, null=True, related_name="+")
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, null=True, related_name="+")
    document = models.ForeignKey(DocumentHead, on_delete=models.CASCADE, null=True, related_name="+")
    line_number = models.CharField(max_length=32, blank=True)
    headline = models.CharField(max_length=300)
    amount = models.DecimalField(**AMOUNT, null=True)
    expected_loss = models.DecimalField(**AMOUNT)
    live = models.JSONField(null=True)
    tried = models.JSONField(null=True)
    found_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    cleared_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shadow", "subject_kind", "subject_id", "key"],
                condition=models.Q(cleared_at=None),
                name="one_draft_finding_per_key",
            )
        ]
        indexes = [
            models.Index(fields=["shadow", "-id"], name="draft_finding_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.effect}: {self.headline}"
