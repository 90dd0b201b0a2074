"""Notes it of lines that were answered before: wherever the words of the price are not the same.

Too often rather than too seldom; the next document about an order says it exactly. Taken back, nothing is
lost: the column goes with the step before.
"""

from django.db import migrations

OTHER_WORDS = """
    UPDATE erp_connectors_orderline AS line SET has_other_price = true
    WHERE EXISTS (
        SELECT 1 FROM jsonb_array_elements(
            coalesce(line.position -> 'earlier_answers', '[]'::jsonb)
            || jsonb_build_array(line.position -> 'answer')
        ) AS answer
        WHERE jsonb_typeof(answer -> 'price') = 'object'
            AND (answer -> 'price' IS DISTINCT FROM line.position -> 'line' -> 'price'
                OR answer -> 'price' ->> 'currency' IS NULL
                OR answer -> 'price' ->> 'per_unit' IS NULL
                    AND answer -> 'offered' -> 0 -> 'quantity' ->> 'unit'
                        IS DISTINCT FROM line.position -> 'line' -> 'quantity' ->> 'unit'
                OR line.position -> 'line' -> 'price_breaks' IS DISTINCT FROM '[]'::jsonb)
    )
"""


class Migration(migrations.Migration):

    dependencies = [
        ('erp_connectors', '0004_lines_answered_at_another_price'),
    ]

    operations = [
        migrations.RunSQL(OTHER_WORDS, migrations.RunSQL.noop),
    ]
