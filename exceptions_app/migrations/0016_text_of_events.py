"""Events are found by their words, from a table that the sealer writes; one index fewer is kept by writers."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exceptions_app', '0015_backtest_cases_name_their_team'),
    ]

    operations = [
        migrations.AlterField(
            model_name='event',
            name='case',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='exceptions_app.case'),
        ),
        migrations.CreateModel(
            name='EventText',
            fields=[
                ('event', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='text', serialize=False, to='exceptions_app.event')),
                ('words', models.TextField()),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('words'), name='gin_trgm_ops'), name='event_text')],
            },
        ),
        # What has its seal already; the others get their words with it.
        migrations.RunSQL(
            "INSERT INTO exceptions_app_eventtext (event_id, words) "
            "SELECT event.id, concat_ws(' ', event.summary, event.reason, event.actor_name) "
            "FROM exceptions_app_event AS event JOIN exceptions_app_seal AS seal ON seal.event_id = event.id",
            migrations.RunSQL.noop,
        ),
    ]
