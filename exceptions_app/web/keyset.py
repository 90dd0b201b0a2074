"""Pages of plain lists by keyset: each starts at a row, so the last is as quick as the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
PAGE = 50
#: A UUID is as long; a number of this length is one the database holds.
LONGEST_KEY = {True: 36, False: 18}


@dataclass(frozen=True, slots=True)
class KeyPage(Generic[Row]):
    """Rows with the cursors of their neighbours; None where there is nothing more on that side."""

    rows: list[Row]
    before: str | None = None
    after: str | None = None


def newest_first(
    found: QuerySet[Row], query: Any, *, field: str = "pk", size: int | None = None
) -> KeyPage[Row]:
    """Return the page that `after` or `before` in the query names, the highest `field` first."""
    return _page(found, query, field=field, descending=True, size=size or PAGE)


def by_moment(found: QuerySet[Row], query: Any, *, field: str, size: int | None = None) -> KeyPage[Row]:
    """Return the page that `after` or `before` names, the earliest `field` (never null) first."""
    return _page(found, query, field=field, descending=False, size=size or PAGE)


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a list, or what points to them: an index has them in the order of these two fields."""

    found: QuerySet[Any]
    field: str
    key: str = "pk"


def newest_of(
    parts: Sequence[Part], rows: QuerySet[Row], query: Any, *, field: str, size: int | None = None
) -> KeyPage[Row]:
    """Return the page that `after` or `before` names of all parts together, the highest `field` first.

    Each part is read by its own index, all in one query; `rows` are then read by their keys.
    """
    size = size or PAGE
    older, newer = (_cursor(rows.model, query.get(side, ""), field) for side in ("after", "before"))
    read = [_keys(part, newer or older, size, goes_down=newer is None) for part in parts]
    if not read:
        return KeyPage([])
    keys = set(read[0].union(*read[1:], all=True) if read[1:] else read[0])
    newest = sorted(keys, reverse=newer is None)[: size + 1]
    found = rows.filter(pk__in=[key for _, key in newest[:size]])
    listed = sorted(found, key=lambda row: (getattr(row, field), row.pk), reverse=True)
    return _linked(listed, field, more=len(newest) > size, turned=newer is not None, older=older)


def _keys(part: Part, cursor: tuple[Any, Any] | None, size: int, *, goes_down: bool) -> QuerySet[Any, Any]:
    """Return the moments and keys of one more row of a part than a page shows."""
    found = part.found
    if cursor is not None:
        found = found.filter(_beyond(cursor, part.field, goes_down, key=part.key))
    order = [f"-{name}" if goes_down else name for name in (part.field, part.key)]
    return found.order_by(*order).values_list(part.field, part.key)[: size + 1]


def _page(found: QuerySet[Row], query: Any, *, field: str, descending: bool, size: int) -> KeyPage[Row]:
    older, newer = (_cursor(found.model, query.get(side, ""), field) for side in ("after", "before"))
    cursor = newer or older
    turned = newer is not None
    goes_down = descending is not turned
    if cursor is not None:
        found = found.filter(_beyond(cursor, field, goes_down))
    keys = ("pk",) if field == "pk" else (field, "pk")
    rows = list(found.order_by(*(f"-{key}" if goes_down else key for key in keys))[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if turned:
        rows.reverse()
    return _linked(rows, field, more=more, turned=turned, older=older)


def _linked(
    rows: list[Row], field: str, *, more: bool, turned: bool, older: tuple[Any, Any] | None
) -> KeyPage[Row]:
    """Return rows in their order with the cursors of their neighbours."""
    if not rows:
        return KeyPage([])
    return KeyPage(
        rows,
        before=_written(rows[0], field) if (turned and more) or (not turned and older) else None,
        after=_written(rows[-1], field) if turned or more else None,
    )


def _beyond(cursor: tuple[Any, Any], field: str, goes_down: bool, *, key: str = "pk") -> Q:
    value, pk = cursor
    way = "lt" if goes_down else "gt"
    if field == "pk":
        return Q(**{f"pk__{way}": pk})
    # The first condition alone lets the index be entered at the right place.
    return Q(**{f"{field}__{way}e": value}) & (Q(**{f"{field}__{way}": value}) | Q(**{f"{key}__{way}": pk}))


def _written(row: Model, field: str) -> str:
    return str(row.pk) if field == "pk" else f"{getattr(row, field).isoformat()}~{row.pk}"


def _cursor(model: type[Model], text: str, field: str) -> tuple[Any, Any] | None:
    """Read a cursor; None where it is none."""
    moment, _, key = text.rpartition("~")
    try:
        if not key or len(key) > LONGEST_KEY["-" in key]:
            return None
        pk = model._meta.pk.to_python(key)
        return (None, pk) if field == "pk" else (datetime.fromisoformat(moment), pk)
    except (ValueError, ValidationError):
        return None
