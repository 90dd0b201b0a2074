from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exceptions_app", "0015_every_task_has_a_due_time")]

    operations = [
        migrations.AlterField(model_name="task", name="due_at", field=models.DateTimeField()),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["team", "due_at", "id"], name="task_to_do"
            ),
        ),
        migrations.AddIndex(
            model_name="task", index=models.Index(fields=["team", "-id"], name="task_newest")
        ),
    ]
