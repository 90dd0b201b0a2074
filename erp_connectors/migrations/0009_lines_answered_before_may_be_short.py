"""Takes every line that was answered before for one that may be short; the next document says it exactly.

Taken back, nothing is lost: the column goes with the step before.
"""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('erp_connectors', '0008_lines_that_may_be_offered_less'),
    ]

    operations = [
        migrations.RunSQL(
            'UPDATE erp_connectors_orderline SET may_offer_less = true WHERE answered_at IS NOT NULL',
            migrations.RunSQL.noop,
        ),
    ]
