"""Takes the columns away that named one approver of a rule."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("exceptions_app", "0010_what_approval_rules_asked")]

    operations = [
        migrations.RemoveField(model_name="approvalrule", name="role"),
        migrations.RemoveField(model_name="approvalrule", name="team_code"),
    ]
