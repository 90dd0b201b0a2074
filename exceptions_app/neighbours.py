"""Which orders have open cases about the same item in the same warehouse, and so share its stock."""

from collections.abc import Iterable

from django.db import connection

NEIGHBOURS = """
    SELECT DISTINCT theirs.order_id
    FROM erp_connectors_orderline AS ours
    JOIN erp_connectors_orderline AS theirs
        ON theirs.item_id = ours.item_id AND theirs.warehouse_id = ours.warehouse_id
    WHERE ours.order_id = ANY(%(orders)s) AND theirs.order_id <> ALL(%(orders)s)
        AND EXISTS (
            SELECT FROM exceptions_app_caseline AS line
            WHERE line.order_line_id = theirs.id AND line.cleared_at IS NULL
        )
    ORDER BY 1
"""


def neighbours_of(orders: Iterable[int]) -> list[int]:
    """Return the other orders with an open case line where one of these orders has a line, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(NEIGHBOURS, {"orders": list(orders)})
        return [row[0] for row in cursor.fetchall()]
