"""Whose auditors see an event that is about several companies, or about all of them."""

import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE TRIGGER event_company_no_change BEFORE UPDATE OR DELETE ON exceptions_app_eventcompany
    FOR EACH ROW EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER event_company_no_truncate BEFORE TRUNCATE ON exceptions_app_eventcompany
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_refuse();
"""
DROP = """
DROP TRIGGER event_company_no_truncate ON exceptions_app_eventcompany;
DROP TRIGGER event_company_no_change ON exceptions_app_eventcompany;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('erp_connectors', '0002_corrected_copies_of_interchanges'),
        ('exceptions_app', '0021_rules_are_checked_when_all_are_written'),
    ]

    operations = [
        migrations.CreateModel(
            name='EventCompany',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(help_text='That of the event.')),
                ('company', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='erp_connectors.company')),
                ('event', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='companies', to='exceptions_app.event')),
            ],
            options={
                'indexes': [models.Index(fields=['company', '-at', '-event'], name='event_company_newest')],
                'constraints': [models.UniqueConstraint(fields=('event', 'company'), name='event_names_a_company_once', nulls_distinct=False)],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
