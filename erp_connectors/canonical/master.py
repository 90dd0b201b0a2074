"""Master data as the ERP has it."""

from dataclasses import dataclass
from decimal import Decimal

from erp_connectors.canonical.values import DocumentVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierRecord:
    """A supplier in one ERP. `tier` is the distributor's own grading, A to C."""

    number: str
    name: str
    version: DocumentVersion
    tier: str | None = None
    country: str | None = None
    currency: str | None = None
    email: str | None = None
    buyer: str | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    """One `unit` holds `factor` base units of the item."""

    unit: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class SupplierItem:
    """What one supplier calls an item."""

    supplier: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord:
    """An item in one ERP with its packs and the names it goes by, and what missing it costs.

    Money is in the company's currency for one base unit. `demand_per_day` and its standard deviation are base
    units in one warehouse, where its stock record says nothing else. `lead_days`: calendar days until goods
    that are missing can be had. `criticality`: 1 (as any other) to 1.5.
    """

    number: str
    description: str
    base_unit: str
    version: DocumentVersion
    packs: tuple[Pack, ...] = ()
    gtin: str | None = None
    category: str | None = None
    abc_class: str | None = None
    supplier_items: tuple[SupplierItem, ...] = ()
    unit_margin: Decimal | None = None
    sales_price: Decimal | None = None
    demand_per_day: Decimal | None = None
    demand_sd: Decimal | None = None
    lead_days: int | None = None
    criticality: Decimal | None = None
