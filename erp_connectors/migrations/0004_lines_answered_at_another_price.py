"""Notes of each order line whether an answer may state another price than the order; finds withdrawn answers."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('erp_connectors', '0003_who_entered_an_interchange'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderline',
            name='has_other_price',
            field=models.BooleanField(default=False, help_text='An answer may state another price than the order.'),
        ),
        migrations.AddIndex(
            model_name='orderline',
            index=models.Index(condition=models.Q(('has_other_price', True)), fields=['order'], name='line_other_price'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(condition=models.Q(('content__purpose', 'cancel'), ('kind', 'confirmation')), fields=['connection', 'key'], name='confirmation_withdrawn'),
        ),
    ]
