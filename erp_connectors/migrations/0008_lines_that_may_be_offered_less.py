"""Notes of each order line whether an answer may offer less than is ordered."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('erp_connectors', '0007_how_much_answered_prices_differ'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderline',
            name='may_offer_less',
            field=models.BooleanField(default=False, help_text='An answer may offer less than is ordered.'),
        ),
        migrations.AddIndex(
            model_name='orderline',
            index=models.Index(condition=models.Q(('may_offer_less', True)), fields=['order'], name='line_offers_less'),
        ),
    ]
