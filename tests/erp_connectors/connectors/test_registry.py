"""A connector is found by the kind of its connection."""

import pytest

from erp_connectors.companies import Company, Connection, ConnectionKind
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.file_drop.connector import FileDropConnector
from erp_connectors.connectors.registry import connector_for, has_connector
from erp_connectors.errors import ConfigurationError


def connection(kind: str, **settings: object) -> Connection:
    return Connection(company=Company(currency="EUR"), kind=kind, name="ERP", settings=settings)


def test_an_erp_by_file_has_its_connector() -> None:
    connector = connector_for(connection(ConnectionKind.FILE_DROP, folder="/nowhere"))
    assert isinstance(connector, FileDropConnector)
    assert Stream.ORDERS in connector.streams()


@pytest.mark.parametrize("kind", [ConnectionKind.EDI, "sap"])
def test_what_is_no_erp_has_none(kind: str) -> None:
    assert not has_connector(connection(kind))
    with pytest.raises(ConfigurationError, match="No connector"):
        connector_for(connection(kind))


def test_wrong_settings_are_said_when_the_connector_is_made() -> None:
    with pytest.raises(ConfigurationError, match="folder"):
        connector_for(connection(ConnectionKind.FILE_DROP))
