"""The addresses of the house; each app names its own below."""

from django.contrib import admin
from django.urls import include, path, re_path

from exceptions_app.api import health, problems
from exceptions_app.web import security, sign_in

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    # The administration's own door would let in without a second factor.
    path("admin/login/", sign_in.administration, name="sign_in_to_administration"),
    path("admin/password_change/", security.password, name="password_in_administration"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("exceptions_app.api.urls")),
    path("api/v1/", include("analytics.api_urls")),
    re_path("^api/", problems.no_such_route, name="no_such_route"),
    path("analytics/", include("analytics.web.urls")),
    path("", include("exceptions_app.web.account_urls")),
    path("", include("exceptions_app.web.urls")),
]

handler500 = "exceptions_app.api.problems.server_error"
