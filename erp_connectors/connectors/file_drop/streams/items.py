"""Items with pack factors and suppliers' names for them, in repeated columns or repeated rows."""

from collections.abc import Sequence
from decimal import Decimal

from erp_connectors.canonical.master import ItemRecord, Pack, SupplierItem
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.file_drop import values
from erp_connectors.connectors.file_drop.columns import (
    VERSION_COLUMNS,
    Column,
    Extract,
    Layout,
    RowFault,
    SheetRow,
    pairs,
    same_in_all,
)

OWN_COLUMNS = (
    Column("item", values.text(64), required=True),
    Column("description", values.words(300)),
    Column("base_unit", values.unit, required=True),
    Column("category", values.text(64)),
    Column("abc_class", values.choice("abc_class", {"a": "A", "b": "B", "c": "C"})),
    Column("gtin", values.text(14)),
    Column("unit_margin", values.not_negative),
    Column("sales_price", values.not_negative),
    Column("demand_per_day", values.not_negative),
    Column("demand_sd", values.not_negative),
    Column("lead_days", values.whole),
    Column("criticality", values.between("1", "1.5")),
    *VERSION_COLUMNS,
)
REPEATED_COLUMNS = (
    Column("pack_unit", values.unit, repeats=True),
    Column("pack_factor", values.positive, repeats=True),
    Column("supplier", values.text(64), repeats=True),
    Column("supplier_item", values.text(64), repeats=True),
)


def build(rows: Sequence[SheetRow], extract: Extract) -> ItemRecord:
    """Return the item of these rows with all packs and names they list. Raises RowFault."""
    row = same_in_all(rows, [column.name for column in OWN_COLUMNS])
    return ItemRecord(
        number=row["item"],
        description=row["description"] or "",
        base_unit=row["base_unit"],
        version=extract.version(row),
        packs=_packs(rows),
        gtin=row["gtin"],
        category=row["category"],
        abc_class=row["abc_class"],
        supplier_items=_names(rows),
        unit_margin=row["unit_margin"],
        sales_price=row["sales_price"],
        demand_per_day=row["demand_per_day"],
        demand_sd=row["demand_sd"],
        lead_days=row["lead_days"],
        criticality=row["criticality"],
    )


def _packs(rows: Sequence[SheetRow]) -> tuple[Pack, ...]:
    factors: dict[str, Decimal] = {}
    for row in rows:
        for unit, factor in pairs(row, "pack_unit", "pack_factor"):
            if factors.setdefault(unit, factor) != factor:
                raise RowFault(row, "pack_factor", f"The pack {unit} has another factor, too.")
            if unit == row["base_unit"] and factor != 1:
                raise RowFault(row, "pack_factor", "The base unit holds exactly one of itself.")
    return tuple(Pack(unit, factors[unit]) for unit in sorted(factors))


def _names(rows: Sequence[SheetRow]) -> tuple[SupplierItem, ...]:
    names = {
        SupplierItem(supplier, number)
        for row in rows
        for supplier, number in pairs(row, "supplier", "supplier_item")
    }
    return tuple(sorted(names, key=lambda name: (name.supplier, name.number)))


LAYOUT = Layout(
    stream=Stream.ITEMS,
    columns=OWN_COLUMNS + REPEATED_COLUMNS,
    key=("item",),
    build=build,
    in_blocks=True,
)
