"""A person's sign-in: password, second factors, passkeys, recovery codes, and where they are signed in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exceptions_app.people.models import User
from exceptions_app.signing_in import factors, recorded, sessions
from exceptions_app.signing_in.models import BrowserSession
from exceptions_app.signing_in.receivers import count_failure
from exceptions_app.web.access import Permission, permitted, person_of
from exceptions_app.web.devices import device_of, host_can_have_passkeys
from exceptions_app.web.pages import UNPROCESSABLE, show, tell, warn

HOME = "mfa_index"


@dataclass(frozen=True, slots=True)
class SignedInAt:
    """A session as its person sees it."""

    row: BrowserSession
    device: str
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey as its person sees it."""

    pk: int
    name: str
    signs_in_alone: bool
    created_at: datetime
    last_used_at: datetime | None


@permitted(Permission.OWN)
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Show how the person signs in, and where they are signed in."""
    person = person_of(request)
    kept = list(Authenticator.objects.filter(user=person).order_by("created_at"))
    by_type = {each.type: each for each in kept}
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "app": by_type.get(Authenticator.Type.TOTP),
        "passkeys": [_passkey(each) for each in kept if each.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
        "is_missing": factors.is_required_of(person) and not factors.has_factor(person),
        "is_required": factors.is_required_of(person),
        "can_have_passkeys": host_can_have_passkeys(request),
        "has_password": person.has_usable_password(),
        "sessions": _sessions(request, person),
    }
    return show(request, "profile/security.html", context, current="profile")


@permitted(Permission.OWN)
@require_POST
def end_session(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """End one session of the person, at once."""
    person = person_of(request)
    if sessions.end(person, public_id):
        recorded.tell(request, person, "session.ended", f"{person} ended a session of theirs")
        tell(request, gettext("The session is ended: that browser is signed out."))
    else:
        warn(request, gettext("That session had ended already."))
    return redirect(HOME)


@permitted(Permission.OWN)
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End every session of the person but this one, at once."""
    person = person_of(request)
    count = sessions.end_all(person, but=request.session.session_key)
    words = f"{person} ended all other sessions of theirs"
    recorded.tell(request, person, "session.ended", words, after={"sessions": count})
    tell(request, gettext("Everywhere else you are signed out."))
    return redirect(HOME)


@permitted(Permission.OWN)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Let the person choose another password; it ends all their other sessions."""
    person = person_of(request)
    if not person.has_usable_password():
        return redirect(HOME)
    form = PasswordChangeForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, person)
        sessions.end_all(person, but=request.session.session_key)
        recorded.tell(request, person, "person.password_changed", f"{person} changed their password")
        tell(request, gettext("Your password is changed. Everywhere else you are signed out."))
        return redirect(HOME)
    if "old_password" in form.errors:
        count_failure(request, person, step="password")
    return show(
        request,
        "profile/password.html",
        {"form": form},
        current="profile",
        status=UNPROCESSABLE if form.errors else 200,
    )


def _sessions(request: HttpRequest, person: User) -> list[SignedInAt]:
    here = request.session.session_key
    return [SignedInAt(row, device_of(row.device), row.pk == here) for row in sessions.live_sessions(person)]


def _passkey(row: Authenticator) -> Passkey:
    kept = row.wrap()
    return Passkey(
        pk=row.pk,
        name=kept.name,
        signs_in_alone=bool(kept.is_passwordless),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )
