"""Asking suppliers about many selected cases: one message to each supplier, looked at before it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from erp_connectors.errors import RightlineError
from exceptions_app.asking.ask import ask_about
from exceptions_app.asking.draft import draft, inquiries_for
from exceptions_app.audit.requests import CHANGES_NOTHING, leaves_no_event
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.people.models import Team, User
from exceptions_app.web.access import Permission, actor_of, permitted, person_of, team_or_404
from exceptions_app.web.ask import typed_in, written_in
from exceptions_app.web.ask_view import AddressChoice, Typed, address_choices, words_from
from exceptions_app.web.bulk import ask_to_select, selected
from exceptions_app.web.message_view import inquiry_label
from exceptions_app.web.pages import (
    UNPROCESSABLE,
    back,
    changed,
    now_of,
    queue_url,
    show,
    tell,
    wants_fragment,
)
from exceptions_app.web.sent import number_in
from suppliers.messaging.addresses import UnusableMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The message to one supplier about some of the selected cases; its fields end in `suffix`."""

    suffix: str
    supplier: str
    cases: Sequence[Case]
    inquiries: Sequence[tuple[str, str]]
    inquiry: str
    language: str
    addresses: Sequence[AddressChoice]
    own_address: str
    copies_to_self: bool
    subject: str
    body: str
    words_from: str
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A selected case that is asked about in no message, and why."""

    case: Case
    words: str


@leaves_no_event(CHANGES_NOTHING)
@permitted(Permission.QUEUE)
@require_POST
def letters(request: HttpRequest, company: str, code: str) -> HttpResponse:
    """Show the message to each supplier of the selected cases; nothing is sent yet."""
    team = team_or_404(request, company, code)
    cases = selected(request)
    if not cases:
        return ask_to_select(request, team)
    by_supplier, left_out = _sorted_out(cases, person_of(request))
    written = [_letter(request, theirs) for theirs in by_supplier.values()]
    return _dialog(request, team, written, left_out)


@permitted(Permission.QUEUE)
@require_POST
def send(request: HttpRequest, company: str, code: str) -> HttpResponse:
    """Send one message to each supplier, each for itself; what cannot be sent is shown again as typed."""
    team = team_or_404(request, company, code)
    cases = selected(request)
    if not cases:
        return ask_to_select(request, team)
    by_supplier, left_out = _sorted_out(cases, person_of(request))
    refused = []
    for theirs in by_supplier.values():
        problems = _send(request, theirs)
        if problems:
            refused.append(_letter(request, theirs, typed_in(request, problems, _suffix(theirs))))
    sent = len(by_supplier) - len(refused)
    said = ngettext("%(n)s message is sent.", "%(n)s messages are sent.", sent) % {"n": sent}
    if not refused and not left_out and not wants_fragment(request):
        tell(request, said)
        return back(request, queue_url(team))
    status = UNPROCESSABLE if refused else 200
    response = _dialog(request, team, refused, left_out, report=said if sent else "", status=status)
    if sent:
        changed(response)
    return response


def _send(request: HttpRequest, cases: Sequence[Case]) -> dict[str, str]:
    """Send the message to one supplier; return what cannot be used of it, by field."""
    versions = {case.number: number_in(request.POST.get(f"version-{case.number}", "")) for case in cases}
    try:
        ask_about(
            cases,
            by=actor_of(request),
            versions={number: seen for number, seen in versions.items() if seen is not None},
            **written_in(request, _suffix(cases)),
        )
    except UnusableMessage as unusable:
        return {unusable.field: str(unusable)}
    except RightlineError as refused:
        return {"": str(refused)}
    return {}


def _sorted_out(cases: Sequence[Case], person: User) -> tuple[dict[int, list[Case]], list[LeftOut]]:
    """Return the cases one can ask about, by supplier, and those one cannot."""
    by_supplier: dict[int, list[Case]] = {}
    left_out = []
    for case in cases:
        if case.supplier_id is None:
            left_out.append(LeftOut(case, gettext("has no supplier")))
        elif "ask" not in {each.code for each in actions.allowed(case, person)}:
            left_out.append(LeftOut(case, gettext("not possible in its state or with your role")))
        else:
            by_supplier.setdefault(case.supplier_id, []).append(case)
    return by_supplier, left_out


def _suffix(cases: Sequence[Case]) -> str:
    return f"-{cases[0].supplier_id}"


def _letter(request: HttpRequest, cases: Sequence[Case], typed: Typed | None = None) -> Letter:
    person, suffix = person_of(request), _suffix(cases)
    offered = inquiries_for(cases)
    chosen = request.POST.get(f"inquiry{suffix}", "")
    written = draft(
        cases, person=person, at=now_of(request), inquiry=Inquiry(chosen) if chosen in offered else None
    )
    return Letter(
        suffix=suffix,
        supplier=written.supplier.name,
        cases=cases,
        inquiries=[(inquiry.value, inquiry_label(inquiry)) for inquiry in offered],
        inquiry=written.inquiry,
        language=written.language,
        addresses=address_choices(written, typed),
        own_address=person.email,
        copies_to_self=bool(typed and typed.copies_to_self),
        subject=typed.subject if typed else written.subject,
        body=typed.body if typed else written.body,
        words_from=words_from(written),
        problems=typed.problems if typed else {},
    )


def _dialog(
    request: HttpRequest,
    team: Team,
    written: Sequence[Letter],
    left_out: Sequence[LeftOut],
    *,
    report: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "team": team,
        "letters": written,
        "left_out": left_out,
        "report": report,
        "next": request.POST.get("next", ""),
        "back": queue_url(team),
        "title": ngettext("Ask %(n)s supplier", "Ask %(n)s suppliers", len(written)) % {"n": len(written)},
        "can_send": any(letter.addresses for letter in written),
    }
    return show(
        request, "queues/ask.html", context, current="queue", team=team, fragment="dialog", status=status
    )
