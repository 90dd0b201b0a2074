"""Backtests of drafts, and drafts in shadow with what they would decide otherwise."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


#: What runs in shadow is kept in memory with the rules, and so has their stamp (migration 0004).
CREATE_TRIGGER = """
CREATE TRIGGER policies_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON exceptions_app_draftshadow
FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_policies_changed();
"""
DROP_TRIGGER = "DROP TRIGGER policies_changed ON exceptions_app_draftshadow;"


class Migration(migrations.Migration):

    dependencies = [
        ('erp_connectors', '0003_who_entered_an_interchange'),
        ('exceptions_app', '0011_approval_rules_ask_in_steps'),
    ]

    operations = [
        migrations.CreateModel(
            name='Backtest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('stamp', models.UUIDField(null=True)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('stopped', 'Stopped')], default='waiting', max_length=16)),
                ('asked_at', models.DateTimeField()),
                ('began_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=1000)),
                ('kind', models.CharField(blank=True, max_length=16)),
                ('after', models.BigIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('total', models.PositiveIntegerField(default=0)),
                ('counts', models.JSONField(default=dict)),
                ('sums', models.JSONField(default=list)),
                ('cases', models.PositiveIntegerField(default=0)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='backtests', to='exceptions_app.policydraft')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='BacktestCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type_code', models.CharField(max_length=40)),
                ('number', models.CharField(max_length=200)),
                ('case', models.CharField(blank=True, max_length=32)),
                ('effects', models.JSONField()),
                ('headline', models.CharField(max_length=300)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ('expected_loss', models.DecimalField(decimal_places=2, max_digits=20)),
                ('before', models.BooleanField(default=False)),
                ('live', models.JSONField(null=True)),
                ('tried', models.JSONField(null=True)),
                ('backtest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='found', to='exceptions_app.backtest')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='erp_connectors.company')),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='erp_connectors.documenthead')),
                ('order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='erp_connectors.purchaseorder')),
                ('supplier', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='erp_connectors.supplier')),
            ],
        ),
        migrations.CreateModel(
            name='DraftShadow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('changes', models.JSONField()),
                ('types', models.JSONField(default=list)),
                ('suppliers', models.JSONField(default=list)),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_reason', models.CharField(blank=True, max_length=300)),
                ('began_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shadows', to='exceptions_app.policydraft')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='DraftFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effect', models.CharField(choices=[('opens', 'Would open'), ('not_opened', 'Would not open'), ('decided', 'Another severity or team')], max_length=16)),
                ('type_code', models.CharField(max_length=40)),
                ('subject_kind', models.CharField(max_length=16)),
                ('subject_id', models.BigIntegerField()),
                ('key', models.CharField(max_length=200)),
                ('line_number', models.CharField(blank=True, max_length=32)),
                ('headline', models.CharField(max_length=300)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ('expected_loss', models.DecimalField(decimal_places=2, max_digits=20)),
                ('live', models.JSONField(null=True)),
                ('tried', models.JSONField(null=True)),
                ('found_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('cleared_at', models.DateTimeField(null=True)),
                ('cleared_reason', models.CharField(blank=True, max_length=300)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='erp_connectors.company')),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='erp_connectors.documenthead')),
                ('order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='erp_connectors.purchaseorder')),
                ('supplier', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='erp_connectors.supplier')),
                ('shadow', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='exceptions_app.draftshadow')),
            ],
        ),
        migrations.AddIndex(
            model_name='backtest',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='backtest_due'),
        ),
        migrations.AddIndex(
            model_name='backtestcase',
            index=models.Index(fields=['backtest', '-id'], name='backtest_case_newest'),
        ),
        migrations.AddConstraint(
            model_name='draftshadow',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('draft',), name='one_shadow_per_draft'),
        ),
        migrations.AddIndex(
            model_name='draftfinding',
            index=models.Index(fields=['shadow', '-id'], name='draft_finding_newest'),
        ),
        migrations.AddConstraint(
            model_name='draftfinding',
            constraint=models.UniqueConstraint(condition=models.Q(('cleared_at', None)), fields=('shadow', 'subject_kind', 'subject_id', 'key'), name='one_draft_finding_per_key'),
        ),
        migrations.RunSQL(CREATE_TRIGGER, DROP_TRIGGER),
    ]
