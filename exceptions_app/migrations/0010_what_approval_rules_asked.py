"""Rewrites whom approval rules ask as one step, and gives every need a place of its own."""

from typing import Any

from django.db import migrations
from django.db.models import F

#: Approval rules are read with the other policies from now on (0004).
CREATE_TRIGGER = (
    "CREATE TRIGGER policies_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE "
    "ON exceptions_app_approvalrule "
    "FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_policies_changed();"
)
DROP_TRIGGER = "DROP TRIGGER policies_changed ON exceptions_app_approvalrule;"


def into_steps(apps: Any, schema_editor: Any) -> None:
    for rule in apps.get_model("exceptions_app", "ApprovalRule").objects.all():
        approver = {"team": rule.team_code, "role": rule.role, "limit": None}
        rule.steps = [{"approvers": [approver], "is_any": False}]
        rule.save(update_fields=["steps"])
    apps.get_model("exceptions_app", "ApprovalNeed").objects.update(place=F("pk"))


def out_of_steps(apps: Any, schema_editor: Any) -> None:
    for rule in apps.get_model("exceptions_app", "ApprovalRule").objects.all():
        # What had no place in the old columns is lost: a rule named one approver.
        first = rule.steps[0]["approvers"][0]
        rule.team_code, rule.role = first["team"], first["role"]
        rule.save(update_fields=["team_code", "role"])


class Migration(migrations.Migration):
    dependencies = [("exceptions_app", "0009_approvals_in_steps")]

    operations = [
        migrations.RunPython(into_steps, out_of_steps),
        migrations.RunSQL(CREATE_TRIGGER, DROP_TRIGGER),
    ]
