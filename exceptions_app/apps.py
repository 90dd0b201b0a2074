"""The Django app that decides: deviations, cases, queues, clocks, approvals."""

from django.apps import AppConfig


class ExceptionsAppConfig(AppConfig):
    """Detection, cases, policies, people, web and API."""

    name = "exceptions_app"
    verbose_name = "Exceptions"
