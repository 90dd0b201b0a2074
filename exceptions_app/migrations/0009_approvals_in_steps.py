"""Approval rules ask in steps, people stand in for others, and questions of approvers are answered."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('erp_connectors', '0003_who_entered_an_interchange'),
        ('exceptions_app', "0008_events_before_the_seals"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='approvalneed',
            options={'ordering': ['step', 'place', 'pk']},
        ),
        migrations.AddField(
            model_name='approval',
            name='given_for',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='approvalneed',
            name='amount',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name='approvalneed',
            name='place',
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='approvalneed',
            name='step',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='approvalrule',
            name='amount_above',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name='approvalrule',
            name='category',
            field=models.CharField(blank=True, help_text='Of an item it is about.', max_length=64),
        ),
        migrations.AddField(
            model_name='approvalrule',
            name='charge_above',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='A charge that was not ordered.', max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name='approvalrule',
            name='days_above',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Business days.', null=True, verbose_name='days later above'),
        ),
        migrations.AddField(
            model_name='approvalrule',
            name='steps',
            field=models.JSONField(default=list, verbose_name='asks'),
        ),
        migrations.AddField(
            model_name='approvalrule',
            name='supplier',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='erp_connectors.supplier'),
        ),
        migrations.AddField(
            model_name='approvalrule',
            name='uncovered_class',
            field=models.CharField(blank=True, choices=[('A', 'of class A'), ('B', 'of class A or B')], max_length=1, verbose_name='customer orders left uncovered'),
        ),
        migrations.AddField(
            model_name='notification',
            name='path',
            field=models.CharField(blank=True, help_text='The page it leads to; empty: the page of its case.', max_length=200),
        ),
        migrations.AddField(
            model_name='proposal',
            name='matrix',
            field=models.JSONField(blank=True, default=list, help_text='The approval rules it was made under (`policies.matrix.Rule`).'),
        ),
        migrations.AlterField(
            model_name='approvalrule',
            name='percent_above',
            field=models.DecimalField(blank=True, decimal_places=4, help_text='Percent of the ordered quantity.', max_digits=7, null=True),
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('limit', models.DecimalField(blank=True, decimal_places=2, max_digits=20, null=True)),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('delegate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='delegations_to', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='delegations', to=settings.AUTH_USER_MODEL)),
                ('teams', models.ManyToManyField(blank=True, related_name='+', to='exceptions_app.team')),
            ],
            options={
                'ordering': ['first_day', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='approval',
            name='delegation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exceptions_app.delegation'),
        ),
        migrations.CreateModel(
            name='KeptApart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pair', models.CharField(max_length=40)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='kept_apart', to='exceptions_app.proposal')),
            ],
        ),
        migrations.AddIndex(
            model_name='delegation',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['delegate', 'last_day'], name='delegation_to'),
        ),
        migrations.AddIndex(
            model_name='delegation',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['person', 'last_day'], name='delegation_of'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='delegation_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('person', models.F('delegate')), _negated=True), name='delegation_to_somebody_else'),
        ),
        migrations.AddConstraint(
            model_name='keptapart',
            constraint=models.UniqueConstraint(fields=('proposal', 'person'), name='kept_apart_once'),
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(max_length=1000)),
                ('said_at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='exceptions_app.approval')),
            ],
            options={
                'ordering': ['said_at', 'pk'],
            },
        ),
    ]
