"""A limit whose state asks for a value and has none was read as zero, and now says so."""

from django.db import migrations

FILL = "".join(
    f"UPDATE exceptions_app_tolerancerow SET {name}_state = 'zero' WHERE {name}_state = 'value' AND {name} IS NULL;"
    for name in ("percent", "amount", "cap")
)


class Migration(migrations.Migration):

    dependencies = [
        ('exceptions_app', '0019_tries_to_sign_in_and_languages'),
    ]

    operations = [
        # Going back needs nothing: a limit that is zero means the same before.
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
