"""Every list of the API is paged by cursor: stable while rows are added, and never a count."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView


class NewestFirst(CursorPagination):
    """Pages of 50, at most 200, newest first by primary key (UUIDv7 and serial keys sort by time)."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering: str | tuple[str, ...] = "-pk"

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """Return the page. Raises NotFound for a cursor that none of our pages gave."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError) as error:
            raise NotFound(self.invalid_cursor_message) from error


class ByMoment(NewestFirst):
    """By a moment, which the cursor names with its offset."""

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the cursor. Raises NotFound where what it names is no moment."""
        cursor: Cursor | None = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None:
            moment = parse_datetime(str(cursor.position))
            if moment is None or is_naive(moment):
                raise NotFound(self.invalid_cursor_message)
        return cursor


class UpdatedFirst(ByMoment):
    """Newest change first."""

    ordering = ("-updated_at", "-id")


class InOrder(ByMoment):
    """Oldest first, as a history is read."""

    ordering = ("at", "id")


class ByNumber(NewestFirst):
    """By number, as a list is read."""

    ordering = ("number", "id")


class ByKey(NewestFirst):
    """Oldest row first."""

    ordering = "pk"


class InPosition(NewestFirst):
    """As rules are tried."""

    ordering = ("position", "id")
