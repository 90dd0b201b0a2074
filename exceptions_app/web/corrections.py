"""What a person does with an interchange that was refused: read it again, or correct a copy of it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from erp_connectors.errors import RightlineError
from erp_connectors.exchange import corrections
from erp_connectors.exchange.corrections import TriedOut
from erp_connectors.exchange.editing import NotEditable
from erp_connectors.exchange.models import Interchange
from exceptions_app import exchange
from exceptions_app.people.permissions import may_in_company
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.document_view import verdict_chip
from exceptions_app.web.interchanges import STATUSES, TRANSACTION_STATUSES, diff_lines, visible_interchanges
from exceptions_app.web.pages import UNPROCESSABLE, show, tell, warn

LONGEST_REASON = 500


@permitted(Permission.EXCHANGE)
@require_POST
def read_again(request: HttpRequest, interchange_id: UUID) -> HttpResponse:
    """Have an interchange read again from its kept bytes, with the profiles and tables of today."""
    found = get_object_or_404(visible_interchanges(request), pk=interchange_id)
    try:
        exchange.read_again(found, by=actor_of(request))
    except RightlineError as refused:
        warn(request, str(refused))
    else:
        tell(request, gettext("It is read again; what was applied stays as it is."))
    return HttpResponseRedirect(reverse("web:interchange", args=[found.pk]))


@permitted(Permission.EXCHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, interchange_id: UUID) -> HttpResponse:
    """Edit a copy, look at what would come of it, and have it read in place of the original."""
    found = get_object_or_404(visible_interchanges(request), pk=interchange_id)
    if request.method != "POST":
        return _page(request, found)
    text, reason = request.POST.get("text", ""), request.POST.get("reason", "").strip()
    try:
        if "try" in request.POST:
            tried = exchange.try_out(found, text=text, person=person_of(request))
            return _page(request, found, text=text, tried=tried)
        correction = exchange.correct(found, text=text, reason=reason, by=actor_of(request))
    except RightlineError as refused:
        return _page(request, found, text=text, problem=str(refused), status=UNPROCESSABLE)
    tell(request, gettext("The corrected copy is read; what came stays as it is."))
    return HttpResponseRedirect(reverse("web:interchange", args=[correction.corrected_id]))


def _page(
    request: HttpRequest,
    found: Interchange,
    *,
    text: str | None = None,
    tried: TriedOut | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    is_possible = corrections.is_correctable(found) and may_in_company(
        person_of(request), exchange.CORRECT, found.connection.company
    )
    if is_possible and text is None:
        try:
            text = corrections.text_of(found)
        except NotEditable as unreadable:
            is_possible, problem = False, str(unreadable)
    elif not is_possible and not problem:
        problem = gettext("Nothing of it waits for a correction, or correcting is not for your role.")
    context = {
        "interchange": found,
        "name": found.file_name or str(found.pk)[:13],
        "is_possible": is_possible,
        "text": text or "",
        "reason": request.POST.get("reason", ""),
        "longest_reason": LONGEST_REASON,
        "problem": problem,
        "findings": _findings(found),
        "tried": _tried(tried) if tried else None,
    }
    return show(request, "interchanges/correct.html", context, current="interchanges", status=status)


def _findings(found: Interchange) -> list[dict[str, Any]]:
    """Return what was wrong with what came: of the whole, then of each transaction."""
    of_transactions = found.transactions.values_list("findings", flat=True)
    return [*found.findings, *(finding for some in of_transactions for finding in some)]


def _tried(tried: TriedOut) -> dict[str, Any]:
    return {
        "status": STATUSES[tried.interchange.status],
        "findings": tried.interchange.findings,
        "waits": tried.interchange.last_error,
        "transactions": [
            {
                "row": each,
                "verdict": verdict_chip(each.verdict),
                "status": TRANSACTION_STATUSES[each.status],
            }
            for each in tried.transactions
        ],
        "diff": diff_lines(tried.diff),
    }
