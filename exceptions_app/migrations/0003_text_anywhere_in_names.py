"""Search finds text anywhere in what people know a case by, from indexes of trigrams (pg_trgm).

The indexes of tables that are not ours serve this search alone (`web/case_text.py`). Each is over the very
expression that `icontains` and `istartswith` compare.
"""

from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import DatabaseError, migrations
from django.db.models.functions import Upper

from erp_connectors.errors import ConfigurationError

#: By table, the columns that search looks into.
SEARCHED = {
    "erp_connectors_customerdemand": ("order_number", "customer"),
    "erp_connectors_documenthead": ("number",),
    "erp_connectors_interchange": ("file_name",),
    "erp_connectors_orderline": ("item_number", "description"),
    "erp_connectors_purchaseorder": ("number",),
    "erp_connectors_supplier": ("number", "name"),
}


class Trigrams(TrigramExtension):
    """Creates the extension, which the owner of a database may; says what to do where that is refused."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Raise ConfigurationError where the extension is neither there nor can be made."""
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        except DatabaseError as refused:
            raise ConfigurationError(
                f"Search needs the PostgreSQL extension pg_trgm, which could not be created ({refused}). "
                "Install the contrib package of this PostgreSQL, or have a superuser run CREATE EXTENSION "
                "pg_trgm in this database, and start again."
            ) from refused

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Leave it: others may use it by now."""


def _index(table: str) -> migrations.RunSQL:
    name = table.removeprefix("erp_connectors_") + "_text"
    columns = ", ".join(f"UPPER({column}) gin_trgm_ops" for column in SEARCHED[table])
    return migrations.RunSQL(
        f"CREATE INDEX {name} ON {table} USING gin ({columns})", f"DROP INDEX IF EXISTS {name}"
    )


class Migration(migrations.Migration):

    dependencies = [
        ("erp_connectors", "0002_corrected_copies_of_interchanges"),
        ("exceptions_app", "0002_cases_by_when_they_closed"),
    ]

    operations = [
        Trigrams(),
        migrations.AddIndex(
            model_name="case",
            index=GinIndex(
                OpClass(Upper("number"), name="gin_trgm_ops"),
                OpClass(Upper("headline"), name="gin_trgm_ops"),
                name="case_text",
            ),
        ),
        *map(_index, SEARCHED),
    ]
