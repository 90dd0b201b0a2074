"""Which conditions of received goods come together in the sums of a receipt."""

from erp_connectors.canonical.documents import GoodsCondition

DAMAGED = frozenset({GoodsCondition.DAMAGED, GoodsCondition.SCRAPPED})
REJECTED = frozenset({GoodsCondition.QUALITY, GoodsCondition.REJECTED})
AT_THE_DOCK = DAMAGED | REJECTED | {GoodsCondition.WRONG_ITEM, GoodsCondition.ON_HOLD}
"""Conditions of goods that came and are not accepted."""
