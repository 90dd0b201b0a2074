"""Backtests: what a draft of the rules would have changed on history, asked for and shown."""

from datetime import datetime, time, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from erp_connectors.companies import Company
from exceptions_app.backtest import job, queries
from exceptions_app.backtest.approving import NEEDS_EFFECTS, NeedsEffect
from exceptions_app.backtest.compare import EFFECTS, Effect
from exceptions_app.backtest.models import Backtest, BacktestCase
from exceptions_app.backtest.queries import found_in
from exceptions_app.backtest.words import REASONS
from exceptions_app.policies import drafts
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.web import formats, labels
from exceptions_app.web.access import Permission, permitted, person_of
from exceptions_app.web.addresses import address, page_urls, without_empty
from exceptions_app.web.backtest_table import heads, values
from exceptions_app.web.backtest_view import GROUPS, STATUSES, case_words, figure_words, group_words
from exceptions_app.web.exports import as_file
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.labels import Text
from exceptions_app.web.pages import now_of, show, warn
from exceptions_app.web.trying import companies_of, draft_to_try, may_try
from exceptions_app.web.types import type_label

USUAL_DAYS = 90
SHOWN = 5
MOST_ROWS = 10_000
#: So many proposals are listed, the dearest first; the command and the API tell all of them.
MOST_PROPOSALS = 100


@permitted(Permission.POLICIES)
@require_POST
def start(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Have history judged again under a draft, in the background."""
    draft = draft_to_try(request, draft_id)
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
    everything = found_in(found, companies_of(request))
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
        "figures": [figure_words(each, path) for each in queries.by_effect(everything)],
        "groups": [
            {"label": label, "rows": [group_words(each, name, path) for each in rows]}
            for name, label in GROUPS.items()
            if (rows := queries.by_name(everything, name))
        ],
        **_approvals(request, found),
        "counts": found.counts,
        "subjects": sum(found.counts.get("subjects", {}).values()),
        "unjudged": _unjudged(request, found),
        "rows": [case_words(each) for each in page.rows],
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
    cases = _filtered(found_in(found, companies_of(request)), without_empty(request.GET))
    name = f"rightline-backtest-{found.pk}"
    rows = [values(each) for each in cases.order_by("-pk")[:MOST_ROWS]]
    return as_file(form, name, gettext("Backtest"), heads(), rows)


def of_draft(request: HttpRequest, draft: PolicyDraft) -> dict[str, Any]:
    """Return what the page of a draft shows of its backtests."""
    today = timezone.localdate(now_of(request))
    return {
        "backtests": [
            {"backtest": each, "chip": STATUSES[each.status]} for each in draft.backtests.all()[:SHOWN]
        ],
        "backtest_since": today - timedelta(days=USUAL_DAYS),
        "backtest_until": today,
        "may_try": may_try(request, draft),
    }


def _backtest_or_404(request: HttpRequest, backtest_id: int) -> Backtest:
    visible = Backtest.objects.filter(draft__in=drafts.visible_to(person_of(request)))
    return get_object_or_404(visible.select_related("draft__release", "asked_by"), pk=backtest_id)


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


def _filtered(found: QuerySet[BacktestCase], query: QueryDict) -> QuerySet[BacktestCase]:
    """Keep the cases of the effect, type, supplier and team that the address names."""
    if effect := query.get("effect"):
        if effect not in set(Effect):
            raise Http404
        found = queries.of_effect(found, effect)
    for name, column in queries.GROUPS.items():
        if name in query:
            found = found.filter(**{column: query[name]})
    return found


def _filter_words(query: QueryDict) -> list[Text]:
    effect, type_code = query.get("effect", ""), query.get("type", "")
    words: list[Text] = [EFFECTS[Effect(effect)]] if effect else []
    words += [type_label(type_code)] if type_code else []
    return words + [value for name in ("supplier", "team") if (value := query.get(name, ""))]


def _approvals(request: HttpRequest, found: Backtest) -> dict[str, Any]:
    """Return which proposals would need other approvals: how many, and the dearest of them."""
    proposals = queries.proposals_in(found, companies_of(request))
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


def _unjudged(request: HttpRequest, found: Backtest) -> list[dict[str, Any]]:
    """Return what was not judged and why; named only to who sees every company."""
    sees_all = len(companies_of(request)) == Company.objects.count()
    examples = found.counts.get("examples", {}) if sees_all else {}
    return [
        {"why": REASONS[reason], "count": count, "examples": examples.get(reason, [])}
        for reason, count in found.counts.get("unjudged", {}).items()
    ]
