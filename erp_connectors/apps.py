"""The Django app of everything that touches the outside."""

from django.apps import AppConfig

from erp_connectors.arrays import write_lists_quickly


class ErpConnectorsConfig(AppConfig):
    """Documents, EDI, connectors, inbox and outbox."""

    name = "erp_connectors"
    verbose_name = "Connections and documents"

    def ready(self) -> None:
        """Prepare the driver before anybody connects."""
        write_lists_quickly()
