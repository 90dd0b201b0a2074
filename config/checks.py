"""System checks for settings that must agree with each other."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error


def messages_outlive_their_tasks(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> list[CheckMessage]:
    """Complain when the broker would hand out a message again while its task may still be running.

    kombu looks at unacknowledged messages by age alone; a task that took longer was seen to run twice.
    """
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    if visibility >= 4 * settings.CELERY_TASK_TIME_LIMIT:
        return []
    return [
        Error(
            "The broker's visibility_timeout is shorter than four times CELERY_TASK_TIME_LIMIT.",
            hint="Raise visibility_timeout in CELERY_BROKER_TRANSPORT_OPTIONS or lower the time limit.",
            id="house.E001",
        )
    ]
