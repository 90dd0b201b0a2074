"""The one clock of web, workers, scheduler and SQL.

It is the database's clock plus an offset that tests and the simulator set for everybody at once.
SQL reads the same time with `rightline_now()`.
"""

from datetime import datetime, timedelta

from django.db import connection, models


class ClockOffset(models.Model):
    """The single row that shifts the clock. Absent means no shift."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    offset = models.DurationField(default=timedelta)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="clock_offset_is_one_row")]

    def __str__(self) -> str:
        return f"shifted by {self.offset}"


def now() -> datetime:
    """Return the current time, aware and in UTC, as the database sees it, shifted by the offset."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rightline_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def set_now(moment: datetime) -> None:
    """Shift the clock of every process so that it reads `moment` now and runs on from there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        real: datetime = cursor.fetchone()[0]
    ClockOffset.objects.update_or_create(id=1, defaults={"offset": moment - real})


def reset() -> None:
    """Return to the real time."""
    ClockOffset.objects.filter(id=1).delete()
