"""The addresses of the house; each app names its own below."""

from django.contrib import admin
from django.urls import path

from exceptions_app.api import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
]
