"""What the auditor of the clocks found, and when sweep and auditor last ran."""

from django.db import models

from exceptions_app.cases.models import Case, Clock


class FindingKind(models.TextChoices):
    """What is wrong with a clock."""

    MISSED = "missed", "What was due did not happen"
    STATE = "state", "It runs, or does not, against the state of its case"
    SUM = "sum", "Its segments do not add up"
    DUE = "due", "Its due time is wrong"
    TIMER = "timer", "Nothing will look at it in time"
    CALENDAR = "calendar", "Its calendar cannot be read"
    NO_CLOCK = "no_clock", "An open case has no clock"
    SWEEP = "sweep", "The sweep stands still"


class ClockFinding(models.Model):
    """Something the auditor found wrong, until it finds it right again.

    Without a clock it is about a case, without a case about the sweep.
    """

    kind = models.CharField(max_length=16, choices=FindingKind.choices)
    case = models.ForeignKey(
        Case, on_delete=models.CASCADE, null=True, blank=True, related_name="clock_findings"
    )
    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, null=True, blank=True, related_name="findings")
    words = models.CharField(max_length=500)
    found_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "case", "clock"],
                condition=models.Q(gone_at=None),
                nulls_distinct=False,
                name="a_finding_stands_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.words}"


class Heartbeat(models.Model):
    """When something that must run on and on last did, in the real time of the database.

    `done_until`: by the clock of Rightline, all that was due by then is done. `place`: how far a round that
    takes several runs has come.
    """

    name = models.CharField(max_length=40, primary_key=True)
    beaten_at = models.DateTimeField()
    done_until = models.DateTimeField(null=True, blank=True)
    place = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} at {self.beaten_at:%Y-%m-%d %H:%M:%S}"
