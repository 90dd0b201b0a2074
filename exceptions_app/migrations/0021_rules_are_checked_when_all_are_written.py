"""Steps of a ladder may change places, codes of calendars too; and no limit lacks its value in the database."""

from django.db import migrations, models


def has_its_value(name: str) -> models.CheckConstraint:
    there = models.Q(**{f'{name}_state': 'value', f'{name}__isnull': False, f'{name}__gt': 0})
    not_there = ~models.Q(**{f'{name}_state': 'value'}) & models.Q(**{f'{name}__isnull': True})
    return models.CheckConstraint(condition=there | not_there, name=f'tolerance_{name}_has_its_value')


class Migration(migrations.Migration):

    dependencies = [
        ('exceptions_app', '0020_limits_that_lack_their_value'),
    ]

    operations = [
        migrations.AlterField(
            model_name='calendar',
            name='code',
            field=models.SlugField(max_length=64),
        ),
        migrations.AddConstraint(
            model_name='calendar',
            constraint=models.UniqueConstraint(deferrable=models.Deferrable['DEFERRED'], fields=('code',), name='calendar_code'),
        ),
        migrations.RemoveConstraint(
            model_name='escalationstep',
            name='ladder_level_per_team_and_side',
        ),
        migrations.AddConstraint(
            model_name='escalationstep',
            constraint=models.UniqueConstraint(deferrable=models.Deferrable['DEFERRED'], fields=('team', 'side', 'level'), name='ladder_level_per_team_and_side'),
        ),
        *(
            operation
            for name in ('percent', 'amount', 'cap')
            for operation in (
                migrations.RemoveConstraint(model_name='tolerancerow', name=f'tolerance_{name}_has_its_value'),
                migrations.AddConstraint(model_name='tolerancerow', constraint=has_its_value(name)),
            )
        ),
    ]
