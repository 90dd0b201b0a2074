"""Tasks from before every task had a due time are due since they were given."""

from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    apps.get_model("exceptions_app", "Task").objects.filter(due_at=None).update(due_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("exceptions_app", "0014_price_observations")]

    # Backwards nothing is lost: which of them had none cannot be told, and need not be.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
