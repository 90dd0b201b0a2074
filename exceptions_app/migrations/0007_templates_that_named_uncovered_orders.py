"""Templates of teams with customers were the words of tasks that name uncovered orders: they say so now."""

from django.db import migrations

TOLD_PLUS = ["line_rejected", "quantity_short", "backorder", "date_later", "ship_notice_short", "delivery_overdue"]


def say_so(apps, schema_editor):
    rows = apps.get_model("exceptions_app", "TaskTemplate").objects
    rows.filter(type_code__in=TOLD_PLUS, team_code__in=["PLN", "CSR"]).update(kind="cover")


class Migration(migrations.Migration):
    dependencies = [("exceptions_app", "0006_templates_say_alert_task_or_cover")]

    # Backwards the column goes, and with it the difference.
    operations = [migrations.RunPython(say_so, migrations.RunPython.noop)]
