"""A person's own settings: theme, time zone, language."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from exceptions_app.audit.requests import NOTHING_BUT_LOOKS, leaves_no_event
from exceptions_app.people.models import User
from exceptions_app.people.permissions import companies_open
from exceptions_app.signing_in import oidc
from exceptions_app.web.access import Permission, permitted, person_of
from exceptions_app.web.pages import UNPROCESSABLE, back, show, tell, wants_fragment

THEMES = (("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark")))
YEAR = 365 * 24 * 60 * 60


class ProfileForm(forms.ModelForm):
    """What a person sets for themselves; the language belongs to the browser."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Days and times are shown in it."))
    theme = forms.ChoiceField(label=_("Theme"), choices=THEMES)

    class Meta:
        model = User
        fields = ["first_name", "last_name", "email", "time_zone", "theme"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # By their address the directory knows people: whoever sets it would choose whose account it opens.
        self.fields["email"].disabled = oidc.is_on()
        zones: list[str] = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"),
            help_text=_("Days and times are shown in it."),
            choices=[(z, z) for z in zones],
        )


@permitted(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and keep the person's settings."""
    person = person_of(request)
    form = ProfileForm(
        request.POST or None, instance=person, initial={"language": translation.get_language()}
    )
    if request.method == "POST" and form.is_valid():
        form.instance.language = form.cleaned_data["language"]
        form.save()
        with translation.override(form.cleaned_data["language"]):
            tell(request, gettext("Your settings are saved."))
        response = HttpResponseRedirect(reverse("web:profile"))
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            form.cleaned_data["language"],
            max_age=YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response
    memberships = person.memberships.select_related("team__company").order_by(
        "team__company__name", "team__name"
    )
    teams = [{"row": each, "role": gettext(each.get_role_display())} for each in memberships]
    context = {"manages_tokens": bool(companies_open(person, "manage_tokens")), "form": form, "teams": teams}
    status = UNPROCESSABLE if form.errors else 200
    return show(request, "profile.html", context, current="profile", status=status)


@leaves_no_event(NOTHING_BUT_LOOKS)
@permitted(Permission.OWN)
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme chosen in the menu."""
    person, chosen = person_of(request), request.POST.get("theme", "")
    if chosen in dict(THEMES):
        person.theme = chosen
        person.save(update_fields=["theme"])
    return HttpResponse(status=204) if wants_fragment(request) else back(request, reverse("web:home"))
