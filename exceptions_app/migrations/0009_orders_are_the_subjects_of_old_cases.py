"""Cases so far were all about orders: name the order as their subject."""

from django.db import migrations
from django.db.models import F


def name_orders(apps, schema_editor):
    cases = apps.get_model("exceptions_app", "Case")
    cases.objects.filter(subject_kind="order", subject_id=None).update(subject_id=F("order"))


class Migration(migrations.Migration):
    dependencies = [("exceptions_app", "0008_cases_about_any_subject")]

    # Backwards there is nothing to do: the columns go with the migration before.
    operations = [migrations.RunPython(name_orders, migrations.RunPython.noop)]
