"""Finds the connector of a connection.

A connector is one folder beside this file whose `connector.py` names its class as `CONNECTOR`; nothing is
listed anywhere.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from erp_connectors import connectors
from erp_connectors.companies import Connection
from erp_connectors.connectors.base import Connector
from erp_connectors.errors import ConfigurationError


def has_connector(connection: Connection) -> bool:
    """Say whether an ERP stands behind the connection, rather than a mailbox of messages."""
    return connection.kind in _connectors()


def connector_for(connection: Connection) -> Connector:
    """Return the connector that serves `connection`, with its settings read.

    Raises ConfigurationError where there is none for its kind or a setting is wrong.
    """
    if not has_connector(connection):
        raise ConfigurationError(f"No connector serves connections of the kind {connection.kind!r}.")
    return _connectors()[connection.kind](connection)


@cache
def _connectors() -> dict[str, Callable[[Connection], Connector]]:
    places = [
        f"{connectors.__name__}.{module.name}" for module in iter_modules(connectors.__path__) if module.ispkg
    ]
    classes = [
        import_module(f"{place}.connector").CONNECTOR for place in places if find_spec(f"{place}.connector")
    ]
    return {connector.kind: connector for connector in classes}
