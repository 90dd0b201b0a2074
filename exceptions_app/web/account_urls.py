"""The addresses of signing in and of one's own sign-in, under the names by which allauth leads there."""

from allauth.account.views import reauthenticate
from allauth.mfa.base.views import reauthenticate as reauthenticate_by_code
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as app_codes
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from exceptions_app.web import directory, security, sign_in
from exceptions_app.web.access import Permission, View, permitted, while_attempts_can_be_counted


def own(view: View) -> View:
    """Return a view of allauth as one of ours, for who is signed in."""
    return permitted(Permission.OWN)(while_attempts_can_be_counted(view))


urlpatterns = [
    path("login/", sign_in.login, name="account_login"),
    path("login/second-factor/", sign_in.second_factor, name="mfa_authenticate"),
    path("login/known/<str:token>/", sign_in.known_browser, name="known_browser"),
    path("login/passkey/", sign_in.passkey, name="mfa_login_webauthn"),
    path("login/directory/", directory.begin, name="directory"),
    path("login/directory/back/", directory.back, name="directory_back"),
    path("logout/", sign_in.logout, name="account_logout"),
    path("profile/confirm/", own(reauthenticate), name="account_reauthenticate"),
    path("profile/confirm/code/", own(reauthenticate_by_code), name="mfa_reauthenticate"),
    path(
        "profile/confirm/passkey/", own(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"
    ),
    path("profile/security/", security.security, name="mfa_index"),
    path("profile/security/", security.security, name="mfa_list_webauthn"),
    path("profile/security/password/", security.password, name="account_change_password"),
    path("profile/security/sessions/end/", security.end_other_sessions, name="end_other_sessions"),
    path("profile/security/sessions/<uuid:public_id>/end/", security.end_session, name="end_session"),
    path("profile/security/app/", own(app_codes.activate_totp), name="mfa_activate_totp"),
    path("profile/security/app/remove/", own(app_codes.deactivate_totp), name="mfa_deactivate_totp"),
    path("profile/security/passkeys/add/", own(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("profile/security/passkeys/<int:pk>/", own(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path(
        "profile/security/passkeys/<int:pk>/remove/",
        own(passkeys.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path("profile/security/codes/", own(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "profile/security/codes/new/",
        own(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "profile/security/codes/download/",
        own(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
