"""Signing in with the company's own identity provider."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from erp_connectors.errors import TransientError
from exceptions_app.signing_in import directory, oidc, recorded
from exceptions_app.web.access import Permission, permitted


@permitted(Permission.PUBLIC)
@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider."""
    _there_is_one()
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    try:
        return redirect(
            oidc.begin(
                request.session, redirect_uri=_address_of_return(request), next_page=wanted if is_ours else ""
            )
        )
    except (oidc.NotBelieved, TransientError) as error:
        return _not_in(request, error, gettext("Your company's account cannot be reached at the moment."))


@permitted(Permission.PUBLIC)
@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Take what the provider sent along, and sign in whom it vouches for."""
    _there_is_one()
    try:
        identity = oidc.finish(request.session, request.GET.dict(), redirect_uri=_address_of_return(request))
        person = directory.person_of(identity)
    except directory.NoAccount as error:
        return _not_in(request, error, str(error))
    except oidc.NotBelieved as error:
        return _not_in(request, error, gettext("Signing in with your company's account failed. Try again."))
    except TransientError as error:
        return _not_in(request, error, gettext("Your company's account cannot be reached at the moment."))
    oidc.remember_way_out(request.session, identity)
    record_authentication(request, person, "directory", second_factor=identity.has_second_factor)
    answer: HttpResponse = perform_login(request, Login(user=person, redirect_url=identity.next_page or None))
    return answer


def _there_is_one() -> None:
    if not oidc.is_on():
        raise Http404("No identity provider is named.")


def _address_of_return(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("directory_back"))


def _not_in(request: HttpRequest, error: Exception, words: str) -> HttpResponse:
    """Lead back to signing in, saying in words what to do; the history keeps what was wrong."""
    recorded.not_vouched_for(request, str(error))
    messages.error(request, words)
    return redirect("account_login")
