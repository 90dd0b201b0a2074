"""Which cases have a text in what people know them by: number, headline, order, document, supplier, item ...

A text that few cases have is looked up name by name, from indexes; no index answers for all names at once.
A text that many have is soon found by reading the list itself, from the top until a page is full.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from erp_connectors.documents.models import Supplier
from exceptions_app.cases.models import Case, CaseLine

#: Up to so many cases with a text are looked up by its names.
FEW = 1000
#: A shorter text makes no trigram: it is looked for where a name begins.
TRIGRAM = 3
OWN = ("number", "headline")
ELSEWHERE = ("order__number", "document__number", "interchange__file_name")
ITEM = ("order_line__item_number", "order_line__description")


def text_in_case(text: str, prefix: str = "") -> Q:
    """Return the condition that a case has `text` in a name; `prefix` leads to the case. Asks the database.

    A text of one or two letters has to stand where the name begins.
    """
    suppliers = set(Supplier.objects.filter(_has(text, "number", "name")).values_list("pk", flat=True))
    first, *others = _keys(text, suppliers)
    found = set(first.union(*others, all=True)[: FEW + 1])
    if len(found) <= FEW:
        return Q(**{f"{prefix}pk__in": found})
    lines = CaseLine.objects.filter(_has(text, *ITEM), case=OuterRef(f"{prefix}pk"))
    of_supplier = Q(**{f"{prefix}supplier__in": suppliers})
    return _has(text, *(prefix + name for name in (*OWN, *ELSEWHERE))) | of_supplier | Q(Exists(lines))


def _keys(text: str, suppliers: set[int]) -> Iterator[QuerySet[Any, int]]:
    """Yield the keys of the cases that have the text in a name, name by name: some come twice."""
    named = [_has(text, *OWN), *(_has(text, name) for name in ELSEWHERE)]
    for condition in [*named, Q(supplier__in=suppliers)] if suppliers else named:
        yield Case.objects.filter(condition).order_by().values_list("pk", flat=True)
    yield CaseLine.objects.filter(_has(text, *ITEM)).order_by().values_list("case", flat=True)


def _has(text: str, *names: str) -> Q:
    """Return the condition that one of the names has the text."""
    lookup = "istartswith" if len(text) < TRIGRAM else "icontains"
    found = Q()
    for name in names:
        found |= Q(**{f"{name}__{lookup}": text})
    return found
