"""Signing in and out."""

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from exceptions_app.web.access import Permission, permitted

_login = views.LoginView.as_view(
    template_name="login.html", authentication_form=AuthenticationForm, redirect_authenticated_user=True
)
_logout = views.LogoutView.as_view()


@permitted(Permission.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign a person in; too many wrong passwords lock the name for a while (axes)."""
    return _login(request)  # type: ignore[return-value]


@permitted(Permission.PUBLIC)
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign the person out and lead back to signing in."""
    return _logout(request)
