"""Signing in and out: the password or a passkey, then a second factor, then the first page."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.views import login_webauthn
from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from exceptions_app.signing_in import locks, oidc
from exceptions_app.web.access import Permission, permitted, while_attempts_can_be_counted
from exceptions_app.web.devices import host_can_have_passkeys


class _Login(views.LoginView):
    """Asks for user name and password, and lets allauth ask for what comes after them."""

    template_name = "login.html"
    authentication_form = AuthenticationForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Go on to the second factor, or to the page that was asked for."""
        person = form.get_user()
        login = Login(user=person, redirect_url=self.get_success_url())
        credentials = {"username": person.get_username()}
        answer: HttpResponse = perform_password_login(self.request, credentials, login)
        return answer

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Offer a passkey where browsers allow one, and the company's directory where there is one."""
        return super().get_context_data(
            can_have_passkeys=host_can_have_passkeys(self.request),
            directory=settings.OIDC_NAME or gettext("your company's account") if oidc.is_on() else "",
            **context,
        )


_login = _Login.as_view()
_logout = views.LogoutView.as_view()
_second_factor = AuthenticateView.as_view()


@permitted(Permission.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign a person in; too many failures lock the name for this address for a while (axes)."""
    return _login(request)  # type: ignore[return-value]


@permitted(Permission.PUBLIC)
def administration(request: HttpRequest) -> HttpResponse:
    """Sign in on the way to the administration, as everywhere else. For others there is none."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise Http404("The administration is for administrators.")
    return login(request)


@permitted(Permission.PUBLIC)
@never_cache
@while_attempts_can_be_counted
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask who gave the right password for a code or a passkey; nobody is signed in until then."""
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    locked = locks.locked_page(request, stage.login.user) if stage else None
    return locked or _second_factor(request)


@permitted(Permission.PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """Sign in whoever has a passkey that knows them: it is both factors at once."""
    answer: HttpResponse = login_webauthn(request)
    return answer


@permitted(Permission.PUBLIC)
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign the person out and lead back to signing in."""
    return _logout(request)
