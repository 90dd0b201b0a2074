"""What allauth asks of the house: how a sign-in ends, in which words, and where secrets lie."""

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from erp_connectors import clock
from exceptions_app.people.models import User
from exceptions_app.signing_in import known, oidc, pace, recorded, secrets
from exceptions_app.signing_in.sessions import SessionStore

#: What we say where allauth names one of its messages; of the others it says nothing.
WORDS = {
    "mfa/messages/totp_activated.txt": _("Codes from your app are asked for from now on."),
    "mfa/messages/totp_deactivated.txt": _("Codes from your app are no longer asked for."),
    "mfa/messages/webauthn_added.txt": _("The passkey is yours."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
    "mfa/messages/recovery_codes_generated.txt": _("There are new recovery codes; former ones are void."),
    "account/messages/password_changed.txt": _(
        "Your password is changed. Everywhere else you are signed out."
    ),
}


class SecondFactor(AuthenticateStage):
    """Asks for a second factor, but of whoever gave a recovery code along with the password."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return not getattr(request, "came_with_recovery_code", False) and super()._should_handle(request)


class AccountAdapter(DefaultAccountAdapter):
    """Signs people in after their second factor; nobody makes an account here."""

    def get_login_stages(self) -> list[str]:
        """Return what comes between the password and the first page."""
        return ["exceptions_app.signing_in.adapters.SecondFactor"]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Administrators and the directory add people; nobody adds themselves."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave counting wrong passwords to axes, which counts them for a name and an address together."""
        self._login_failed_rl_usage = None

    def _rollback_login_failed_rl_usage(self) -> None:
        """There is nothing that `pre_authenticate` counted."""

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return how somebody confirms who they are; by the directory where they have nothing else."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not methods and user.is_authenticated and oidc.is_on():
            methods = [{"id": "directory", "description": "", "url": reverse("directory")}]
        return methods

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        """Spare somebody who has the directory alone, and came in by it just now."""
        asked: bool = super().is_reauthentication_required(app=app, **options)
        return asked and not _came_by_the_directory(context.request)

    def login(self, request: HttpRequest, user: User) -> None:
        """Open the session, and tell the history with what it was opened; clear away those that ran out."""
        records = get_authentication_records(request, user)
        super().login(request, user)
        SessionStore.clear_expired()
        pace.clear_old(clock.now())
        if not user.language:
            User.objects.filter(pk=user.pk).update(language=get_language() or "")
        recorded.signed_in(request, user, records)

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """Let the browser remember whom it let in: wrong passwords elsewhere do not slow it down."""
        answer: HttpResponse = super().post_login(request, user, **options)
        known.remember(request, answer, user)
        return answer

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Lead somebody who was deactivated back, in the words for everybody who does not get in."""
        messages.error(request, gettext("Please ask your administrator for access."))
        return HttpResponseRedirect(resolve_url(settings.LOGIN_URL))

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say what was done in our words; an error as it is."""
        text = message or (WORDS.get(message_template) if message_template else None)
        if text:
            messages.add_message(request, level, str(text), extra_tags=extra_tags)


def _came_by_the_directory(request: HttpRequest) -> bool:
    """Say whether who is signed in has neither password nor factor, and was vouched for minutes ago."""
    person = request.user
    if not isinstance(person, User) or get_reauthentication_flows(person):
        return False
    records = get_authentication_records(request, person)
    moments = [record["at"] for record in records if record["method"] == "directory"]
    return bool(moments) and time.time() - moments[-1] < app_settings.REAUTHENTICATION_TIMEOUT


class FactorAdapter(DefaultMFAAdapter):
    """Seals the secrets of apps, and names the house to them."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This is not right, or was used already. Try the next code.")
    }

    def get_totp_label(self, user: Any) -> str:
        """Return the name under which an app shows the account."""
        return str(user.username)

    def get_totp_issuer(self) -> str:
        """Return the name of the house, as an app shows it."""
        return "Rightline"

    def _get_site_name(self) -> str:
        return "Rightline"

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return secrets.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret."""
        return secrets.unseal(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """Return the name that a new passkey has until its person gives it another."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return gettext("Passkey %(number)s") % {"number": count + 1}
