"""The code lists of an invoice (INVOIC): its type, its charges and allowances, its totals and terms."""

from erp_connectors.canonical.documents import ChargeKind, InvoiceKind

INVOICE_TYPES = dict.fromkeys(
    (
        "80",
        "82",
        "84",
        "130",
        "325",
        "326",
        "380",
        "382",
        "383",
        "384",
        "385",
        "386",
        "388",
        "389",
        "390",
        "393",
    ),
    InvoiceKind.INVOICE,
) | dict.fromkeys(("81", "83", "261", "262", "308", "381", "396", "420", "458", "532"), InvoiceKind.CREDIT)
"""DE 1001. A debit note asks for more money and is an invoice."""

TAX = "tax"
"""The word of a charge that is a tax, and is added to the tax of the invoice."""

CHARGE_KINDS: dict[str, ChargeKind | None] = (
    dict.fromkeys(
        ("FC", "FA", "FAC", "FI", "DL", "PU", "CT", "CAO", "AEO", "CG", "CAI", "ABL", "AAT", "FU"),
        ChargeKind.FREIGHT,
    )
    | dict.fromkeys(("PC", "PK", "PL", "PN", "ABA", "AAC", "SAC", "EAB"), ChargeKind.PACKAGING)
    | dict.fromkeys(("SC", "SU", "SUR", "ADM", "EA", "EG", "MC", "TX"), ChargeKind.SURCHARGE)
    | dict.fromkeys(("HD", "SH", "AAE", "SAA", "LA", "ADW"), ChargeKind.HANDLING)
    | dict.fromkeys(("IN", "INS"), ChargeKind.INSURANCE)
    | {"MAC": ChargeKind.MINIMUM_ORDER, "MIN": ChargeKind.MINIMUM_ORDER, "SOC": ChargeKind.SMALL_ORDER}
    | dict.fromkeys(("VAT", "GST", "VEE"))
)
"""DE 7161 of ALC. None is a tax; a code that is not here is another charge."""

LINE_AMOUNTS = ("203", "38", "66")
LINES_TOTALS = ("79", "289")
TOTALS = ("77", "39", "139", "86", "128", "9")
TAX_TOTALS = ("176", "124", "150")
CHARGES, ALLOWANCES, CHARGES_AND_ALLOWANCES = "259", "260", "131"
CHARGE_PRECEDENCE = ("8", "23", "204", "64")
CHARGE_AMOUNTS = frozenset(CHARGE_PRECEDENCE)
LEVIED = frozenset({"124", "150", "161"})
TAX_AMOUNTS = LEVIED | {"125", "168"}
"""DE 5025 of MOA; a tuple is a precedence."""

CHARGE, ALLOWANCE = "C", "A"
NOT_BILLED = frozenset({"1", "3", "4", "5"})
"""DE 4471 of ALC: billed back, paid by check, credited elsewhere, paid by the vendor: not in the total."""

VALUE_ADDED_TAX = frozenset({"VAT", "GST", "IVA"})
"""DE 5153 of TAX whose rate is that of the invoice."""

ISSUED_DATES = ("3", "137")
DUE_DATES = ("13", "140", "265", "170")
"""DE 2005, from the strongest word on."""

DISCOUNT_TERMS = "22"
FROM_INVOICE_DATE = frozenset({"", "5"})
AFTER = frozenset({"", "1", "3"})
DAYS_OF_PERIOD = {"": 1, "D": 1, "CD": 1, "W": 7}
"""PAT: DE 4279, 2475, 2009 and 2151. Terms of another day, or in months, are no number of days."""
