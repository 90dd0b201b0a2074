"""The Django app that decides: deviations, cases, queues, clocks, approvals."""

from importlib import import_module

from django.apps import AppConfig

from erp_connectors.exchange import reporters


class ExceptionsAppConfig(AppConfig):
    """Detection, cases, policies, people, web and API."""

    name = "exceptions_app"
    verbose_name = "Exceptions"

    def ready(self) -> None:
        """Listen to the news from below, and say which cases a received file touched."""
        import_module("exceptions_app.receivers")
        reporters.add_reporter(import_module("exceptions_app.intake").report_cases)
