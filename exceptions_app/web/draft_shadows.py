"""Drafts of the rules in shadow: begun and ended, and what they would decide otherwise now."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from erp_connectors.documents.models import Supplier
from exceptions_app.policies import drafts, shadows
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.policies.shadow_models import DraftFinding, DraftShadow
from exceptions_app.shadow.models import ShadowFinding
from exceptions_app.web import formats, labels
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.addresses import page_urls, without_empty
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.labels import Text
from exceptions_app.web.pages import now_of, show, tell, warn
from exceptions_app.web.trying import companies_of, draft_to_try, may_try
from exceptions_app.web.types import type_label, type_labels

FINDINGS: dict[str, Text] = {
    "opens": _("Would open"),
    "not_opened": _("Would not open"),
    "decided": _("Another severity or team"),
}


@permitted(Permission.POLICIES)
@require_POST
def shadow(request: HttpRequest, draft_id: int, verb: str) -> HttpResponse:
    """Run a draft beside the live rules on chosen types and suppliers, or end that."""
    draft = draft_to_try(request, draft_id)
    if verb == "end":
        reason = request.POST.get("reason", "").strip()
        shadows.end(draft, reason=reason, by=actor_of(request), at=now_of(request))
        tell(request, gettext("The draft no longer runs in shadow."))
    elif verb == "begin" and draft.state in drafts.OPEN:
        _begin(request, draft)
    else:
        raise Http404
    return HttpResponseRedirect(reverse("web:policy_draft", args=[draft.pk]))


def _begin(request: HttpRequest, draft: PolicyDraft) -> None:
    """Run a draft beside the live rules on the types and suppliers of the form; say which are unknown."""
    numbers = [each.strip() for each in request.POST.get("suppliers", "").split(",") if each.strip()]
    suppliers = Supplier.objects.filter(number__in=numbers, company__in=companies_of(request))
    unknown = sorted(set(numbers) - set(suppliers.values_list("number", flat=True)))
    if unknown:
        warn(request, gettext("There is no supplier %(numbers)s.") % {"numbers": ", ".join(unknown)})
        return
    known = dict(type_labels())
    types = [code for code in request.POST.getlist("types") if code in known]
    chosen = list(suppliers.values_list("pk", flat=True))
    shadows.begin(draft, types=types, suppliers=chosen, by=actor_of(request), at=now_of(request))
    tell(request, gettext("The draft runs in shadow: what it would decide otherwise is noted from now on."))


@permitted(Permission.POLICIES)
@require_safe
def findings(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show what a draft in shadow would decide otherwise, newest first."""
    draft = get_object_or_404(drafts.visible_to(person_of(request)), pk=draft_id)
    query, path = without_empty(request.GET), reverse("web:draft_findings", args=[draft.pk])
    rows = DraftFinding.objects.filter(shadow__draft=draft, company__in=companies_of(request))
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


def of_draft(request: HttpRequest, draft: PolicyDraft) -> dict[str, Any]:
    """Return what the page of a draft shows of its shadow."""
    shadow = DraftShadow.objects.filter(draft=draft, ended_at=None).first()
    return {
        "shadow": shadow,
        "shadow_on": _on(shadow) if shadow else "",
        "shadow_counts": _counts(request, shadow) if shadow else [],
        "shadow_types": type_labels(),
        "may_shadow": may_try(request, draft) and draft.state in drafts.OPEN,
    }


def in_shadow(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the drafts in shadow the person may see, with what each found that is still so."""
    visible = drafts.visible_to(person_of(request))
    running = DraftShadow.objects.filter(ended_at=None, draft__in=visible).select_related("draft")
    return [{"shadow": each, "on": _on(each), "counts": _counts(request, each)} for each in running]


def _on(shadow: DraftShadow) -> str:
    """Return the types and suppliers on which a draft runs."""
    types = ", ".join(type_label(code) for code in shadow.types) or gettext("all types")
    names = Supplier.objects.filter(pk__in=shadow.suppliers).values_list("name", flat=True)
    return f"{types}; {', '.join(sorted(names)) or gettext('all suppliers')}"


def _counts(request: HttpRequest, shadow: DraftShadow) -> list[dict[str, Any]]:
    """Return how many findings of each kind are still so."""
    found = DraftFinding.objects.filter(shadow=shadow, company__in=companies_of(request), cleared_at=None)
    return [
        {"label": label, "count": count}
        for effect, label in FINDINGS.items()
        if (count := found.filter(effect=effect).count())
    ]


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
        "number": about(finding),
    }


def about(finding: DraftFinding | ShadowFinding) -> str:
    """Return the number of what a finding is about: its order, else its document."""
    if finding.order is not None:
        return finding.order.number
    return finding.document.number if finding.document is not None else ""


def _decided(side: dict[str, Any] | None) -> str:
    return formats.NOTHING if side is None else f"{labels.severity_label(side['severity'])}, {side['team']}"
