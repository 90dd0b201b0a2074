"""Who approves for whom: what a person passed on, and what was passed to them."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from exceptions_app.people import delegation
from exceptions_app.people.models import Delegation, Team, User
from exceptions_app.people.permissions import NotAllowed, decides, memberships_of, people_deciding_in
from exceptions_app.people.standing_in import holds
from exceptions_app.web import formats
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.forms import PersonField
from exceptions_app.web.pages import UNPROCESSABLE, now_of, show, tell, warn

MOST = 50
DAY = forms.DateInput(attrs={"type": "date"})


class TeamsField(forms.ModelMultipleChoiceField):
    """Teams by name and company."""

    def label_from_instance(self, obj: Team) -> str:
        """Return the name, with the company."""
        return str(obj)


class DelegationForm(forms.Form):
    """To whom one passes on what one decides, for how long and how much of it."""

    delegate = PersonField(label=_("Who approves for you"), queryset=User.objects.none())
    first_day = forms.DateField(label=_("From"), widget=DAY)
    last_day = forms.DateField(label=_("To, that day included"), widget=DAY)
    limit = forms.DecimalField(
        label=_("Up to which amount"),
        help_text=_("Never more than your own limit, which holds where this is empty."),
        required=False,
        min_value=1,
        max_digits=20,
        decimal_places=2,
    )
    teams = TeamsField(
        label=_("For which teams"),
        help_text=_("None chosen: for all of yours."),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_away = forms.BooleanField(
        label=_("I am away on these days"), help_text=_("No new case goes to you then."), required=False
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)

    def __init__(self, *args: Any, person: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.person = person
        teams = [each.team for each in memberships_of(person) if decides(each)]
        colleagues = people_deciding_in({team.company_id for team in teams})
        self.fields["delegate"].queryset = (  # type: ignore[attr-defined]
            colleagues.exclude(pk=person.pk).distinct().order_by("first_name", "last_name", "username")
        )
        self.fields["teams"].queryset = Team.objects.filter(pk__in=[team.pk for team in teams])  # type: ignore[attr-defined]

    def terms(self) -> delegation.Terms:
        """Return what was entered, once it is valid."""
        entered = self.cleaned_data
        return delegation.Terms(
            delegate=entered["delegate"],
            first_day=entered["first_day"],
            last_day=entered["last_day"],
            limit=entered["limit"],
            teams=list(entered["teams"]),
            reason=entered["reason"],
        )


@permitted(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def delegations(request: HttpRequest) -> HttpResponse:
    """Show who approves for this person and for whom they do; pass on what they decide."""
    person = person_of(request)
    form = DelegationForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            made = delegation.delegate(
                person,
                form.terms(),
                by=actor_of(request),
                at=now_of(request),
                is_away=form.cleaned_data["is_away"],
            )
        except NotAllowed as refused:
            form.add_error(None, str(refused))
        else:
            tell(request, gettext("%(who)s approves for you on these days.") % {"who": made.delegate})
            return redirect("web:delegations")
    context = {
        "form": form,
        "given": _listed(request, Q(person=person)),
        "taken": _listed(request, Q(delegate=person)),
    }
    return show(
        request, "delegations.html", context, current="profile", status=UNPROCESSABLE if form.errors else 200
    )


@permitted(Permission.OWN)
@require_POST
def end(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """Take back what was passed on, or give back what was passed to one."""
    person = person_of(request)
    found = get_object_or_404(Delegation, Q(person=person) | Q(delegate=person), pk=delegation_id)
    try:
        ended = delegation.end(found, by=actor_of(request), at=now_of(request))
    except NotAllowed as refused:
        warn(request, str(refused))
    else:
        tell(
            request,
            gettext("%(delegate)s approves for %(person)s no more.")
            % {"delegate": ended.delegate, "person": ended.person},
        )
    return redirect("web:delegations")


def _listed(request: HttpRequest, whose: Q) -> list[dict[str, Any]]:
    """Return delegations as one reads them, the newest first."""
    found = Delegation.objects.filter(whose).select_related("person", "delegate").prefetch_related("teams")
    now = now_of(request)
    return [
        {
            "row": each,
            "days": f"{formats.day(each.first_day)} – {formats.day(each.last_day)}",
            "limit": "" if each.limit is None else formats.number(each.limit),
            "teams": formats.listed([str(team) for team in each.teams.all()]),
            "holds": holds(each, now),
            "may_end": each.ended_at is None and each.last_day >= now.date(),
        }
        for each in found.order_by("-first_day", "-pk")[:MOST]
    ]
