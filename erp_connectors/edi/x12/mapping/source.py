"""Where a transaction came from, as far as its mapping needs to know."""

from dataclasses import dataclass
from datetime import datetime

from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.edi.frame import Row
from erp_connectors.edi.rules import PartnerRules
from erp_connectors.edi.x12.mapping.tables import Tables

__all__ = ["Row", "Source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The envelope above a transaction: its time, its joined control numbers, its partner's tables."""

    set_code: str
    version: str
    document_time: datetime
    control_number: str
    rules: PartnerRules
    tables: Tables

    def document_version(self, revision: int = 0) -> DocumentVersion:
        """Return the version of a document that travelled in this transaction."""
        return DocumentVersion(self.document_time, revision, self.control_number)
