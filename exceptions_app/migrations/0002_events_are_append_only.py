"""The database itself refuses to change or remove events."""

from django.db import migrations

CREATE = """
CREATE FUNCTION exceptions_app_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON exceptions_app_event
    FOR EACH ROW EXECUTE FUNCTION exceptions_app_event_refuse();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON exceptions_app_event
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_event_refuse();
"""
DROP = """
DROP TRIGGER event_no_change ON exceptions_app_event;
DROP TRIGGER event_no_truncate ON exceptions_app_event;
DROP FUNCTION exceptions_app_event_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("exceptions_app", "0001_cases_policies_people")]

    operations = [migrations.RunSQL(CREATE, DROP)]
