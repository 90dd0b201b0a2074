"""Pages of plain lists by keyset: each starts at a row, so the last is as quick as the first."""

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
    if not rows:
        return KeyPage([])
    return KeyPage(
        rows,
        before=_written(rows[0], field) if (turned and more) or (not turned and older) else None,
        after=_written(rows[-1], field) if turned or more else None,
    )


def _beyond(cursor: tuple[Any, Any], field: str, goes_down: bool) -> Q:
    value, pk = cursor
    way = "lt" if goes_down else "gt"
    if field == "pk":
        return Q(**{f"pk__{way}": pk})
    # The first condition alone lets the index be entered at the right place.
    return Q(**{f"{field}__{way}e": value}) & (Q(**{f"{field}__{way}": value}) | Q(**{f"pk__{way}": pk}))


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
