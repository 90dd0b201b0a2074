"""Notes which person an interchange came from, where it was one."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('erp_connectors', '0002_corrected_copies_of_interchanges'),
    ]

    operations = [
        migrations.AddField(
            model_name='interchange',
            name='entered_by',
            field=models.CharField(blank=True, help_text='User name of the person who entered or handed it over.', max_length=150),
        ),
    ]
