"""The code lists of an invoice (810): its type, its charges and allowances, its taxes and terms."""

from enum import StrEnum

from erp_connectors.canonical.documents import ChargeKind, InvoiceKind

INVOICE_TYPES = dict.fromkeys(
    ("CC", "CE", "CG", "CN", "CR", "MC"),
    InvoiceKind.CREDIT,
) | dict.fromkeys(
    ("AI", "BA", "BH", "CD", "CF", "CI", "CO", "DC", "DI", "DO", "DR", "DU", "FB", "ME", "PB", "PP", "PR"),
    InvoiceKind.INVOICE,
)
"""DE 640, BIG07. A debit memo asks for more money and is an invoice."""


class Sign(StrEnum):
    """What a SAC segment does to the invoice."""

    CHARGE = "charge"
    ALLOWANCE = "allowance"
    NOTHING = "nothing"


CHARGE_INDICATORS = {"C": Sign.CHARGE, "A": Sign.ALLOWANCE, "N": Sign.NOTHING}
"""DE 248, SAC01. Promotions, services and requests are not in it: what they do to a total is not agreed."""

NOT_BILLED = frozenset({"01", "03", "04", "05", "09", "10", "11", "12", "18"})
"""DE 331, SAC12: billed back, paid by check, credited or paid elsewhere, denied: not in the total."""

TAX = "tax"
"""The word of a charge that is a tax, and is added to the tax of the invoice."""

CHARGE_KINDS: dict[str, ChargeKind | None] = (
    dict.fromkeys(
        (
            *("A570", "C010", "C040", "C210", "D180", "D190", "D200", "D220", "D240", "D242", "D244", "D246"),
            *("D650", "D750", "D760", "D800", "E340", "E430", "E510", "E810", "E890", "F330", "F460", "F560"),
            *("G821", "G830", "H080", "I250", "I280", "I500", "C880", "C850", "C860", "C870", "G610"),
        ),
        ChargeKind.FREIGHT,
    )
    | dict.fromkeys(
        (
            *("B791", "C480", "E820", "F150", "F155", "F170", "F180", "F190", "G360", "G870", "H110", "I020"),
            *("R060", "R080", "B570", "G510"),
        ),
        ChargeKind.PACKAGING,
    )
    | dict.fromkeys(
        (
            *("B270", "B380", "C030", "C590", "C650", "D230", "D260", "D270", "D430", "E620", "F370", "F920"),
            *("H340", "H550", "I560", "B810", "B820", "C640", "C760"),
        ),
        ChargeKind.SURCHARGE,
    )
    | dict.fromkeys(
        ("A180", "C401", "D480", "D490", "D500", "D540", "D550", "E410", "G740", "H090", "I390", "D530"),
        ChargeKind.HANDLING,
    )
    | dict.fromkeys(("B996", "D920", "D930", "D940", "D970", "D980"), ChargeKind.INSURANCE)
    | {"A010": ChargeKind.MINIMUM_ORDER, "G970": ChargeKind.SMALL_ORDER}
    | dict.fromkeys(
        (
            *("A620", "D360", "E320", "F210", "H610", "H620", "H625", "H630", "H640", "H650", "H660", "H670"),
            *("H680", "H690", "H700", "H710", "H720", "H730", "H740", "H750", "H760", "H770", "H780", "H790"),
            *("H800", "H806", "H830", "H840", "H850"),
        )
    )
)
"""DE 1300, SAC02. None is a tax; a code that is not here is another charge."""

TERMS_BASES = frozenset({"", "3"})
"""DE 333, ITD02: terms that count from the date of the invoice. Those of another day are not comparable."""
