"""The statistics of times read the cases that closed in a period, newest first."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("exceptions_app", "0001_schema"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)),
                fields=["-closed_at", "-id"],
                name="case_closed",
            ),
        ),
    ]
