"""API tokens: what programs sign in with. Made here, shown once, revoked at once."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from erp_connectors.companies import Company
from exceptions_app.audit.record import record
from exceptions_app.people import tokens
from exceptions_app.people.models import ApiToken, User
from exceptions_app.people.permissions import companies_open
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.labels import Chip
from exceptions_app.web.pages import UNPROCESSABLE, now_of, show, tell, warn

#: What each scope lets a program do.
SCOPES = {
    "inbound:write": _("Deliver files and messages, as a trading partner or an ERP does"),
    "documents:write": _("Deliver single documents, and match their lines to orders"),
    "interchanges:read": _("Read what was received, and what became of it"),
    "interchanges:write": _("Have what was received read again, or correct it"),
    "orders:read": _("Read orders, their positions and commands to the ERP"),
    "cases:read": _("Read cases, proposals, tasks and incidents"),
    "cases:write": _("Work on cases, propose and decide, in the name of a person"),
    "suppliers:read": _("Read suppliers"),
    "policies:read": _("Read the rules"),
    "policies:write": _("Write and decide drafts of the rules"),
    "kpis:read": _("Read figures"),
    "history:read": _("Read the history of its company, as an auditor does"),
}
DAYS = ((30, _("30 days")), (90, _("90 days")), (365, _("A year")))
MINE = "me"


class TokenForm(forms.Form):
    """A token to be made. It acts as nobody, or as whoever makes it: never as somebody else."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Which program it is for."))
    company = forms.ModelChoiceField(label=_("Company"), queryset=Company.objects.none(), empty_label=None)
    days = forms.TypedChoiceField(label=_("Valid for"), choices=DAYS, coerce=int, initial=90)
    acts_as = forms.ChoiceField(
        label=_("Acts as"),
        required=False,
        choices=[("", _("nobody: it reads and delivers")), (MINE, _("me: it may do what I may"))],
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, companies: list[Company], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["company"]
        field.queryset = Company.objects.filter(pk__in=[each.pk for each in companies])  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as the list shows it."""

    row: ApiToken
    state: Chip
    is_live: bool


@permitted(Permission.TOKENS)
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """Show the tokens of the person's companies, and make another, whose secret is shown this once."""
    person = person_of(request)
    companies = companies_open(person, "manage_tokens")
    form = TokenForm(request.POST or None, companies=companies)
    secret = ""
    if request.method == "POST" and form.is_valid():
        secret = _make(request, person, form.cleaned_data).secret
        form = TokenForm(companies=companies)
    rows = ApiToken.objects.filter(company__in=companies).select_related("company", "acts_as")
    context = {
        "form": form,
        "secret": secret,
        "tokens": [_row(each, request) for each in rows.order_by("revoked_at", "-created_at")],
    }
    status = UNPROCESSABLE if form.errors else 200
    return show(request, "tokens/list.html", context, current="profile", status=status)


@permitted(Permission.TOKENS)
@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Let nobody in with a token any more, from the next call on."""
    companies = companies_open(person_of(request), "manage_tokens")
    row = get_object_or_404(ApiToken, pk=token_id, company__in=companies)
    if tokens.revoke(row, now=now_of(request)):
        _tell_history(request, row, "token.revoked", f"API token {row.name} revoked")
        tell(request, gettext("The token is revoked."))
    else:
        warn(request, gettext("The token was revoked already."))
    return redirect("web:tokens")


def _make(request: HttpRequest, person: User, asked: dict[str, Any]) -> tokens.NewToken:
    made = tokens.create(
        asked["name"],
        company=asked["company"],
        scopes=asked["scopes"],
        now=now_of(request),
        days=asked["days"],
        acts_as=person if asked["acts_as"] == MINE else None,
    )
    _tell_history(request, made.row, "token.created", f"API token {made.row.name} for {made.row.company}")
    return made


def _tell_history(request: HttpRequest, row: ApiToken, kind: str, words: str) -> None:
    told = {"scopes": row.scopes, "acts_as": str(row.acts_as or ""), "expires_at": str(row.expires_at)}
    record(
        kind,
        at=now_of(request),
        summary=words,
        subject=("apitoken", str(row.pk)),
        actor=actor_of(request),
        company=row.company,
        after=told,
    )


def _row(row: ApiToken, request: HttpRequest) -> TokenRow:
    if row.revoked_at is not None:
        return TokenRow(row, Chip(gettext("Revoked"), ""), is_live=False)
    if row.expires_at <= now_of(request):
        return TokenRow(row, Chip(gettext("Expired"), ""), is_live=False)
    return TokenRow(row, Chip(gettext("Valid"), "good"), is_live=True)
