"""Every list of the API is paged by cursor: stable while rows are added, and never a count."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Pages of 50, at most 200, newest first by primary key (UUIDv7 and serial keys sort by time)."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-pk"


class UpdatedFirst(NewestFirst):
    """Newest change first."""

    ordering = ("-updated_at", "-id")


class InOrder(NewestFirst):
    """Oldest first, as a history is read."""

    ordering = ("at", "id")


class ByName(NewestFirst):
    """By number, as a list is read."""

    ordering = ("number", "id")
