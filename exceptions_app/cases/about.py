"""What a case is about, by the rows behind it: for its columns, its group and its routing."""

from dataclasses import dataclass

from erp_connectors.companies import Company
from erp_connectors.documents.models import DocumentHead, PurchaseOrder, Supplier
from erp_connectors.exchange.models import Interchange, StreamState
from exceptions_app.detection.types.base import SubjectKind


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One subject: `kind` and `id` name its watch, the others are what is shown of it and asked by rules.

    `connection` is the code of the ERP or mailbox within which its groups are told apart. `order`,
    `document`, `interchange` and `stream` are set where the subject is one, or is about exactly one.
    """

    kind: SubjectKind
    id: int
    company: Company
    connection: str
    supplier: Supplier | None = None
    order: PurchaseOrder | None = None
    document: DocumentHead | None = None
    interchange: Interchange | None = None
    stream: StreamState | None = None
    buyer: str = ""
    message_kind: str = ""
