"""Which orders have open cases about the same item in the same warehouse, and so share its stock."""

from collections.abc import Collection, Iterable, Sequence

from django.db import connection

NEIGHBOURS = """
    SELECT DISTINCT ours.order_id, theirs.order_id
    FROM erp_connectors_orderline AS ours
    JOIN erp_connectors_orderline AS theirs
        ON theirs.item_id = ours.item_id AND theirs.warehouse_id = ours.warehouse_id
    WHERE ours.order_id = ANY(%(orders)s) AND theirs.order_id <> ours.order_id
        AND EXISTS (
            SELECT FROM exceptions_app_caseline AS line
            WHERE line.order_line_id = theirs.id AND line.cleared_at IS NULL
        )
"""


def neighbours_of(orders: Collection[int]) -> list[int]:
    """Return the other orders with an open case line where one of these orders has a line, in one query."""
    return sorted({theirs for _, theirs in _pairs(orders)} - set(orders))


def to_weigh_again(moved: Iterable[int], seen: Sequence[int]) -> list[int]:
    """Return the orders to look at because what the cases of others miss has moved, in one query.

    Of those that were `seen` together, one after the other, a later one has seen what moved before.
    """
    turn = {order: place for place, order in enumerate(seen)}
    return sorted(
        {theirs for ours, theirs in _pairs(moved) if theirs not in turn or turn[theirs] < turn[ours]}
    )


def _pairs(orders: Iterable[int]) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(NEIGHBOURS, {"orders": list(orders)})
        return cursor.fetchall()
