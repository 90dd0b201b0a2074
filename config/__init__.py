"""The roof: settings, addresses, the Celery app, the beat table, and `manage.py up`."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
