"""The code lists of a receiving advice (861): what is wrong with received goods, and what was counted."""

from enum import StrEnum

from erp_connectors.canonical.documents import GoodsCondition


class Counted(StrEnum):
    """What RCD02 counts: all that came, or only what was accepted of it."""

    RECEIVED = "received"
    ACCEPTED = "accepted"


GOOD = "good"
"""The word of a condition that is none: the goods are as they should be."""

RECEIVING_CONDITIONS: dict[str, GoodsCondition | None] = {
    "01": GoodsCondition.DAMAGED,
    "02": GoodsCondition.SHORT,
    "03": GoodsCondition.OVER,
    "04": GoodsCondition.QUALITY,
    "05": GoodsCondition.WRONG_ITEM,
    "06": GoodsCondition.OTHER,
    "07": None,
    "08": GoodsCondition.REJECTED,
    "09": GoodsCondition.ON_HOLD,
    "10": GoodsCondition.SCRAPPED,
    "11": GoodsCondition.OTHER,
    "12": GoodsCondition.RETURNED,
    "13": GoodsCondition.NO_SHIP_NOTICE,
    "14": GoodsCondition.NO_SHIP_NOTICE,
    "16": GoodsCondition.NO_SHIP_NOTICE,
}
"""DE 412. None is good."""

RECEIPT_TYPES = {"8": Counted.ACCEPTED}
"""DE 962, BRA04. By the standard an 8 makes it an acceptance certificate: received means accepted."""
