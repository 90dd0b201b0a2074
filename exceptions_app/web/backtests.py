"""What a draft would have changed on history, and what it would decide otherwise now: asked for and shown."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from erp_connectors.companies import Company
from erp_connectors.documents.models import Supplier
from exceptions_app.backtest import job, queries
from exceptions_app.backtest.approving import NEEDS_EFFECTS, NeedsEffect
from exceptions_app.backtest.compare import EFFECTS, Effect
from exceptions_app.backtest.models import Backtest, BacktestCase, BacktestStatus
from exceptions_app.backtest.queries import Figure, found_in
from exceptions_app.backtest.words import REASONS
from exceptions_app.people.permissions import companies_open
from exceptions_app.policies import drafts, shadows
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.policies.shadow_models import DraftFinding, DraftShadow
from exceptions_app.web import formats, labels
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.addresses import address, page_urls, without_empty
from exceptions_app.web.exports import as_file
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.labels import Chip, Text
from exceptions_app.web.pages import now_of, show, tell, warn
from exceptions_app.web.tables import Value
from exceptions_app.web.types import type_label, type_labels

STATUSES: dict[str, Chip] = {
    BacktestStatus.WAITING: Chip(_("Waiting")),
    BacktestStatus.RUNNING: Chip(_("Running"), "info"),
    BacktestStatus.DONE: Chip(_("Done"), "good"),
    BacktestStatus.FAILED: Chip(_("Failed"), "crit"),
    BacktestStatus.STOPPED: Chip(_("Stopped")),
}
FINDINGS: dict[str, Text] = {
    "opens": _("Would open"),
    "not_opened": _("Would not open"),
    "decided": _("Another severity or team"),
}
GROUPS: dict[str, Text] = {"type": _("Type"), "supplier": _("Supplier"), "team": _("Team")}
USUAL_DAYS = 90
SHOWN = 5
MOST_ROWS = 10_000
#: So many proposals are listed, the dearest first; the command and the API tell all of them.
MOST_PROPOSALS = 100


# --- on the page of a draft ---------------------------------------------------------------------------------


def of_draft(request: HttpRequest, draft: PolicyDraft) -> dict[str, Any]:
    """Return what the page of a draft shows of its backtests and its shadow."""
    today = timezone.localdate(now_of(request))
    shadow = DraftShadow.objects.filter(draft=draft, ended_at=None).first()
    return {
        "backtests": [
            {"backtest": each, "chip": STATUSES[each.status]} for each in draft.backtests.all()[:SHOWN]
        ],
        "backtest_since": today - timedelta(days=USUAL_DAYS),
        "backtest_until": today,
        "may_try": may_try(request, draft),
        "shadow": shadow,
        "shadow_on": _shadow_on(shadow) if shadow else "",
        "shadow_counts": _shadow_counts(request, shadow) if shadow else [],
        "shadow_types": type_labels(),
        "may_shadow": may_try(request, draft) and draft.state in drafts.OPEN,
    }


def may_try(request: HttpRequest, draft: PolicyDraft) -> bool:
    """Say whether the person may try a draft: whoever may edit or review it."""
    person = person_of(request)
    return any(drafts.may(person, action, draft) for action in ("edit_policies", "review_policies"))


def _shadow_on(shadow: DraftShadow) -> str:
    types = ", ".join(type_label(code) for code in shadow.types) or gettext("all types")
    names = Supplier.objects.filter(pk__in=shadow.suppliers).values_list("name", flat=True)
    return f"{types}; {', '.join(sorted(names)) or gettext('all suppliers')}"


def _shadow_counts(request: HttpRequest, shadow: DraftShadow) -> list[dict[str, Any]]:
    found = _findings(request, shadow).filter(cleared_at=None)
    return [
        {"label": label, "count": count}
        for effect, label in FINDINGS.items()
        if (count := found.filter(effect=effect).count())
    ]


# --- backtests ----------------------------------------------------------------------------------------------


@permitted(Permission.POLICIES)
@require_POST
def start(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Have history judged again under a draft, in the background."""
    draft = _draft_to_try(request, draft_id)
    try:
        since, until = _span(request)
        asked = job.ask(draft, since=since, until=until, by=person_of(request), at=now_of(request))
    except job.UnusableSpan as problem:
        warn(request, gettext(str(problem)))
        return HttpResponseRedirect(reverse("web:policy_draft", args=[draft.pk]))
    return HttpResponseRedirect(reverse("web:backtest", args=[asked.pk]))


@permitted(Permission.POLICIES)
@require_POST
def stop(request: HttpRequest, backtest_id: int) -> HttpResponse:
    """End a backtest where it is; what it found stays."""
    backtest = _backtest_or_404(request, backtest_id)
    if not may_try(request, backtest.draft):
        raise PermissionDenied(gettext("You may not do this with the draft as it is."))
    job.stop(backtest, at=now_of(request))
    return HttpResponseRedirect(reverse("web:backtest", args=[backtest.pk]))


@permitted(Permission.POLICIES)
@require_safe
def backtest(request: HttpRequest, backtest_id: int) -> HttpResponse:
    """Show what a backtest found: figures first, then case by case, with how far it is."""
    found = _backtest_or_404(request, backtest_id)
    query, path = without_empty(request.GET), reverse("web:backtest", args=[found.pk])
    everything = found_in(found, _companies(request))
    cases = _filtered(everything, query)
    page = newest_first(cases, query)
    context = {
        "backtest": found,
        "chip": STATUSES[found.status],
        "is_undone": found.draft.release_id is not None,
        "has_moved": found.version != found.draft.version,
        "may_try": may_try(request, found.draft),
        "path": path,
        "query": query,
        "here": address(path, query),
        "figures": [_figure(each, path) for each in queries.by_effect(everything)],
        "groups": [
            {"label": label, "rows": [_group(each, name, path) for each in rows]}
            for name, label in GROUPS.items()
            if (rows := queries.by_name(everything, name))
        ],
        **_approvals(request, found),
        "counts": found.counts,
        "subjects": sum(found.counts.get("subjects", {}).values()),
        "unjudged": _unjudged(request, found),
        "rows": [_row(each) for each in page.rows],
        "page": page,
        **page_urls(path, query, page),
        "filter_words": _filter_words(query),
        "clear_url": path,
        "export_url": f"{path}export/",
    }
    return show(request, "policies/backtest_page.html", context, current="policies", fragment="result")


@permitted(Permission.POLICIES)
@require_safe
def export(request: HttpRequest, backtest_id: int, form: str) -> HttpResponse:
    """Return the cases a backtest found under the filters of the address, at most MOST_ROWS."""
    found = _backtest_or_404(request, backtest_id)
    cases = _filtered(found_in(found, _companies(request)), without_empty(request.GET))
    name = f"rightline-backtest-{found.pk}"
    rows = [_values(each) for each in cases.order_by("-pk")[:MOST_ROWS]]
    return as_file(form, name, gettext("Backtest"), _heads(), rows)


def _draft_to_try(request: HttpRequest, draft_id: int) -> PolicyDraft:
    draft = get_object_or_404(drafts.visible_to(person_of(request)), pk=draft_id)
    if not may_try(request, draft):
        raise PermissionDenied(gettext("Rules are tried by who may edit or review them."))
    return draft


def _backtest_or_404(request: HttpRequest, backtest_id: int) -> Backtest:
    visible = Backtest.objects.filter(draft__in=drafts.visible_to(person_of(request)))
    return get_object_or_404(visible.select_related("draft__release", "asked_by"), pk=backtest_id)


def _companies(request: HttpRequest) -> list[Company]:
    return companies_open(person_of(request), "view_policies")


def _span(request: HttpRequest) -> tuple[datetime, datetime]:
    """Read the days of the form in the reader's zone, the last one inclusive, and no further than now."""
    try:
        first, last = (parse_date(request.POST.get(name, "")) for name in ("since", "until"))
    except ValueError:
        first = last = None
    if first is None or last is None:
        raise job.UnusableSpan("Choose a first day that is before the last one.")
    since, after = (
        timezone.make_aware(datetime.combine(day, time())) for day in (first, last + timedelta(days=1))
    )
    return since, min(after, now_of(request))


def _filtered(found: Any, query: Any) -> Any:
    if effect := query.get("effect"):
        if effect not in set(Effect):
            raise Http404
        found = queries.of_effect(found, effect)
    for name, column in queries.GROUPS.items():
        if name in query:
            found = found.filter(**{column: query[name]})
    return found


def _filter_words(query: Any) -> list[Text]:
    words: list[Text] = [EFFECTS[Effect(query["effect"])]] if "effect" in query else []
    words += [type_label(query["type"])] if "type" in query else []
    return words + [query[name] for name in ("supplier", "team") if name in query]


def _figure(figure: Figure, path: str) -> dict[str, Any]:
    return {
        "label": EFFECTS[Effect(figure.name)],
        "url": f"{path}?effect={figure.name}#cases",
        "cases": figure.cases,
        "amount": _change(figure.amount, figure.currency),
        "loss": _change(figure.expected_loss, figure.currency),
    }


def _group(figure: Figure, group: str, path: str) -> dict[str, Any]:
    query = address(path, QueryDict(), **{group: figure.name}) if figure.name else path
    return {
        "name": (type_label(figure.name) if group == "type" else figure.name) or formats.NOTHING,
        "url": f"{query}#cases",
        "cases": figure.cases,
        "opens": figure.opens,
        "not_opened": figure.not_opened,
        "amount": _change(figure.amount, figure.currency),
        "loss": _change(figure.expected_loss, figure.currency),
    }


def _approvals(request: HttpRequest, found: Backtest) -> dict[str, Any]:
    """Return which proposals would need other approvals: how many, and the dearest of them."""
    proposals = queries.proposals_in(found, _companies(request))
    dearest = proposals.order_by(F("amount").desc(nulls_first=True), "-pk")
    return {
        "needs": [
            {
                "label": NEEDS_EFFECTS[each.effect],
                "proposals": each.proposals,
                "amount": formats.money(each.amount, each.currency, places=0),
            }
            for each in queries.by_need(proposals)
        ],
        "proposals": [
            {
                "found": each,
                "effect": NEEDS_EFFECTS[NeedsEffect(each.effect)],
                "chip": labels.PROPOSAL_STATES[each.proposal.state],
                "amount": formats.money(each.amount, each.company.currency),
            }
            for each in dearest[:MOST_PROPOSALS]
        ],
        "proposals_more": max(0, proposals.count() - MOST_PROPOSALS),
    }


def _change(money: Any, currency: str) -> str:
    text = formats.money(money, currency, places=0)
    return f"+{text}" if money is not None and money > 0 else text


def _unjudged(request: HttpRequest, found: Backtest) -> list[dict[str, Any]]:
    """Return what was not judged and why; named only to who sees every company."""
    sees_all = len(_companies(request)) == Company.objects.count()
    examples = found.counts.get("examples", {}) if sees_all else {}
    return [
        {"why": REASONS[reason], "count": count, "examples": examples.get(reason, [])}
        for reason, count in found.counts.get("unjudged", {}).items()
    ]


def _row(case: BacktestCase) -> dict[str, Any]:
    return {
        "case": case,
        "type": type_label(case.type_code),
        "icon": labels.type_icon(case.type_code),
        "effects": _effects(case),
        "changes": list(_sides(case)),
        "amount": _change(case.amount, case.company.currency),
        "loss": _change(case.expected_loss, case.company.currency),
    }


def _effects(case: BacktestCase) -> list[Text]:
    return [EFFECTS[Effect(effect)] for effect in case.effects]


def _sides(case: BacktestCase) -> Iterable[str]:
    """Yield what is said of the case: all of it where only one of the rules has it, else what differs."""
    was, would = case.live, case.tried
    if not was or not would:
        yield ", ".join(_whole(was or would or {}))
        return
    for label, name, say in (
        (_("Opens"), "opened_at", _moment),
        (_("Closes"), "closed_at", _moment),
        (_("Lines"), "lines", ", ".join),
        (_("Team"), "team", str),
        (_("Severity"), "severity", _severity),
        (_("Due"), "due_at", _moment),
        (_("Escalation level"), "level", str),
    ):
        before, after = say(was[name]), say(would[name])
        if before != after:
            yield f"{label}: {before} → {after}"


def _whole(side: dict[str, Any]) -> Iterable[str]:
    yield f"{_moment(side['opened_at'])} – {_moment(side['closed_at'])}"
    if side["lines"]:
        yield f"{gettext('Lines')} {', '.join(side['lines'])}"
    yield side["team"]
    yield _severity(side["severity"])


def _moment(text: str | None) -> str:
    return formats.moment(datetime.fromisoformat(text)) if text else formats.NOTHING


def _severity(level: int) -> str:
    return str(labels.SEVERITIES[level].label)


def _heads() -> list[str]:
    return [
        gettext("Effect"),
        gettext("Type"),
        gettext("Headline"),
        gettext("Company"),
        gettext("Supplier"),
        gettext("Order"),
        gettext("Case"),
        gettext("Value, difference"),
        gettext("Expected loss, difference"),
        gettext("Currency"),
        *(f"{word}, {side}" for side in (gettext("now"), gettext("as tried")) for word in _side_heads()),
    ]


def _side_heads() -> list[str]:
    words = ("Opened", "Closed", "Lines", "Team", "Severity", "Value", "Expected loss", "Due", "Overdue")
    return [gettext(word) for word in words]


def _values(case: BacktestCase) -> list[Value]:
    return [
        ", ".join(map(str, _effects(case))),
        type_label(case.type_code),
        case.headline,
        case.company.name,
        case.supplier.name if case.supplier else None,
        case.number,
        case.case,
        case.amount,
        case.expected_loss,
        case.company.currency,
        *_side_values(case.live),
        *_side_values(case.tried),
    ]


def _side_values(side: dict[str, Any] | None) -> list[Value]:
    if side is None:
        return [None] * 9
    return [
        datetime.fromisoformat(side["opened_at"]),
        datetime.fromisoformat(side["closed_at"]) if side["closed_at"] else None,
        ", ".join(side["lines"]),
        side["team"],
        _severity(side["severity"]),
        side["amount"],
        side["expected_loss"],
        datetime.fromisoformat(side["due_at"]) if side["due_at"] else None,
        gettext("yes") if side["is_overdue"] else gettext("no"),
    ]


# --- shadow -------------------------------------------------------------------------------------------------


@permitted(Permission.POLICIES)
@require_POST
def shadow(request: HttpRequest, draft_id: int, verb: str) -> HttpResponse:
    """Run a draft beside the live rules on chosen types and suppliers, or end that."""
    draft = _draft_to_try(request, draft_id)
    here = HttpResponseRedirect(reverse("web:policy_draft", args=[draft.pk]))
    actor, now = actor_of(request), now_of(request)
    if verb == "end":
        shadows.end(draft, reason=request.POST.get("reason", "").strip(), by=actor, at=now)
        tell(request, gettext("The draft no longer runs in shadow."))
        return here
    if verb != "begin" or draft.state not in drafts.OPEN:
        raise Http404
    numbers = [each.strip() for each in request.POST.get("suppliers", "").split(",") if each.strip()]
    suppliers = Supplier.objects.filter(number__in=numbers, company__in=_companies(request))
    unknown = sorted(set(numbers) - set(suppliers.values_list("number", flat=True)))
    if unknown:
        warn(request, gettext("There is no supplier %(numbers)s.") % {"numbers": ", ".join(unknown)})
        return here
    known = dict(type_labels())
    types = [code for code in request.POST.getlist("types") if code in known]
    chosen = list(suppliers.values_list("pk", flat=True))
    shadows.begin(draft, types=types, suppliers=chosen, by=actor, at=now)
    tell(request, gettext("The draft runs in shadow: what it would decide otherwise is noted from now on."))
    return here


@permitted(Permission.POLICIES)
@require_safe
def findings(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show what a draft in shadow would decide otherwise, newest first."""
    draft = get_object_or_404(drafts.visible_to(person_of(request)), pk=draft_id)
    query, path = without_empty(request.GET), reverse("web:draft_findings", args=[draft.pk])
    rows = DraftFinding.objects.filter(shadow__draft=draft, company__in=_companies(request))
    rows = rows.select_related("company", "supplier", "order", "document")
    is_all = query.get("state") == "all"
    page = newest_first(rows if is_all else rows.filter(cleared_at=None), query)
    context = {
        "draft": draft,
        "path": path,
        "is_all": is_all,
        "now": now_of(request),
        "rows": [_finding(each) for each in page.rows],
        "page": page,
        **page_urls(path, query, page),
    }
    return show(request, "policies/shadow.html", context, current="policies")


def in_shadow(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the drafts in shadow the person may see, with what each found that is still so."""
    visible = drafts.visible_to(person_of(request))
    running = DraftShadow.objects.filter(ended_at=None, draft__in=visible).select_related("draft")
    return [
        {"shadow": each, "on": _shadow_on(each), "counts": _shadow_counts(request, each)} for each in running
    ]


def _findings(request: HttpRequest, shadow: DraftShadow) -> Any:
    return DraftFinding.objects.filter(shadow=shadow, company__in=_companies(request))


def _finding(finding: DraftFinding) -> dict[str, Any]:
    was, would = finding.live, finding.tried
    return {
        "finding": finding,
        "effect": FINDINGS[finding.effect],
        "type": type_label(finding.type_code),
        "icon": labels.type_icon(finding.type_code),
        "was": _decided(was),
        "would": _decided(would),
        "value": formats.money(finding.amount, finding.company.currency),
        "number": finding.order.number
        if finding.order
        else (finding.document.number if finding.document else ""),
    }


def _decided(side: dict[str, Any] | None) -> str:
    return formats.NOTHING if side is None else f"{_severity(side['severity'])}, {side['team']}"
