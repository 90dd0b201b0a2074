"""The Django app that decides: deviations, cases, queues, clocks, approvals."""

from importlib import import_module

from django.apps import AppConfig

from erp_connectors.exchange import reporters


class ExceptionsAppConfig(AppConfig):
    """Detection, cases, policies, people, web and API."""

    name = "exceptions_app"
    verbose_name = "Exceptions"

    def ready(self) -> None:
        """Listen to the news from below; say which cases a received file touched; let clocks write mails."""
        import_module("exceptions_app.receivers")
        import_module("exceptions_app.signing_in.receivers")
        reporters.add_reporter(import_module("exceptions_app.intake").report_cases)
        remind_when_due = import_module("exceptions_app.asking.follow").remind_when_due
        import_module("exceptions_app.sla.reminding").remind_by(remind_when_due)
