"""Events from before the seals get the company of their case, and wait for the sealer like any other."""

from django.db import migrations

# None of them is sealed yet: it is the last time that an event can change.
# Checked at once: PostgreSQL alters no table whose foreign keys are still to be checked.
FILL = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE exceptions_app_event DISABLE TRIGGER event_no_change;
UPDATE exceptions_app_event AS event SET company_id = exceptions_app_case.company_id
    FROM exceptions_app_case WHERE exceptions_app_case.id = event.case_id;
ALTER TABLE exceptions_app_event ENABLE TRIGGER event_no_change;
INSERT INTO exceptions_app_unsealedevent (event_id, since) SELECT id, clock_timestamp() FROM exceptions_app_event
    ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('exceptions_app', '0007_events_are_sealed'),
    ]

    operations = [
        # Going back needs nothing: the migration before drops the column and what waits.
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
