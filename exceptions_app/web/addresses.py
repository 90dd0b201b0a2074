"""What the address of a list says: its filters, and the place in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from exceptions_app.cases.listing import Page
from exceptions_app.web.keyset import KeyPage
from exceptions_app.web.labels import Chip, Text

#: What the address of a page says besides its filters.
PAGING = ("after", "before", "case")


def without_empty(query: QueryDict) -> QueryDict:
    """Return the query without fields that were left empty."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        filled = [value for value in values if value]
        if filled:
            kept.setlist(name, filled)
    return kept


def filter_state(query: QueryDict) -> QueryDict:
    """Return what the query filters by, without the place in the list."""
    state = query.copy()
    for name in PAGING:
        state.pop(name, None)
    return state


def address(path: str, query: QueryDict, *, drop: Sequence[str] = (), **values: str | None) -> str:
    """Return `path` with the query less `drop`, and with `values` that are not empty."""
    state = query.copy()
    for name in drop:
        state.pop(name, None)
    for name, value in values.items():
        if value:
            state[name] = value
    return f"{path}?{state.urlencode()}" if state else path


def page_urls(path: str, query: QueryDict, page: KeyPage[Any] | Page) -> dict[str, str]:
    """Return the addresses of the pages before and after this one, as the pager shows them."""
    return {
        "before_url": address(path, query, drop=PAGING, before=page.before),
        "after_url": address(path, query, drop=PAGING, after=page.after),
    }


def older_url(path: str, query: QueryDict, page: KeyPage[Any]) -> str:
    """Return the address of the page after this one, in a list that only goes on; empty on the last."""
    return address(path, query, drop=("older",), older=page.after) if page.after else ""


def state_tabs(
    path: str, query: QueryDict, *, name: str, states: Mapping[str, Chip], everything: Text
) -> list[dict[str, Any]]:
    """Return the tabs of a list: `everything`, then each state, as the address says it under `name`."""
    chosen = query.get(name, "")
    return [
        {"label": everything, "url": path, "is_current": chosen not in states},
        *(
            {
                "label": chip.label,
                "url": address(path, query, drop=("older",), **{name: state}),
                "is_current": state == chosen,
            }
            for state, chip in states.items()
        ),
    ]
