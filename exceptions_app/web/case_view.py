"""What a case page shows, in the reader's words: from rows to lines, clocks, events and buttons."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.forms import BoundField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from erp_connectors.documents.models import Document
from erp_connectors.edi.envelope import Verdict
from exceptions_app import kept_apart
from exceptions_app.audit.models import Event
from exceptions_app.cases import actions
from exceptions_app.cases.actions import AllowedAction, StaleVersion
from exceptions_app.cases.case_page import CasePage, LineView, case_page
from exceptions_app.cases.clock_views import ClockView
from exceptions_app.cases.models import AgreementRow, Case, CaseLine, Task, TaskState
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.incidents.models import Incident
from exceptions_app.incidents.queries import suitable_for
from exceptions_app.people.models import User
from exceptions_app.people.permissions import may_in_company, works_in
from exceptions_app.playbook.registry import RESOLUTIONS
from exceptions_app.policies.models import ToleranceRow
from exceptions_app.policies.values import LimitState
from exceptions_app.proposals.queries import UNDER_WAY
from exceptions_app.spoken.reading import event_in_words, in_words
from exceptions_app.web import formats, labels
from exceptions_app.web.access import person_of
from exceptions_app.web.ask_view import AskForm, MessageView, inquiry_choices, message_view
from exceptions_app.web.bundle_view import deciding_together
from exceptions_app.web.comparison import Comparison, compare
from exceptions_app.web.forms import TEXTS, VerbForm
from exceptions_app.web.impact_view import impact_words, orders_at_risk
from exceptions_app.web.labels import Chip
from exceptions_app.web.matching import waiting_documents
from exceptions_app.web.pages import now_of, queue_url
from exceptions_app.web.presence import look
from exceptions_app.web.proposal_view import (
    Entered,
    Refusal,
    ResolutionCard,
    proposal_cards,
    resolution_cards,
)
from exceptions_app.web.types import type_label
from suppliers.messaging.outbox import messages_about

Text = str | Promise

#: What the button of a verb looks like.
ICONS = {
    "take": "user-check",
    "start": "play",
    "assign": "users",
    "wait_for_supplier": "hourglass",
    "note_answer": "message-square",
    "resume": "redo-2",
    "escalate": "arrow-up-right",
    "override_severity": "flag",
    "override_state": "pen-line",
    "override_owner": "pen-line",
    "override_clock": "pen-line",
    "override_position": "pen-line",
    "settle_command": "pen-line",
    "end_override": "undo-2",
    "hand_over": "arrow-left-right",
    "dismiss": "circle-slash",
    "reopen": "rotate-ccw",
}
#: Verbs that stand as buttons; the others are behind "more". The first of PRIMARY is the accented one.
VISIBLE = ("take", "start", "note_answer", "resume", "reopen", "wait_for_supplier", "escalate")
PRIMARY = ("take", "start", "resume", "reopen")
#: Events that show red.
CRITICAL = (
    "clock.breached",
    "clock.escalated",
    "case.escalated",
    "case.not_asked",
    "command.refused",
    "message.failed",
)
MESSAGES_SHOWN = 50
INCIDENTS_SHOWN = 5
#: Verbs with a form of their own elsewhere on the page.
OWN_PLACE = ("comment", "ask")

CHANNELS: dict[str, Text] = {
    "api": _("by API"),
    "folder": _("by folder"),
    "command": _("by command"),
    "person": _("entered by a person"),
    "poll": _("read from the ERP"),
}
FIELDS: dict[str, Text] = {
    "state": _("Status"),
    "severity": _("Severity"),
    "amount": _("Value"),
    "expected_loss": _("Expected loss"),
    "escalation_level": _("Escalation"),
    "headline": _("Headline"),
    "close_reason": _("Closing reason"),
    "team": _("Team"),
    "owner": _("Owner"),
}


def case_context(
    request: HttpRequest,
    case: Case,
    *,
    form: "OpenForm | None" = None,
    entered: Entered | None = None,
    asking: AskForm | None = None,
    refusals: Mapping[Any, Refusal] | None = None,
    conflict: "Conflict | None" = None,
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
        "unsent": _unsent(form, verbs) or _undecided(entered, to_decide["resolutions"]),
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
        "clocks": [clock_words(clock, now=now) for clock in page.clocks if _is_worth_showing(clock)],
        "incidents": _suitable_incidents(case, person),
        "others": others,
        "others_text": formats.listed(others),
    }


def _suitable_incidents(case: Case, person: User) -> list[Incident]:
    """Return the incidents the person may add the case to; none where it is in one."""
    if not may_in_company(person, "manage_incidents", case.company):
        return []
    return list(suitable_for(case)[:INCIDENTS_SHOWN])


def _what_one_may_do(case: Case, verbs: Sequence[AllowedAction], form: "OpenForm | None") -> dict[str, Any]:
    """Return the verbs as buttons, and the field for comments with what was typed into it."""
    return {
        "actions": _buttons(case, verbs, form),
        "comment_form": any(verb.code == "comment" for verb in verbs),
        "comment_text": form.entered.get("text", "") if form and form.code == "comment" else "",
    }


def _what_changed(page: CasePage, now: datetime) -> dict[str, Any]:
    """Return the lines that deviate, those without an answer apart, and documents to match with them."""
    lines = [_line(view, page.case, _today(page.case, now)) for view in page.lines]
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


# --- clocks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClockWords:
    """A clock as one reads it."""

    text: str
    tone: str
    icon: str
    title: str


CLOCK_NAMES: dict[str, Text] = {
    "respond": _("First response"),
    "resolve": _("Resolution"),
    "supplier": _("The supplier's answer"),
}


def _is_worth_showing(clock: ClockView) -> bool:
    """Say whether a clock tells anything: one that ended in time, or that nobody needs now, does not."""
    if clock.state == "stopped":
        return clock.is_breached
    return clock.is_ours or clock.state != "paused"


def clock_words(clock: ClockView, *, now: datetime) -> ClockWords:
    """Return what a clock says: time left, overdue, paused, or that its promise was broken."""
    if not clock.is_ours and clock.running_since is not None:
        return _supplier_words(clock, clock.running_since, now=now)
    name = CLOCK_NAMES[clock.kind]
    left = formats.duration(abs(clock.left))
    if clock.state == "stopped":
        return ClockWords(gettext("%(name)s was late") % {"name": name}, "paused", "timer-off", "")
    title = (
        gettext("Due %(moment)s, counted in working time") % {"moment": formats.moment(clock.due_at)}
        if clock.due_at
        else gettext("Paused while we wait for the supplier")
    )
    if clock.state == "paused":
        return ClockWords(
            gettext("%(name)s paused, %(left)s left") % {"name": name, "left": left}, "paused", "pause", title
        )
    if clock.state == "breached":
        return ClockWords(
            gettext("%(name)s overdue by %(left)s") % {"name": name, "left": left},
            "breached",
            "timer-off",
            title,
        )
    tone = labels.clock_tone(clock)
    return ClockWords(gettext("%(name)s in %(left)s") % {"name": name, "left": left}, tone, "timer", title)


def _supplier_words(clock: ClockView, since: datetime, *, now: datetime) -> ClockWords:
    """Return since when the supplier has the case, and what is left of its time or by how much it is late."""
    words = {"since": formats.since(since, now), "left": formats.duration(abs(clock.left))}
    text = (
        gettext("With the supplier since %(since)s, answer overdue by %(left)s")
        if clock.state == "breached"
        else gettext("With the supplier since %(since)s, %(left)s left to answer")
    )
    title = gettext("Due %(moment)s, in the supplier's working time") % {
        "moment": formats.moment(clock.due_at)
    }
    return ClockWords(text % words, labels.supplier_tone(clock), "hourglass", title)


# --- lines --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing of a line that is about no order: what was expected, and what is."""

    label: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWords:
    """One deviating line as one reads it."""

    number: str
    description: str
    item: str
    warehouse: str
    comparison: Comparison | None
    sayings: list[Saying]
    agreements: list[dict[str, str]]
    decided_by: str
    is_settled: bool
    is_cleared: bool
    cleared_reason: str

    @property
    def is_unanswered(self) -> bool:
        """True while there is nothing to set beside the order, and nothing was agreed."""
        return self.comparison is not None and self.comparison.is_only_ordered and not self.agreements


def _line(view: LineView, case: Case, today: date) -> LineWords:
    line, order_line = view.line, view.line.order_line
    comparison = (
        compare(view.position, factors=view.factors, type_code=case.type_code, today=today)
        if view.position
        else None
    )
    return LineWords(
        number=line.line_number or "–",
        description=order_line.description if order_line else "",
        item=order_line.item_number if order_line else "",
        warehouse=order_line.warehouse.name if order_line and order_line.warehouse else "",
        comparison=comparison,
        sayings=[] if comparison else _sayings(line),
        agreements=[{"text": agreement_words(agreement, line.unit)} for agreement in view.agreements],
        decided_by=decided_by(view),
        is_settled=line.settled_at is not None,
        is_cleared=line.cleared_at is not None,
        cleared_reason=line.cleared_reason,
    )


def _sayings(line: CaseLine) -> list[Saying]:
    """Return what a line says in its own words, each thing once."""
    names = dict.fromkeys([*line.actual, *line.expected])
    found = [
        Saying(name.replace("_", " ").capitalize(), _said(line.expected, name), _said(line.actual, name))
        for name in names
    ]
    return [saying for saying in found if saying.expected or saying.actual]


def _said(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None or isinstance(value, bool | dict) else str(value)


AGREEMENT_KINDS: dict[str, Text] = {
    "accepted": _("Accepted"),
    "waived": _("Waived"),
    "wait_until": _("We wait"),
    "credit": _("Credit expected"),
}
AGREEMENT_STATES: dict[str, Text] = {
    "pending": _("not in force until it is carried out"),
    "active": _("in force"),
    "void": _("void"),
}


def agreement_words(agreement: AgreementRow, unit: str) -> str:
    """Return what was agreed, in one line."""
    parts = [str(AGREEMENT_KINDS.get(agreement.kind, agreement.kind))]
    if agreement.quantity is not None:
        parts.append(formats.quantity(agreement.quantity, unit))
    if agreement.agreed_on:
        parts.append(gettext("on %(day)s") % {"day": formats.day(agreement.agreed_on)})
    if agreement.until:
        parts.append(gettext("until %(day)s") % {"day": formats.day(agreement.until)})
    state = agreement.void_reason or str(AGREEMENT_STATES.get(agreement.state, agreement.state))
    return f"{' '.join(parts)} · {state}"


def decided_by(view: LineView) -> str:
    """Return which tolerance, of which release, let the case open."""
    if view.tolerance is None:
        return gettext("By the standard tolerance of this type, under policy release %(number)s") % {
            "number": view.line.release.number
        }
    return gettext("Tolerance %(limits)s (%(scope)s), policy release %(number)s") % {
        "limits": _limits(view.tolerance),
        "scope": _scope(view.tolerance),
        "number": view.tolerance.release.number,
    }


def _limits(row: ToleranceRow) -> str:
    limits = []
    for state, value, suffix in (
        (row.percent_state, row.percent, " %"),
        (row.amount_state, row.amount, ""),
        (row.cap_state, row.cap, gettext(" at most")),
    ):
        if state == LimitState.ZERO:
            limits.append(f"0{suffix}")
        elif state == LimitState.VALUE:
            limits.append(f"{formats.number(value)}{suffix}")
    return ", ".join(limits) or gettext("not checked")


def _scope(row: ToleranceRow) -> str:
    named = [row.supplier and row.supplier.name, row.item_number, row.category]
    return ", ".join(name for name in named if name) or gettext("all lines")


# --- tasks --------------------------------------------------------------------------------------------------


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


# --- history ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Move:
    """One value an event changed."""

    label: Text
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class EventView:
    """One event of the timeline."""

    at: datetime
    who: str
    summary: str
    reason: str
    tone: str
    moves: list[Move]
    message: MessageView | None = None


def event_view(event: Event, messages: Sequence[MessageView] = ()) -> EventView:
    """Return an event with what it moved, and its message; what the summary says already is left out."""
    moves = moves_of(event.before, event.after) if event.kind.startswith("case.") else []
    return EventView(
        at=event.at,
        who="" if event.actor_name and event.actor_name in event.summary else event.actor_name,
        summary=event_in_words(event.kind, event.summary),
        reason=event.reason if event.actor_id else in_words(event.reason),
        tone=_event_tone(event),
        moves=[move for move in moves if move.label not in (FIELDS["state"], FIELDS["headline"])],
        message=_message_of(event, messages),
    )


def _message_of(event: Event, messages: Sequence[MessageView]) -> MessageView | None:
    """Return the message an event is the beginning of; what became of it, its chip tells there."""
    if event.kind not in ("case.asked", "message.reminded"):
        return None
    return next((each for each in messages if each.id == event.after.get("message")), None)


def _event_tone(event: Event) -> str:
    if event.kind in CRITICAL:
        return "crit"
    if event.kind.startswith("proposal."):
        return "accent"
    if event.kind in ("case.closed", "case.resolved"):
        return "good"
    return "person" if event.actor_id else ""


def moves_of(before: dict[str, Any], after: dict[str, Any]) -> list[Move]:
    """Return the fields of a case that differ, in words."""
    return [
        Move(label, _value(name, before[name]), _value(name, after.get(name)))
        for name, label in FIELDS.items()
        if name in before and before[name] != after.get(name)
    ]


def _value(name: str, value: Any) -> str:
    if value in (None, ""):
        return formats.NOTHING
    if name == "state":
        return str(labels.CASE_STATES[value].label) if value in labels.CASE_STATES else str(value)
    if name == "severity":
        return str(labels.SEVERITIES[value].label) if value in labels.SEVERITIES else str(value)
    if name in ("amount", "expected_loss"):
        return formats.number(Decimal(str(value)), places=2)
    return str(value)


# --- documents ----------------------------------------------------------------------------------------------

VERDICTS: dict[str, Chip] = {
    Verdict.ACCEPT: Chip(_("Accepted"), "good"),
    Verdict.ACCEPT_WARN: Chip(_("Accepted, with findings"), "good"),
    Verdict.REJECT: Chip(_("Rejected"), "crit"),
    Verdict.DUPLICATE: Chip(_("Duplicate")),
    Verdict.QUARANTINE: Chip(_("Quarantined"), "warn"),
}


def verdict_chip(verdict: str) -> Chip:
    """Return the chip of a verdict; one nobody named is shown as it is."""
    return VERDICTS.get(verdict, Chip(verdict.replace("_", " ").capitalize()))


def document_view(document: Document) -> dict[str, Any]:
    """Return a document as the list names it."""
    label, icon = labels.DOCUMENT_KINDS.get(document.kind, (document.kind, "file-text"))
    transaction = document.transaction
    source = document.connection.name if transaction is None else ""
    if transaction is not None:
        interchange = transaction.interchange
        channel = CHANNELS.get(interchange.channel, interchange.channel)
        control = f" {transaction.control_number}" if transaction.control_number else ""
        source = f"{transaction.kind}{control} · {interchange.connection.name}, {channel}"
    return {
        "id": document.pk,
        "label": label,
        "icon": icon,
        "key": document.key,
        "said_at": document.said_at,
        "source": source,
        "verdict": verdict_chip(transaction.verdict) if transaction and transaction.verdict else None,
    }


# --- buttons ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenForm:
    """A form that was sent and could not be used: shown again, open, with what was typed."""

    code: str
    entered: dict[str, Any]
    form: VerbForm | None


def typed_words(entered: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what somebody wrote into a form in their own words, with the labels."""
    labels_of = {name: gettext(label) for name, (label, _hint) in TEXTS.items()}
    labels_of["outcome"] = gettext("What came of it")
    labels_of |= {"subject": gettext("Subject"), "body": gettext("Text")}
    return [(label, entered[name]) for name, label in labels_of.items() if entered.get(name)]


def _unsent(form: "OpenForm | None", verbs: Iterable[AllowedAction]) -> list[tuple[str, str]]:
    """Return what was typed for a verb that cannot be used any more: there is no form to show it in."""
    if form is None or any(verb.code == form.code for verb in verbs):
        return []
    return typed_words(form.entered)


def _undecided(entered: Entered | None, shown: Iterable[ResolutionCard]) -> list[tuple[str, str]]:
    """Return what was typed for a resolution that cannot be proposed any more: another was faster."""
    if entered is None or any(card.code == entered.code for card in shown):
        return []
    about = (gettext(RESOLUTIONS[entered.code].label), ", ".join(entered.inputs))
    return [each for each in (about, *typed_words(entered.values)) if each[1]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One verb as a button, with the fields it needs."""

    code: str
    label: str
    url: str
    icon: str
    fields: list[BoundField]
    is_primary: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Buttons:
    """The verbs in view, and those behind "more"."""

    visible: list[Button]
    more: list[Button]

    @property
    def more_open(self) -> bool:
        """True when a form behind "more" was sent and has to be seen."""
        return any(button.is_open for button in self.more)


def _buttons(case: Case, verbs: Iterable[AllowedAction], sent: OpenForm | None) -> Buttons:
    shown = [verb for verb in verbs if verb.code not in OWN_PLACE]
    codes = [verb.code for verb in shown]
    primary = next((code for code in PRIMARY if code in codes), "")
    buttons = [_button(case, verb, primary, sent) for verb in shown]
    return Buttons(
        visible=[button for button in buttons if button.code in VISIBLE],
        more=[button for button in buttons if button.code not in VISIBLE],
    )


def _button(case: Case, verb: AllowedAction, primary: str, sent: OpenForm | None) -> Button:
    is_sent = sent is not None and sent.code == verb.code
    form = VerbForm(case=case, needs=verb.needs, takes=verb.takes, auto_id=f"{verb.code}-%s")
    if is_sent and sent is not None and sent.form is not None:
        form = sent.form
    return Button(
        code=verb.code,
        label=gettext(verb.label),
        url=reverse("web:verb", args=[case.number, verb.code]),
        icon=ICONS.get(verb.code, "circle-dot"),
        fields=list(form),
        is_primary=verb.code == primary,
        is_open=is_sent,
    )


# --- two people at once -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conflict:
    """What moved between drawing a form and sending it."""

    rows: list[Move]
    events: list[Event]


def conflict_of(error: StaleVersion) -> Conflict:
    """Return both versions side by side, from the events between them."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for event in error.changes:
        for name, value in event.before.items():
            before.setdefault(name, value)
            after[name] = event.after.get(name)
    return Conflict(rows=moves_of(before, after), events=error.changes)
