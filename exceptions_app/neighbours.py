"""Which orders have open cases about the same item in the same warehouse, and so share its stock."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

#: When each neighbour was looked at last, by its primary key.
Neighbours = dict[int, datetime | None]

NEIGHBOURS = """
    SELECT DISTINCT theirs.order_id, watch.looked_at
    FROM erp_connectors_orderline AS ours
    JOIN erp_connectors_orderline AS theirs
        ON theirs.item_id = ours.item_id AND theirs.warehouse_id = ours.warehouse_id
    LEFT JOIN exceptions_app_watch AS watch
        ON watch.subject_kind = 'order' AND watch.subject_id = theirs.order_id
    WHERE ours.order_id = ANY(%(orders)s) AND theirs.order_id <> ALL(%(orders)s)
        AND EXISTS (
            SELECT FROM exceptions_app_caseline AS line
            WHERE line.order_line_id = theirs.id AND line.cleared_at IS NULL
        )
    ORDER BY 1
"""
# A few thousand locks stand for all places: two places that share one merely wait for each other.
QUEUE_UP = """
    SELECT pg_advisory_xact_lock(hashtext('goods of a place'), lock) FROM (
        SELECT DISTINCT mod(hashint8(item_id * 31 + warehouse_id), 4096) AS lock
        FROM erp_connectors_orderline
        WHERE order_id = ANY(%(orders)s) AND item_id IS NOT NULL AND warehouse_id IS NOT NULL
        ORDER BY 1
    ) AS locks
"""


def neighbours_of(orders: Iterable[int]) -> Neighbours:
    """Return the other orders with an open case line where one of these orders has a line, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(NEIGHBOURS, {"orders": list(orders)})
        return dict(cursor.fetchall())


def queue_up_for_goods(orders: Iterable[int]) -> None:
    """Wait for whoever else is about to tell what cases miss where one of these orders has a line.

    It ends with the transaction, and comes after all locks of subjects and cases. Of two that looked at
    neighbours at the same time, and saw nothing of each other, the second finds the first then.
    """
    with connection.cursor() as cursor:
        cursor.execute(QUEUE_UP, {"orders": list(orders)})
