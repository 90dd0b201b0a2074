"""Gives decisions that waited before rules were kept with them the rules there are, to be asked by again."""

from typing import Any

from django.db import migrations

UNDER_WAY = ("pending_approval", "approved", "executing")
FIGURES = ("amount_above", "percent_above", "charge_above")


def keep_rules(apps: Any, schema_editor: Any) -> None:
    rules = [as_kept(rule) for rule in apps.get_model("exceptions_app", "ApprovalRule").objects.order_by("pk")]
    waiting = apps.get_model("exceptions_app", "Proposal").objects.filter(state__in=UNDER_WAY, matrix=[])
    waiting.update(matrix=rules)


def as_kept(rule: Any) -> dict[str, Any]:
    """Return a rule as `policies.matrix` keeps it."""
    figures = {name: getattr(rule, name) for name in FIGURES}
    return {
        "id": rule.pk,
        "name": rule.name,
        "steps": rule.steps,
        "company_id": rule.company_id,
        "type_code": rule.type_code,
        "resolutions": rule.resolutions,
        "supplier_id": rule.supplier_id,
        "category": rule.category,
        "uncovered_class": rule.uncovered_class,
        "days_above": rule.days_above,
        **{name: None if value is None else str(value) for name, value in figures.items()},
    }


class Migration(migrations.Migration):
    dependencies = [("exceptions_app", "0017_people_of_a_directory")]

    # A proposal that keeps more rules than are about it is asked by those that are.
    operations = [migrations.RunPython(keep_rules, migrations.RunPython.noop)]
