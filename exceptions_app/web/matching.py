"""Matching by hand: lines that fit no order with what they could be, what people chose, and its undoing."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from erp_connectors.documents.candidates import Candidate, candidates, said_by
from erp_connectors.documents.matching_by_hand import remembered_by, said_of
from erp_connectors.documents.models import DocumentHead, LineMatch
from erp_connectors.errors import RightlineError
from exceptions_app import matching
from exceptions_app.cases.models import Case
from exceptions_app.people.permissions import may_in_company
from exceptions_app.web import formats, labels
from exceptions_app.web.access import Permission, actor_of, companies_open, permitted, person_of
from exceptions_app.web.labels import Text
from exceptions_app.web.pages import UNPROCESSABLE, now_of, show, tell
from exceptions_app.web.sent import number_in

MOST_LINES, MOST_DOCUMENTS = 30, 10
REASONS: dict[str, Text] = {
    "nothing_named": _("It names neither a line nor an item."),
    "no_order_named": _("It names no order."),
    "no_such_line": _("The order has no such line."),
    "several_fit": _("Several lines of the order fit."),
    "contradiction": _("Its line number and its item numbers say different lines."),
    "order_unknown": _("The ERP has not told of the order it names."),
    "other_supplier": _("The order it names is with another supplier."),
}
#: The exception types that a match can put right.
WAITING_FOR_A_MATCH = ("unordered_line", "receipt_unexpected", "invoice_unordered")


@permitted(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def loose_lines(request: HttpRequest, head_id: int) -> HttpResponse:
    """Show what fits no order, line by line, beside what it could be; take the choice of a person."""
    head = _head_or_404(request, head_id)
    if request.method != "POST":
        return _page(request, head)
    line, chosen = request.POST.get("line", ""), request.POST.get("chosen", "")
    order, _sep, order_line = chosen.partition("|")
    if not chosen:
        order, order_line = request.POST.get("order", ""), request.POST.get("order_line", "")
    try:
        matched = matching.match(
            head,
            index=_index(line),
            order_number=order,
            line_number=order_line,
            reason=request.POST.get("reason", "").strip(),
            remember=bool(request.POST.get("remember")),
            by=actor_of(request),
        )
    except RightlineError as refused:
        return _page(request, head, problem=str(refused), wrong=line, status=UNPROCESSABLE)
    target = matched.match
    tell(
        request,
        gettext("It is line %(line)s of order %(order)s from now on.")
        % {"line": target.line_number, "order": target.order_number},
    )
    return HttpResponseRedirect(reverse("web:loose_lines", args=[head.pk]))


@permitted(Permission.OWN)
@require_POST
def undo(request: HttpRequest, head_id: int) -> HttpResponse:
    """Take back what was said of a line, with a reason; the document is judged anew."""
    head, line = _head_or_404(request, head_id), request.POST.get("line", "")
    reason = request.POST.get("reason", "").strip()
    index = _index(line)
    try:
        taken_back = matching.unmatch(head, index=index, reason=reason, by=actor_of(request))
    except RightlineError as refused:
        return _page(request, head, problem=str(refused), undone=index, status=UNPROCESSABLE)
    said = taken_back.match
    text = gettext("It is line %(line)s of order %(order)s no longer; the document is judged anew.")
    tell(request, text % {"line": said.line_number, "order": said.order_number})
    return HttpResponseRedirect(reverse("web:loose_lines", args=[head.pk]))


def _index(line: str) -> int:
    """Return which line of a document is meant; -1, which no line is, where that is not said."""
    index = number_in(line)
    return -1 if index is None else index


def choices(matches: Sequence[LineMatch]) -> list[dict[str, Any]]:
    """Return what people said of lines, each with its document and what it made known; in two queries."""
    heads = {
        (head.connection_id, head.kind, head.key, head.supplier_id): head
        for head in DocumentHead.objects.filter(
            connection__in={each.connection_id for each in matches}, key__in={each.key for each in matches}
        )
    }
    known = remembered_by(matches)
    return [
        {
            "match": each,
            "index": each.line,
            "line": (each.words or {}).get("line_number") or str((each.line or 0) + 1),
            "kind": labels.DOCUMENT_KINDS[each.kind][0],
            "head": heads.get((each.connection_id, each.kind, each.key, each.supplier_id)),
            "known": [
                gettext("%(number)s means %(item)s")
                % {"number": known_item.number, "item": known_item.item_number}
                for known_item in known[each.pk]
            ],
        }
        for each in matches
    ]


def _head_or_404(request: HttpRequest, head_id: int) -> DocumentHead:
    return get_object_or_404(
        DocumentHead.objects.select_related("document", "supplier", "company", "connection"),
        pk=head_id,
        company__in=companies_open(person_of(request), "view_documents"),
    )


def waiting_documents(case: Case) -> list[DocumentHead]:
    """Return the documents of which a line waits for a match, where that would put the case right."""
    if case.type_code not in WAITING_FOR_A_MATCH:
        return []
    about = Q(pk=case.document_id)
    if case.order is not None:
        about |= Q(connection=case.order.connection_id, loose__has_key=case.order.number)
    return list(DocumentHead.objects.filter(about).exclude(loose={}).order_by("pk")[:MOST_DOCUMENTS])


def _page(
    request: HttpRequest,
    head: DocumentHead,
    *,
    problem: str = "",
    wrong: str = "",
    undone: int | None = None,
    status: int = 200,
) -> HttpResponse:
    said = said_of(head).exclude(line=None).select_related("connection", "supplier").order_by("line")
    loose = [entry for some in head.loose.values() for entry in some if entry["line"] is not None]
    context = {
        "head": head,
        "kind": labels.DOCUMENT_KINDS[head.kind][0],
        "problem": problem,
        "may_match": may_in_company(person_of(request), "match_documents", head.company),
        "lines": [_line(head, entry, wrong) for entry in loose[:MOST_LINES]],
        "choices": choices(list(said)),
        "undone": undone,
        "now": now_of(request),
        "is_whole": any(entry["line"] is None for some in head.loose.values() for entry in some),
        "cases": Case.objects.filter(document=head).order_by("-pk")[:MOST_DOCUMENTS],
    }
    return show(request, "documents/loose.html", context, current="cases", status=status)


def _line(head: DocumentHead, entry: dict[str, Any], wrong: str) -> dict[str, Any]:
    index = int(entry["line"])
    said = said_by(head, index)
    names = {
        gettext("Our item"): said.ids.buyer,
        gettext("Supplier's item"): said.ids.supplier,
        gettext("GTIN"): said.ids.gtin,
    }
    return {
        "index": index,
        "number": said.line_number or str(index + 1),
        "order": said.order_number or "",
        "names": [(label, value) for label, value in names.items() if value],
        "quantity": formats.quantity(said.quantity.value, said.quantity.unit) if said.quantity else "",
        "price": formats.number(said.price) if said.price is not None else "",
        "why": REASONS.get(entry["reason"], entry["reason"]),
        "is_wrong": wrong == str(index),
        "may_remember": bool(head.supplier_id and any(names.values())),
        "candidates": [_candidate(each) for each in candidates(head, index)],
    }


def _candidate(each: Candidate) -> dict[str, Any]:
    line = each.line
    return {
        "value": f"{line.order.number}|{line.number}",
        "order": line.order.number,
        "line": line.number,
        "item": line.item_number,
        "description": line.description,
        "quantity": formats.quantity(line.quantity, line.unit),
        "reasons": formats.listed([gettext(reason) for reason in each.reasons]),
    }
