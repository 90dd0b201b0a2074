"""Policy rows as plain values, of whatever table: read from a row, and laid upon one."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import DecimalField, Field, ForeignKey

from exceptions_app.policies.models import PolicyRow

#: Not a value of a rule: a row gets its key from the database and its release when it is published.
UNTOLD = frozenset({"id", "release"})


def table_of(model: type[PolicyRow] | PolicyRow) -> str:
    """Return the name of a row's table in a change."""
    return str(model._meta.model_name)


def _tables(parent: type[Any]) -> Iterator[tuple[str, type[PolicyRow]]]:
    for model in parent.__subclasses__():
        if not model._meta.abstract:
            yield table_of(model), model
        yield from _tables(model)


def tables() -> dict[str, type[PolicyRow]]:
    """Return the models of all policy rows by the name of their table in a change."""
    return dict(_tables(PolicyRow))


def next_key(model: type[PolicyRow]) -> int:
    """Return a key that no row of this table has or ever gets: a rule that is added has it from the start."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
        return int(cursor.fetchone()[0])


def pointed_to() -> set[str]:
    """Return the names of the tables that other rules point to: calendars."""
    known = tables()
    fields = [each for model in known.values() for each in fields_of(model) if isinstance(each, ForeignKey)]
    return {name for name, model in known.items() if any(each.related_model is model for each in fields)}


def rows_under(model: type[Any], changes: Iterable[Any]) -> dict[int, PolicyRow]:
    """Return all rows of a table by their keys as they would be with some changes; nothing is written.

    Changes of other tables, and rows that have no key yet, are passed by.
    """
    found = {row.pk: row for row in model._default_manager.all()}
    for change in changes:
        if change.table != table_of(model) or change.row_id is None:
            continue
        if change.action == "remove":
            found.pop(change.row_id, None)
            continue
        row = found.setdefault(change.row_id, model(pk=change.row_id))
        lay_upon(row, change.after)
    return found


def fields_of(model: type[PolicyRow]) -> "list[Field[Any, Any]]":
    """Return the fields of a table that a change speaks of, in the order of the model."""
    return [field for field in model._meta.concrete_fields if field.name not in UNTOLD]


def values_of(row: PolicyRow) -> dict[str, Any]:
    """Return all values of a row as plain JSON: keys of other rows, days as ISO, decimals as strings."""
    return {field.name: plain(field, getattr(row, field.attname)) for field in fields_of(type(row))}


def plain(field: "Field[Any, Any]", value: Any) -> Any:
    """Return one value of a field as plain JSON; the same number is always written alike."""
    if isinstance(field, DecimalField) and value is not None:
        step = Decimal(1).scaleb(-(field.decimal_places or 0))
        return format(Decimal(field.to_python(value)).quantize(step), "f")
    return value.isoformat() if isinstance(value, date) else value


def lay_upon(row: PolicyRow, values: dict[str, Any]) -> None:
    """Give a row the values of a change; what they do not name it keeps.

    Raises ValidationError where a value cannot be one of its field.
    """
    for field in fields_of(type(row)):
        if field.name in values:
            value = values[field.name]
            key = field.target_field if isinstance(field, ForeignKey) else field
            setattr(row, field.attname, None if value is None else key.to_python(value))


def changed_fields(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of the values that differ, in the order of the table; unnamed ones do not."""
    return [name for name in after if name in before and before[name] != after[name]]
