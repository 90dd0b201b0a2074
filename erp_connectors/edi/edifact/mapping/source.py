"""Where a message came from, as far as its mapping needs to know."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.edi.edifact.mapping.tables import Tables
from erp_connectors.edi.rules import PartnerRules

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_CONTROL_NUMBER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The envelope above a message: its time, its joined references, its decimal marks, its partner's tables.

    `interchange_time` is None where the envelope states none that can be read.
    """

    set_code: str
    version: str
    interchange_time: datetime | None
    control_number: str
    marks: str
    zone: tzinfo
    rules: PartnerRules
    tables: Tables

    def document_version(self, stated: datetime | None) -> DocumentVersion:
        """Return the version of a document: by its own time where it states one to the minute.

        A document dated after the interchange it travels in counts as of the interchange, or a post-dated one
        would outweigh every correction that follows it. Documents of one time follow their interchanges.
        """
        sent = self.interchange_time
        moment = stated if sent is None or (stated is not None and stated < sent) else sent
        place = f"{sent or EPOCH:%Y%m%d%H%M}.{self.control_number}"
        return DocumentVersion(moment or EPOCH, 0, place[:LONGEST_CONTROL_NUMBER])
