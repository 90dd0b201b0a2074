"""Events name their company, and are chained by seals that the database refuses to change, as it does approvals."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# By statement: a hundred events in one INSERT cost one call.
# An approval may go with the need it was for, when a proposal asks anew: its event stays. It never changes.
CREATE = """
CREATE FUNCTION exceptions_app_await_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO exceptions_app_unsealedevent (event_id, since) SELECT id, clock_timestamp() FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER event_awaits_seal AFTER INSERT ON exceptions_app_event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_await_seal();

CREATE FUNCTION exceptions_app_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER seal_no_change BEFORE UPDATE OR DELETE ON exceptions_app_seal
    FOR EACH ROW EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON exceptions_app_seal
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER approval_no_change BEFORE UPDATE ON exceptions_app_approval
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER approval_no_truncate BEFORE TRUNCATE ON exceptions_app_approval
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER release_no_change BEFORE UPDATE ON exceptions_app_policyrelease
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER release_no_delete BEFORE DELETE ON exceptions_app_policyrelease
    FOR EACH ROW EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER release_no_truncate BEFORE TRUNCATE ON exceptions_app_policyrelease
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_refuse();
"""
DROP = """
DROP TRIGGER release_no_truncate ON exceptions_app_policyrelease;
DROP TRIGGER release_no_delete ON exceptions_app_policyrelease;
DROP TRIGGER release_no_change ON exceptions_app_policyrelease;
DROP TRIGGER approval_no_truncate ON exceptions_app_approval;
DROP TRIGGER approval_no_change ON exceptions_app_approval;
DROP TRIGGER seal_no_truncate ON exceptions_app_seal;
DROP TRIGGER seal_no_change ON exceptions_app_seal;
DROP FUNCTION exceptions_app_refuse();
DROP TRIGGER event_awaits_seal ON exceptions_app_event;
DROP FUNCTION exceptions_app_await_seal();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('erp_connectors', '0002_corrected_copies_of_interchanges'),
        ('exceptions_app', '0006_look_over_in_the_background'),
    ]

    operations = [
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('sequence', models.BigIntegerField(primary_key=True, serialize=False)),
                ('hash', models.BinaryField(max_length=32)),
                ('sealed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='UnsealedEvent',
            fields=[
                ('event_id', models.UUIDField(primary_key=True, serialize=False)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='event',
            name='event_newest',
        ),
        migrations.AddField(
            model_name='event',
            name='company',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='erp_connectors.company'),
        ),
        migrations.AlterField(
            model_name='event',
            name='actor',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['-at', '-id'], name='event_newest'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['company', '-at', '-id'], name='event_of_company'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['actor', '-at', '-id'], name='event_of_actor'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['kind', '-at', '-id'], name='event_of_kind'),
        ),
        migrations.AddField(
            model_name='seal',
            name='event',
            field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='seal', to='exceptions_app.event'),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
