"""The code lists of a receiving advice (RECADV): what is wrong with received goods."""

from erp_connectors.canonical.documents import GoodsCondition

GOOD = "good"
"""The word of a condition that is none: the goods are as they should be."""

CONDITIONS: dict[str, GoodsCondition | None] = (
    dict.fromkeys(("AC", "CE", "CM", "81", "121", "123"), GoodsCondition.OVER)
    | dict.fromkeys(
        (
            *("AA", "AB", "AD", "BP", "CP", "IC", "NF", "NN", "OP", "OS", "OW", "RA", "SS", "TW"),
            *("119", "122", "125", "126"),
        ),
        GoodsCondition.SHORT,
    )
    | dict.fromkeys(("AF", "124"), GoodsCondition.DAMAGED)
    | dict.fromkeys(("CS", "IS"), GoodsCondition.WRONG_ITEM)
    | dict.fromkeys(("61", "218"), GoodsCondition.RETURNED)
    | dict.fromkeys(("CC",))
    | {
        "AE": GoodsCondition.NO_SHIP_NOTICE,
        "AG": GoodsCondition.OTHER,
        "195": GoodsCondition.REJECTED,
        "196": GoodsCondition.SCRAPPED,
    }
)
"""DE 4221 and, where a discrepancy has no reason, DE 6063 of its quantity. None is good."""

RECEIVED_DATES = ("50", "310", "143", "35")
"""DE 2005: when goods were received, from the strongest word on."""
DOCUMENT_DATE = "137"
ASSIGNED_BY_BUYER = "92"
PLACES = frozenset({"DP", "ST", "CN"})
"""DE 3035: the place goods came to."""
