from django.db import migrations

# Cases from before have no expected loss: every watched subject is looked at, which weighs its cases.
LOOK_AT_ALL = """
    UPDATE exceptions_app_watch SET marked = marked + 1, due_at = LEAST(due_at, rightline_now())
"""


class Migration(migrations.Migration):

    dependencies = [
        ("exceptions_app", "0018_expected_loss_and_priority_steps"),
    ]

    operations = [
        migrations.RunSQL(LOOK_AT_ALL, migrations.RunSQL.noop),
    ]
