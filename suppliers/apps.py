"""The Django app of our relationship with suppliers."""

from django.apps import AppConfig


class SuppliersConfig(AppConfig):
    """Supplier profiles and contacts."""

    name = "suppliers"
    verbose_name = "Suppliers"
