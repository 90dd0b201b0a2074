"""The Django app of everything that touches the outside."""

from django.apps import AppConfig


class ErpConnectorsConfig(AppConfig):
    """Documents, EDI, connectors, inbox and outbox."""

    name = "erp_connectors"
    verbose_name = "Connections and documents"
