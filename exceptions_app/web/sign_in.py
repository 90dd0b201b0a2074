"""Signing in and out: the password or a passkey, then a second factor, then the first page."""

from datetime import datetime
from math import ceil
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.views import login_webauthn
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_connectors import clock
from exceptions_app.people.models import User
from exceptions_app.signing_in import factors, known, locks, oidc, pace, recorded
from exceptions_app.signing_in.models import SignInTry
from exceptions_app.signing_in.pace import TooFast, Whose
from exceptions_app.signing_in.receivers import count_failure, was_locked_already
from exceptions_app.web.access import Permission, permitted, while_attempts_can_be_counted
from exceptions_app.web.devices import host_can_have_passkeys


class _Login(views.LoginView):
    """Asks for user name and password, and lets allauth ask for what comes after them."""

    template_name = "login.html"
    authentication_form = AuthenticationForm
    redirect_authenticated_user = True
    attempt: SignInTry | TooFast
    has_recovery_code = False

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        """Look at the password, unless it comes too fast and without a recovery code."""
        name, now = request.POST.get("username", "").replace("\0", ""), clock.now()
        person = User.objects.filter(username=name).first()
        device, address = known.device_of(request, person), request.META.get("REMOTE_ADDR", "")
        self.attempt = pace.begin(name, address=address, device=device, now=now)
        if isinstance(self.attempt, SignInTry) and self.attempt.device:
            known.spare(request)
        code = request.POST.get("recovery_code", "").strip()
        if isinstance(self.attempt, TooFast):
            if not code:
                return _too_fast(request, self.attempt, now)
            self.has_recovery_code = person is not None and factors.has_recovery_code(person, code)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Leave the try counted, and tell when it was one too many; one that nobody looked at counts not."""
        if isinstance(self.attempt, TooFast):
            return _too_fast(self.request, self.attempt, clock.now(), form)
        if was_locked_already(self.request):
            self.attempt.delete()
        for held in pace.begun_with(self.attempt, clock.now()):
            recorded.slowed_down(self.request, self.attempt, held)
        return super().form_invalid(form)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Go on to the second factor, or to the page that was asked for."""
        person = form.get_user()
        if isinstance(self.attempt, SignInTry):
            self.attempt.delete()
        elif not self._uses_its_code(person):
            count_failure(self.request, person, step="recovery_codes")
            form.add_error(None, form.get_invalid_login_error())
            return self.form_invalid(form)
        login = Login(user=person, redirect_url=self.get_success_url())
        credentials = {"username": person.get_username()}
        answer: HttpResponse = perform_password_login(self.request, credentials, login)
        return answer

    def _uses_its_code(self, person: User) -> bool:
        code = self.request.POST.get("recovery_code", "").strip()
        return self.has_recovery_code and factors.use_recovery_code(self.request, person, code)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Offer a passkey where browsers allow one, and the company's directory where there is one."""
        return super().get_context_data(
            can_have_passkeys=host_can_have_passkeys(self.request),
            directory=settings.OIDC_NAME or gettext("your company's account") if oidc.is_on() else "",
            **context,
        )


def _too_fast(
    request: HttpRequest, held: TooFast, now: datetime, form: AuthenticationForm | None = None
) -> HttpResponse:
    """Say how long to wait, and how to get in at once; the same whoever is meant, and if nobody is."""
    seconds = max(1, ceil((held.until - now).total_seconds()))
    context = {
        "form": form or AuthenticationForm(request, {"username": request.POST.get("username", "")}),
        "errors": form.non_field_errors() if form else (),
        "is_address": held.whose is Whose.ADDRESS,
        "minutes": ceil(seconds / 60),
        "next": request.POST.get("next", ""),
    }
    answer = render(request, "slowed_down.html", context, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


_login = _Login.as_view()
_logout = views.LogoutView.as_view()
_second_factor = AuthenticateView.as_view()


@permitted(Permission.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign a person in; failures slow down the name and the address, and lock the pair for a while (axes)."""
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
    if stage and known.device_of(request, stage.login.user):
        known.spare(request)
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
@never_cache
@require_safe
def known_browser(request: HttpRequest, token: str) -> HttpResponse:
    """Make this browser known of whoever got the link by mail; the password is asked for all the same."""
    answer = redirect("account_login")
    person = known.person_of(token)
    if person is None:
        messages.error(request, gettext("This link is too old, or not whole."))
        return answer
    known.remember(request, answer, person)
    recorded.browser_made_known(request, person)
    messages.success(request, gettext("This browser is known to you now. Sign in with your password."))
    return answer


@permitted(Permission.PUBLIC)
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign the person out and lead back to signing in, through the directory that let them in.

    A page leads there: a form may not be sent on to another house (form-action).
    """
    address = oidc.way_out(
        request.session, back_to=request.build_absolute_uri(resolve_url(settings.LOGIN_URL))
    )
    answer = _logout(request)
    return render(request, "signed_out.html", {"address": address}) if address else answer
