"""Notes of order lines how much more they cost as answered; of those answered before it is not known."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('erp_connectors', '0006_commands_go_in_groups'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderline',
            name='price_gap',
            field=models.DecimalField(blank=True, decimal_places=6, help_text='How much more it costs as answered; empty: not so plain.', max_digits=20, null=True),
        ),
    ]
