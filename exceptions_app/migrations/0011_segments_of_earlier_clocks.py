"""Clocks that went before segments were kept get theirs, their ladder, and the supplier's clock where we wait.

What was used until now is one segment without a calendar. The sweep computes due times anew at once.
"""

from django.db import migrations
from django.db.models import F

SUPPLIER_MINUTES = 16 * 60


def keep_segments(apps, schema_editor):
    Clock = apps.get_model("exceptions_app", "Clock")
    Segment = apps.get_model("exceptions_app", "ClockSegment")
    Step = apps.get_model("exceptions_app", "EscalationStep")
    steps = {}
    for step in Step.objects.filter(side="ours").order_by("level"):
        steps.setdefault(step.team_id, []).append([step.level, step.after_minutes, step.role])
    for clock in Clock.objects.select_related("case").iterator():
        if clock.used_minutes > 0:
            moment = clock.case.opened_at
            Segment.objects.create(
                clock=clock, started_at=moment, ended_at=moment, minutes=clock.used_minutes
            )
        if clock.running_since is not None:
            Segment.objects.create(
                clock=clock, calendar_id=clock.calendar_id, started_at=clock.running_since
            )
            clock.sweep_at = clock.running_since
        clock.ladder = {"steps": steps.get(clock.case.team_id, [])}
        clock.save()


def ask_suppliers(apps, schema_editor):
    Case = apps.get_model("exceptions_app", "Case")
    Clock = apps.get_model("exceptions_app", "Clock")
    Segment = apps.get_model("exceptions_app", "ClockSegment")
    for case in Case.objects.filter(state="waiting_supplier").select_related("team"):
        clock = Clock.objects.create(
            case=case,
            kind="supplier",
            calendar_id=case.team.calendar_id,
            release_id=case.release_id,
            base_minutes=SUPPLIER_MINUTES,
            allowed_minutes=SUPPLIER_MINUTES,
            running_since=case.state_since,
            sweep_at=case.state_since,
        )
        Segment.objects.create(clock=clock, calendar_id=clock.calendar_id, started_at=case.state_since)


def forget(apps, schema_editor):
    apps.get_model("exceptions_app", "ClockSegment").objects.all().delete()
    apps.get_model("exceptions_app", "Clock").objects.filter(kind="supplier").delete()
    apps.get_model("exceptions_app", "Clock").objects.filter(running_since__isnull=False).update(
        sweep_at=F("running_since")
    )


class Migration(migrations.Migration):
    dependencies = [("exceptions_app", "0010_clock_segments_and_supplier_clock")]

    operations = [
        migrations.RunPython(keep_segments, forget),
        migrations.RunPython(ask_suppliers, migrations.RunPython.noop),
    ]
