"""The ERP by file keeps the contract of connectors."""

from tests.builders.file_world import FileWorld
from tests.conformance.connector_suite import ConnectorSuite


class TestFileDrop(ConnectorSuite):
    make = staticmethod(FileWorld.make)
