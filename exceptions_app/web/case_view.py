"""What the page of a case shows, put together from its parts."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from exceptions_app import kept_apart
from exceptions_app.cases import actions
from exceptions_app.cases.actions import AllowedAction
from exceptions_app.cases.case_page import CasePage, case_page
from exceptions_app.cases.models import Case, Task, TaskState
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.incidents.models import Incident
from exceptions_app.incidents.queries import suitable_for
from exceptions_app.people.models import User
from exceptions_app.people.permissions import may_in_company, works_in
from exceptions_app.proposals.queries import UNDER_WAY
from exceptions_app.spoken.reading import in_words
from exceptions_app.web import formats, labels
from exceptions_app.web.access import person_of
from exceptions_app.web.ask_view import AskForm, inquiry_choices
from exceptions_app.web.bundle_view import deciding_together
from exceptions_app.web.buttons import buttons_of
from exceptions_app.web.clock_view import clock_words, is_worth_showing
from exceptions_app.web.conflict_view import Conflict
from exceptions_app.web.document_view import document_view
from exceptions_app.web.event_view import event_view
from exceptions_app.web.impact_view import impact_words, orders_at_risk
from exceptions_app.web.labels import Chip
from exceptions_app.web.line_view import line_words
from exceptions_app.web.matching import waiting_documents
from exceptions_app.web.message_view import message_view
from exceptions_app.web.pages import now_of, queue_url
from exceptions_app.web.presence import look
from exceptions_app.web.proposal_view import Refusal, proposal_cards
from exceptions_app.web.resolution_view import Entered, resolution_cards
from exceptions_app.web.types import type_label
from exceptions_app.web.unsent_view import OpenForm, undecided, unsent
from suppliers.messaging.outbox import messages_about

MESSAGES_SHOWN = 50
INCIDENTS_SHOWN = 5


def case_context(
    request: HttpRequest,
    case: Case,
    *,
    form: OpenForm | None = None,
    entered: Entered | None = None,
    asking: AskForm | None = None,
    refusals: Mapping[Any, Refusal] | None = None,
    conflict: Conflict | None = None,
    problems: Sequence[str] = (),
) -> dict[str, Any]:
    """Return everything the templates of a case need.

    `form`, `entered`, `asking` and `refusals` are a verb, a resolution, a message and decisions that were
    sent and could not be used: they are shown again with what was typed.
    """
    person, now = person_of(request), now_of(request)
    page = case_page(case, now=now)
    verbs = actions.allowed(case, person)
    may_ask = any(verb.code == "ask" for verb in verbs)
    messages = [message_view(each, may_ask=may_ask) for each in messages_about(case.number)[:MESSAGES_SHOWN]]
    to_decide = _what_to_decide(page, person, now, entered, refusals)
    return {
        **_head(page, person, now),
        **_what_one_may_do(case, verbs, form),
        "conflict": conflict,
        "unsent": unsent(form, verbs) or undecided(entered, to_decide["resolutions"]),
        "problems": problems,
        **_what_changed(page, now),
        **_what_it_costs(page, person, now),
        **to_decide,
        "inquiries": inquiry_choices(case) if may_ask else [],
        "asking": asking,
        "messages_sent": messages,
        "events": [event_view(event, messages) for event in reversed(page.events)],
        **_what_is_around(page),
        "set_by_hand": list(case.overrides.order_by("-made_at", "-pk")),
    }


def _head(page: CasePage, person: User, now: datetime) -> dict[str, Any]:
    """Return what the case is, how it stands, and who else looks at it."""
    case = page.case
    others = look(case, person, now=now)
    return {
        "case": case,
        "now": now,
        "seen": case.version,
        "type_label": type_label(case.type_code),
        "queue_url": queue_url(case.team),
        "document_label": labels.DOCUMENT_KINDS[case.document.kind][0] if case.document else "",
        "may_see_interchange": bool(
            case.interchange and may_in_company(person, "view_exchange", case.company)
        ),
        "state_chip": _state_chip(page),
        "severity_chip": labels.SEVERITIES[case.severity],
        "clocks": [clock_words(clock, now=now) for clock in page.clocks if is_worth_showing(clock)],
        "incidents": _suitable_incidents(case, person),
        "others": others,
        "others_text": formats.listed(others),
    }


def _suitable_incidents(case: Case, person: User) -> list[Incident]:
    """Return the incidents the person may add the case to; none where it is in one."""
    if not may_in_company(person, "manage_incidents", case.company):
        return []
    return list(suitable_for(case)[:INCIDENTS_SHOWN])


def _what_one_may_do(case: Case, verbs: Sequence[AllowedAction], form: OpenForm | None) -> dict[str, Any]:
    """Return the verbs as buttons, and the field for comments with what was typed into it."""
    return {
        "actions": buttons_of(case, verbs, form),
        "comment_form": any(verb.code == "comment" for verb in verbs),
        "comment_text": form.entered.get("text", "") if form and form.code == "comment" else "",
    }


def _what_changed(page: CasePage, now: datetime) -> dict[str, Any]:
    """Return the lines that deviate, those without an answer apart, and documents to match with them."""
    lines = [line_words(view, page.case, _today(page.case, now)) for view in page.lines]
    return {
        "lines": [line for line in lines if not line.is_unanswered],
        "unanswered": [line for line in lines if line.is_unanswered],
        "waiting_documents": waiting_documents(page.case),
    }


def _what_it_costs(page: CasePage, person: User, now: datetime) -> dict[str, Any]:
    """Return the impact, the customer orders it leaves uncovered, and what other teams have to do."""
    today = _today(page.case, now)
    return {
        "impact": impact_words(page.case, now=now, today=today),
        "orders_at_risk": orders_at_risk(page.case, page.tasks, today=today),
        "tasks": [_task(task, person, now) for task in page.tasks],
    }


def _task(task: Task, person: User, now: datetime) -> dict[str, Any]:
    return {
        "id": task.pk,
        "team": task.team.name,
        "icon": labels.TEAM_ICONS.get(task.team.code, "users"),
        "title": task.title,
        "body": "" if task.facts.get("items") else task.body,
        "is_open": task.state == TaskState.OPEN,
        "is_void": task.state == TaskState.VOID,
        "is_mine": task.state == TaskState.OPEN and works_in(person, task.team),
        "due": formats.since(task.due_at, now) if task.due_at else "",
        "is_late": task.due_at is not None and task.due_at < now and task.state == TaskState.OPEN,
        "done_by": task.done_by,
        "done_at": task.done_at,
        "outcome": task.outcome,
    }


def _what_to_decide(
    page: CasePage,
    person: User,
    now: datetime,
    entered: Entered | None,
    refusals: Mapping[Any, Refusal] | None,
) -> dict[str, Any]:
    """Return what was proposed, and what can be."""
    case = page.case
    return {
        "proposals": proposal_cards(page.proposals, page.commands, person, refusals),
        "decide_target": "#case",
        "here": reverse("web:case", args=[case.number]),
        "resolutions": resolution_cards(case, person, now=now, entered=entered),
        "deciding": _deciding_together(page, person),
        "no_resolution": _why_nothing_to_decide(case),
        "entered_by": _entered_by(case),
    }


def _entered_by(case: Case) -> str:
    """Say of a case about an invoice who entered it, and so does not release it; else nothing."""
    if case.subject_kind != SubjectKind.INVOICE or case.document is None:
        return ""
    found = kept_apart.who_entered(case.document)
    if not found.people and not found.strangers:
        return gettext("Who entered the invoice is not known, so nobody is kept from releasing it for that.")
    nobody_here = gettext("%(user)s of the ERP, who is nobody here")
    who = [*map(str, found.people), *(nobody_here % {"user": each} for each in found.strangers)]
    return gettext("Entered by %(who)s, who does not release it.") % {"who": formats.listed(who)}


def _deciding_together(page: CasePage, person: User) -> dict[str, str] | None:
    """Return the way to one decision over all open cases of the order, where there are others."""
    order_id = page.case.order_id
    if order_id is None or not page.case.is_open or not any(each.is_open for each in page.siblings):
        return None
    return deciding_together(order_id, person)


def _what_is_around(page: CasePage) -> dict[str, Any]:
    """Return the documents of the order, its other cases, and where this one comes from."""
    return {
        "documents": [document_view(document) for document in page.documents],
        "siblings": [
            {"number": each.number, "headline": each.headline, "chip": labels.CASE_STATES[each.state]}
            for each in page.siblings
        ],
        "provenance": _provenance(page.case),
    }


def _today(case: Case, now: datetime) -> date:
    return now.astimezone(ZoneInfo(case.company.time_zone)).date()


def _state_chip(page: CasePage) -> Chip:
    under_way = [proposal for proposal in page.proposals if proposal.state in UNDER_WAY]
    return labels.PROPOSAL_STATES[under_way[0].state] if under_way else labels.CASE_STATES[page.case.state]


def _why_nothing_to_decide(case: Case) -> str:
    if not case.is_open:
        return gettext("The case has ended; there is nothing to decide.")
    return gettext("The team that owns the case decides. You see here what it proposes and who agreed.")


def _provenance(case: Case) -> str:
    parts = [
        gettext("Opened %(moment)s") % {"moment": formats.moment(case.opened_at)},
        case.routed_by and gettext("routing: %(rule)s") % {"rule": in_words(case.routed_by).rstrip(".")},
        gettext("under policy release %(number)s") % {"number": case.release.number},
        case.reopened_count
        and ngettext("reopened once", "reopened %(n)s times", case.reopened_count)
        % {"n": case.reopened_count},
        case.severity_override_reason
        and gettext("severity set by hand: %(reason)s") % {"reason": case.severity_override_reason},
        case.close_reason and gettext("ended: %(reason)s") % {"reason": case.close_reason},
    ]
    return " · ".join(part for part in parts if part)
