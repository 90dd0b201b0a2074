"""Rules as files: taken away, and read into a draft."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from exceptions_app.people.permissions import companies_open
from exceptions_app.policies import policy_files
from exceptions_app.policies.models import PolicyRelease
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.pages import UNPROCESSABLE, now_of, show, tell
from exceptions_app.web.policy_drafts import CHOSEN, draft_or_404


class FileForm(forms.Form):
    """The file with rules, and what the draft of it is called."""

    file = forms.FileField(label=_("File"))
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    reason = forms.CharField(label=_("Why the rules are to change"), max_length=1000, required=False)


@permitted(Permission.POLICIES)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Return all rules the person may see as a file."""
    companies = companies_open(person_of(request), "view_policies")
    newest = PolicyRelease.objects.order_by("-number").first()
    name = f"rightline-policies-{newest.number if newest else 0}.json"
    return _as_file(policy_files.all_rules(companies), name)


@permitted(Permission.POLICIES)
@require_safe
def export_draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Return the changes of a draft as a file."""
    found = draft_or_404(request, draft_id)
    return _as_file(policy_files.of_draft(found), f"rightline-draft-{found.pk}.json")


@permitted(Permission.POLICIES)
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest) -> HttpResponse:
    """Read a file of rules, and make a draft of what is different there."""
    if not companies_open(person_of(request), "edit_policies"):
        raise PermissionDenied(gettext("Rules are changed by managers and administrators."))
    form, problems = FileForm(request.POST or None, request.FILES or None), []
    if request.method == "POST" and form.is_valid():
        result = policy_files.read(
            form.cleaned_data["file"].read(policy_files.LARGEST + 1),
            title=form.cleaned_data["title"],
            reason=form.cleaned_data["reason"],
            by=actor_of(request),
            at=now_of(request),
        )
        problems = result.problems
        if result.draft is not None:
            for problem in problems:
                messages.warning(request, problem)
            tell(request, gettext("The draft holds what is different in the file."))
            request.session[CHOSEN] = result.draft.pk
            return HttpResponseRedirect(reverse("web:policy_draft", args=[result.draft.pk]))
        if not problems:
            problems = [gettext("Nothing is different in the file: there is no draft to make.")]
    is_wrong = request.method == "POST"
    context = {"form": form, "problems": problems}
    return show(
        request,
        "policies/import.html",
        context,
        current="policies",
        status=UNPROCESSABLE if is_wrong else 200,
    )


def _as_file(content: dict[str, Any], name: str) -> HttpResponse:
    response = JsonResponse(content, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
