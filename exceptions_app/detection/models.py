"""The watch: what has to be looked at, and when."""

from django.db import models


class Watch(models.Model):
    """A subject to be looked at. Marking raises `marked`; a look that ends at the same `marked` sets `due_at`
    to the next moment at which time alone could change the answer; else the watch stays due.
    """

    subject_kind = models.CharField(max_length=16)
    subject_id = models.BigIntegerField()
    marked = models.PositiveBigIntegerField(default=1)
    seen = models.PositiveBigIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    blind_since = models.DateTimeField(
        null=True, blank=True, help_text="Until when its streams could be seen, if that is what holds it up."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject_kind", "subject_id"], name="watch_once")]
        indexes = [
            models.Index(fields=["due_at"], name="watch_due", condition=models.Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}"


class LookOver(models.Model):
    """Everything that is watched is to be looked at again, in the background: how far this has come.

    Up to `kind` and `subject_id`, in this order, all is marked; `done_at` is when nothing followed any more.
    """

    asked_at = models.DateTimeField()
    kind = models.CharField(max_length=16, blank=True)
    subject_id = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="look_over_undone", condition=models.Q(done_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"Look over everything, {self.asked_at:%Y-%m-%d %H:%M}"
