"""Profiles of suppliers, their contacts, and the messages to them."""

import django.db.models.deletion
import erp_connectors.identifiers
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    # A database that has had all of these has had this one.
    replaces = [
        ("suppliers", "0001_profiles"),
        ("suppliers", "0002_messages_to_suppliers"),
    ]

    dependencies = [
        ('erp_connectors', '0001_mirror_and_exchange'),
    ]

    operations = [
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('phone', models.CharField(blank=True, max_length=50)),
                ('role', models.CharField(blank=True, max_length=100)),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='erp_connectors.supplier')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='SupplierMessage',
            fields=[
                ('due_at', models.DateTimeField(blank=True, help_text='When a worker should take it; empty: never.', null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.TextField(blank=True)),
                ('id', models.UUIDField(default=erp_connectors.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('inquiry', models.CharField(help_text='What it is about.', max_length=32)),
                ('language', models.CharField(max_length=8)),
                ('sender_name', models.CharField(max_length=200)),
                ('reply_to', models.EmailField(blank=True, max_length=254)),
                ('recipients', models.JSONField(default=list)),
                ('cc', models.JSONField(blank=True, default=list)),
                ('subject', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('template_id', models.BigIntegerField(blank=True, null=True)),
                ('release', models.PositiveIntegerField(blank=True, null=True)),
                ('asked_by', models.CharField(blank=True, help_text='User name; empty: Rightline itself.', max_length=150)),
                ('state', models.CharField(choices=[('queued', 'Waiting to be sent'), ('sent', 'Sent'), ('failed', 'Not delivered'), ('withdrawn', 'Withdrawn')], default='queued', max_length=16)),
                ('created_at', models.DateTimeField()),
                ('queued_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('message_id', models.CharField(max_length=200, unique=True)),
                ('delivered', models.JSONField(blank=True, default=list)),
                ('refused', models.JSONField(blank=True, default=dict)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='erp_connectors.company')),
                ('reminds', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='suppliers.suppliermessage')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='erp_connectors.supplier')),
            ],
        ),
        migrations.CreateModel(
            name='MessageCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case_number', models.CharField(max_length=32)),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cases', to='suppliers.suppliermessage')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='SupplierProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expects_confirmation', models.BooleanField(default=True)),
                ('expects_ship_notice', models.BooleanField(default=True)),
                ('expects_invoice', models.BooleanField(default=True)),
                ('answers_total_quantity', models.BooleanField(default=True, help_text='Its answers name the total quantity of a line; else what is still open.')),
                ('ship_to_delivery_days', models.PositiveSmallIntegerField(blank=True, help_text='Business days from its ship date to delivery; empty: ship dates say nothing.', null=True)),
                ('calendar_code', models.SlugField(blank=True, help_text='Empty: the calendar of the company.', max_length=64)),
                ('language', models.CharField(blank=True, choices=[('en', 'English'), ('de', 'German')], help_text='Of our mails to it; empty: by its country.', max_length=8)),
                ('supplier', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='profile', to='erp_connectors.supplier')),
            ],
        ),
        migrations.AddIndex(
            model_name='suppliermessage',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='message_due'),
        ),
        migrations.AddIndex(
            model_name='suppliermessage',
            index=models.Index(fields=['company', '-created_at', '-id'], name='message_newest'),
        ),
        migrations.AddIndex(
            model_name='messagecase',
            index=models.Index(fields=['case_number', 'message'], name='message_of_case'),
        ),
        migrations.AddConstraint(
            model_name='messagecase',
            constraint=models.UniqueConstraint(fields=('message', 'case_number'), name='case_once_per_message'),
        ),
    ]
