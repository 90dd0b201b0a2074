"""The code lists of a receiving advice (RECADV): what is wrong with received goods."""

from erp_connectors.canonical.documents import GoodsCondition

GOOD = "good"
"""The word of a condition that is none: the goods are as they should be."""

CONDITIONS: dict[str, GoodsCondition | None] = (
    dict.fromkeys(("AC", "CM", "81", "123"), GoodsCondition.OVER)
    | dict.fromkeys(
        (
            *(
                "AA",
                "AB",
                "AD",
                "BP",
                "CP",
                "IC",
                "NN",
                "NF",
                "OP",
                "OS",
                "OW",
                "RA",
                "TW",
                "SS",
                "119",
                "122",
            ),
            *("125", "126"),
        ),
        GoodsCondition.SHORT,
    )
    | dict.fromkeys(("AF", "124", "DG"), GoodsCondition.DAMAGED)
    | dict.fromkeys(("CS", "IS"), GoodsCondition.WRONG_ITEM)
    | dict.fromkeys(("CC",))
    | {
        "AE": GoodsCondition.NO_SHIP_NOTICE,
        "AG": GoodsCondition.OTHER,
        "195": GoodsCondition.RETURNED,
        "196": GoodsCondition.SCRAPPED,
    }
)
"""DE 4221 and, where a discrepancy has no reason, DE 6063 of its quantity. None is good."""
