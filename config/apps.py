"""Makes config a Django app, so that its commands and system checks are found."""

from django.apps import AppConfig
from django.core.checks import register

from config.checks import messages_outlive_their_tasks


class HouseConfig(AppConfig):
    """The house around the four apps; it has no models."""

    name = "config"
    label = "house"
    verbose_name = "Rightline"

    def ready(self) -> None:
        """Register the system checks."""
        register(messages_outlive_their_tasks)
