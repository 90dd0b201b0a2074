"""The Django app that reads: facts, KPIs and reports."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Facts and KPIs."""

    name = "analytics"
    verbose_name = "Analytics"
