"""Units of measure as ERPs write them, and their codes of UN/ECE Recommendation 20 (revision 17, ODC-PDDL).

A word with two meanings (ST: piece or set; CA: case or can) is left out on purpose: the administrator says in
`units` what it means in this ERP.
"""

from collections.abc import Mapping

_WORDS = {
    "EA": ("each",),
    "H87": ("pc", "pcs", "pce", "piece", "pieces", "stk", "stck", "stück", "stueck"),
    "C62": ("one", "unit", "units"),
    "CS": ("case", "cases"),
    "BX": ("box", "boxes"),
    "CT": ("carton", "cartons", "ctn", "karton", "krt"),
    "PK": ("pack", "packs", "package", "pck", "packung"),
    "PF": ("pallet", "pallets", "palette"),
    "PR": ("pair", "pairs", "paar"),
    "DZN": ("dozen", "doz", "dz", "dutzend"),
    "SET": ("set", "sets", "satz"),
    "KT": ("kit", "kits"),
    "RO": ("roll", "rolls", "rolle"),
    "BG": ("bag", "bags", "beutel"),
    "DR": ("drum", "drums"),
    "CEN": ("hundred",),
    "MIL": ("thousand",),
    "GRM": ("g", "gram", "grams"),
    "KGM": ("kg", "kilogram", "kilograms"),
    "TNE": ("tonne", "tonnes"),
    "LBR": ("lb", "lbs", "pound", "pounds"),
    "ONZ": ("oz", "ounce", "ounces"),
    "MMT": ("mm", "millimetre", "millimeter"),
    "CMT": ("cm", "centimetre", "centimeter"),
    "MTR": ("m", "metre", "metres", "meter", "meters", "lfm"),
    "INH": ("in", "inch", "inches"),
    "FOT": ("ft", "foot", "feet"),
    "YRD": ("yd", "yard", "yards"),
    "MTK": ("m2", "m²", "qm", "square metre", "square meter"),
    "FTK": ("sqft", "ft2", "square foot", "square feet"),
    "MTQ": ("m3", "m³", "cubic metre", "cubic meter"),
    "MLT": ("ml", "millilitre", "milliliter"),
    "LTR": ("l", "litre", "litres", "liter", "liters"),
    "GLL": ("gal", "gallon", "gallons"),
    "HUR": ("h", "hour", "hours", "std"),
    "DAY": ("day", "days"),
}
_CODES = {word: code for code, words in _WORDS.items() for word in (code.casefold(), *words)}


def unit_code(word: str, own: Mapping[str, str]) -> str | None:
    """Return the code of a unit: by the connection's own case-folded table, then by the standard words."""
    return own.get(word.casefold()) or _CODES.get(word.casefold())
