"""Models of a migration are made at once, and taken away again."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from erp_connectors.migrating import CreateModels

KEY = ("id", models.BigAutoField(primary_key=True))
OPERATION = CreateModels(
    [
        migrations.CreateModel("Crate", [KEY]),
        migrations.CreateModel("Bottle", [KEY, ("crate", models.ForeignKey("trial.Crate", models.CASCADE))]),
    ]
)
TABLES = {"trial_crate", "trial_bottle"}


def tables() -> set[str]:
    return TABLES & set(connection.introspection.table_names())


@pytest.mark.django_db
def test_tables_come_and_go_together() -> None:
    before, after = ProjectState(), ProjectState()
    assert after.apps
    OPERATION.state_forwards("trial", after)

    with connection.schema_editor() as editor:
        OPERATION.database_forwards("trial", editor, before, after)
    assert tables() == TABLES
    with connection.schema_editor() as editor:
        OPERATION.database_backwards("trial", editor, after, before)
    assert tables() == set()


def test_it_says_what_it_makes() -> None:
    assert OPERATION.describe() == "Create models Crate, Bottle"
    assert OPERATION.references_model("Crate", "trial")
    assert not OPERATION.references_model("Barrel", "trial")
