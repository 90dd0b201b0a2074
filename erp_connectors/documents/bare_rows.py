"""Suppliers, items and warehouses by what others call them, whether their own record has come or not.

What an order or a stock level names before its own record comes is kept as a bare row with its number, so
that every order of arrival ends in the same rows. A bare item has no base unit: nothing is converted for it.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db.models import Model, QuerySet

from erp_connectors.companies import Company, Connection, Warehouse
from erp_connectors.documents.models import Item, Supplier

Row = TypeVar("Row", bound=Model)


def suppliers(
    numbers: Iterable[str], *, connection: Connection, company: Company, at_hand: Iterable[Supplier] = ()
) -> dict[str, Supplier]:
    """Return the suppliers with these numbers; one that is not known yet is kept as a bare row."""
    return _known_or_bare(
        Supplier.objects.filter(connection=connection),
        "number",
        numbers,
        at_hand,
        lambda number: Supplier(connection=connection, company=company, number=number, name=number),
    )


def items(numbers: Iterable[str], *, connection: Connection, at_hand: Iterable[Item] = ()) -> dict[str, Item]:
    """Return the items with these numbers; one that is not known yet is kept as a bare row."""
    return _known_or_bare(
        Item.objects.filter(connection=connection),
        "number",
        numbers,
        at_hand,
        lambda number: Item(connection=connection, number=number, base_unit=""),
    )


def warehouses(
    codes: Iterable[str], *, company: Company, at_hand: Iterable[Warehouse] = ()
) -> dict[str, Warehouse]:
    """Return the warehouses with these codes; one the ERP names first is taken over under its code."""
    return _known_or_bare(
        Warehouse.objects.filter(company=company),
        "code",
        codes,
        at_hand,
        lambda code: Warehouse(company=company, code=code, name=code),
    )


def _known_or_bare(
    rows: QuerySet[Row],
    column: str,
    wanted: Iterable[str],
    at_hand: Iterable[Row],
    bare: Callable[[str], Row],
) -> dict[str, Row]:
    """Return the rows that have one of the values in a column, by it; what is missing is made as `bare` says.

    What is `at_hand` is not read again. Others may make the same rows meanwhile: theirs count as well.
    """
    known: dict[str, Row] = {getattr(row, column): row for row in at_hand}
    unread = set(wanted) - known.keys()
    if unread:
        known |= {getattr(row, column): row for row in rows.filter(**{f"{column}__in": unread})}
    missing = sorted(unread - known.keys())
    if missing:
        rows.bulk_create([bare(value) for value in missing], ignore_conflicts=True)
        known |= {getattr(row, column): row for row in rows.filter(**{f"{column}__in": missing})}
    return known
