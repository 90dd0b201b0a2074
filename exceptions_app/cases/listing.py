"""Lists of cases, page by page.

By keyset: a page costs the same however long its list is, and however far down it one is.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from django.db.models import Q, QuerySet

from exceptions_app.cases.case_rows import CaseRow, rows_of, with_clocks
from exceptions_app.cases.models import Case, QueueEntry

PAGE = 50


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts: the row before it (or after it), by the two values the list is sorted by."""

    first: Any
    case_id: int

    def __str__(self) -> str:
        return f"{self.first}~{self.case_id}"

    @classmethod
    def of_priority(cls, text: str) -> Self | None:
        """Read a cursor of a queue; None where it is not one."""
        priority, _, case_id = text.partition("~")
        try:
            return cls(Decimal(priority), int(case_id))
        except (InvalidOperation, ValueError):
            return None

    @classmethod
    def of_moment(cls, text: str) -> Self | None:
        """Read a cursor of a list sorted by change; None where it is not one."""
        moment, _, case_id = text.partition("~")
        try:
            return cls(datetime.fromisoformat(moment), int(case_id))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows with the cursors of their neighbours; None where there is nothing more on that side."""

    rows: list[CaseRow]
    before: str | None = None
    after: str | None = None


def queue_page(
    entries: QuerySet[QueueEntry],
    *,
    now: datetime,
    after: str = "",
    before: str = "",
    size: int = PAGE,
) -> Page:
    """Return one page of a queue, most urgent first, in three queries.

    `after` and `before` are cursors of an earlier page; one that cannot be read starts at the top.
    """
    older, newer = Cursor.of_priority(after), Cursor.of_priority(before)
    found = _beyond(entries, "priority", "case_id", older=older, newer=newer)
    rows = rows_of(found[: size + 1], prefix="case__")
    return _page(rows, size, turned=newer is not None, came_from=older, key="priority", now=now)


def case_list_page(
    cases: QuerySet[Case], *, now: datetime, after: str = "", before: str = "", size: int = PAGE
) -> Page:
    """Return one page of cases, the last changed first, in three queries."""
    older, newer = Cursor.of_moment(after), Cursor.of_moment(before)
    found = _beyond(cases, "updated_at", "id", older=older, newer=newer)
    rows = rows_of(found[: size + 1])
    return _page(rows, size, turned=newer is not None, came_from=older, key="updated_at", now=now)


def _beyond(
    found: QuerySet[Any], first: str, second: str, *, older: Cursor | None, newer: Cursor | None
) -> QuerySet[Any]:
    """Return what lies beyond a cursor in a list by two columns, highest first; before `newer`, turned round.

    The first column stands by itself in the condition too, so that its index leads to the page.
    """
    if newer is not None:
        is_above = Q(**{f"{first}__gt": newer.first}) | Q(**{f"{second}__gt": newer.case_id})
        return found.filter(Q(**{f"{first}__gte": newer.first}) & is_above).order_by(first, second)
    found = found.order_by(f"-{first}", f"-{second}")
    if older is None:
        return found
    is_below = Q(**{f"{first}__lt": older.first}) | Q(**{f"{second}__lt": older.case_id})
    return found.filter(Q(**{f"{first}__lte": older.first}) & is_below)


def _page(
    rows: list[CaseRow], size: int, *, turned: bool, came_from: Cursor | None, key: str, now: datetime
) -> Page:
    more, rows = len(rows) > size, rows[:size]
    if turned:
        rows.reverse()
    rows = with_clocks(rows, now=now)
    if not rows:
        return Page(rows=rows)

    def cursor(row: CaseRow) -> str:
        value = getattr(row, key)
        return str(Cursor(value.isoformat() if isinstance(value, datetime) else value, row.id))

    return Page(
        rows=rows,
        before=cursor(rows[0]) if (turned and more) or (not turned and came_from) else None,
        after=cursor(rows[-1]) if turned or more else None,
    )
