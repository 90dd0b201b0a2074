"""Drafts of releases: lists of changes to policy rows, written, reviewed by somebody else, and published."""

from django.conf import settings
from django.db import models

from erp_connectors.companies import Company
from exceptions_app.policies.models import PolicyRelease


class DraftState(models.TextChoices):
    """How far a draft is. One that is approved may have a time at which it is published by itself."""

    WRITTEN = "written", "Being written"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    PUBLISHED = "published", "Published"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Action(models.TextChoices):
    """What a change does to a row."""

    ADD = "add", "Add"
    CHANGE = "change", "Change"
    REMOVE = "remove", "Remove"


class PolicyDraft(models.Model):
    """A list of changes that becomes a release once somebody agreed who wrote none of it.

    `version` rises with every change of the list: a review, an approval and a publication are of the version
    that was seen. `authors` are all who ever wrote in it, also what was taken out again.
    """

    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=1000, blank=True, help_text="Why the rules are to change.")
    state = models.CharField(max_length=16, choices=DraftState.choices, default=DraftState.WRITTEN)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField()
    authors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    publish_at = models.DateTimeField(null=True, help_text="When it is published by itself.")
    publish_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    trouble = models.TextField(blank=True, help_text="Why it could not be published at that time.")
    release = models.OneToOneField(PolicyRelease, on_delete=models.PROTECT, null=True, related_name="draft")
    takes_back = models.ForeignKey(
        PolicyRelease, on_delete=models.PROTECT, null=True, related_name="taken_back_by"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="published", release__isnull=False)
                | (~models.Q(state="published") & models.Q(release=None)),
                name="draft_published_has_its_release",
            ),
            models.CheckConstraint(
                condition=models.Q(publish_at=None) | models.Q(state__in=["approved", "published"]),
                name="draft_is_approved_before_it_waits",
            ),
        ]
        indexes = [
            models.Index(
                fields=["publish_at"],
                name="draft_due",
                condition=models.Q(state="approved", publish_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"Draft {self.pk}"


class PolicyChange(models.Model):
    """One change of one row: all its values before and after, as plain JSON (`changes.values_of`).

    `table` names the model. A row to be added has its key from the start (`changes.next_key`), so that other
    changes can point to it; null in drafts from before that: it gets one when it is published. `company` is
    the one the row holds in; null: in all.
    """

    draft = models.ForeignKey(PolicyDraft, on_delete=models.CASCADE, related_name="changes")
    table = models.CharField(max_length=40)
    row_id = models.BigIntegerField(null=True)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, related_name="+")
    action = models.CharField(max_length=8, choices=Action.choices)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "table", "row_id"], name="draft_changes_a_row_once"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.table} {self.row_id or ''}".strip()
