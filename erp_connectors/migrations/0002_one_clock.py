"""The clock that SQL shares with every process: the database's time plus the offset."""

from django.db import migrations

CREATE = """
CREATE FUNCTION rightline_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT clock_timestamp() + COALESCE((SELECT "offset" FROM erp_connectors_clockoffset WHERE id = 1), interval '0')
$$
"""


class Migration(migrations.Migration):
    dependencies = [("erp_connectors", "0001_documents_and_exchange")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION rightline_now()")]
