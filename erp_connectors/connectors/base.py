"""What every connector promises, in words of the business: the core never sees files, HTTP or vendor errors.

A connector is built for one `Connection`. It brings documents in (`pull`, `read`), carries commands out
(`push`), and tells what became of them (`answers`, `find_effect`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from erp_connectors.canonical.commands import CommandKind, OrderCommand
from erp_connectors.canonical.documents import (
    Confirmation,
    Demand,
    Invoice,
    PurchaseOrder,
    Receipt,
    ShipmentStatus,
    ShipNotice,
    Stock,
)
from erp_connectors.canonical.master import ItemRecord, SupplierRecord
from erp_connectors.errors import (
    ConfigurationError,
    ConflictError,
    PermanentError,
    RightlineError,
    TransientError,
)

#: Any document an ERP can say.
ErpDocument = (
    PurchaseOrder
    | Confirmation
    | ShipNotice
    | ShipmentStatus
    | Receipt
    | Invoice
    | Stock
    | Demand
    | SupplierRecord
    | ItemRecord
)
#: How far a stream has been read: JSON that only the connector understands.
Cursor = dict[str, Any]

LONGEST_WORDS = 500


class Stream(StrEnum):
    """What an ERP is asked for; the names of `StreamState.stream`."""

    SUPPLIERS = "suppliers"
    ITEMS = "items"
    ORDERS = "orders"
    CONFIRMATIONS = "confirmations"
    SHIP_NOTICES = "ship_notices"
    RECEIPTS = "receipts"
    INVOICES = "invoices"
    STOCK = "stock"
    DEMAND = "demand"


# --- errors, classified in the connector ----------------------------------------------------------


class RateLimited(TransientError):
    """The other side asks us to wait `retry_after`."""

    def __init__(self, words: str, retry_after: timedelta) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class EndpointDown(TransientError):
    """The endpoint cannot be reached at all: the breaker opens at once."""


class AuthError(ConfigurationError):
    """The other side does not accept who we are: an administrator must renew the credentials or rights."""


class AnswerLost(RightlineError):
    """The command may or may not have taken effect: never send it again blindly."""


class Rejected(PermanentError):
    """The ERP refused the command, in its own words (at most 500 characters)."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words[:LONGEST_WORDS])
        self.code = code


class Conflict(ConflictError):
    """The ERP holds other values than the ones the decision was made on."""


class ContractError(PermanentError):
    """What came back does not have the agreed shape; `field` names the place."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(f"{field}: {words}"[:LONGEST_WORDS])
        self.field = field


class Unsupported(PermanentError):
    """This connector cannot do that, and says so before anything is sent."""


# --- what comes in --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """One thing that could not be read, and where. Rows count as in a spreadsheet: the heading is row 1."""

    file: str
    row: int
    column: str
    value: str
    message: str

    def as_finding(self) -> dict[str, Any]:
        """Return the problem as JSON for `Transaction.findings`."""
        return {
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RowGroup:
    """Rows that go in together: one order with all its rows, or a block of master data.

    Becomes one `Transaction`: `stream` its kind, `key` its control number, the rows its offsets, `problems`
    its findings. `documents` are complete: an order with an unreadable row has none, and `problems` says why.
    `supplier` is the number of the supplier whose word they are, where it is not the ERP's own.
    """

    stream: Stream
    key: str
    first_row: int
    last_row: int
    documents: tuple[ErpDocument, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    supplier: str | None = None


class UnreadableFile(PermanentError):
    """Nothing of the file can be used (no heading row, not the format it claims, too large)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """Bytes that a pull brought, as they enter the inbox."""

    payload: bytes
    file_name: str
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One step of reading a stream.

    `seen_until`: everything the ERP said before this moment has reached us or is in `pulled`; None: it never
    said anything, or nobody can tell.
    """

    seen_until: datetime | None
    pulled: tuple[Pulled, ...] = ()
    next_cursor: Cursor | None = None
    has_more: bool = False


# --- what goes out --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A command on its way. `key` is the idempotency key: the same key has one effect at most."""

    key: str
    command: OrderCommand
    sent_at: datetime
    case_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Commands of one order on their way together, in the order they are carried out: all of them or none.

    Each keeps its own key; `key` names them all.
    """

    key: str
    sendings: tuple[Sending, ...]


class Outcome(StrEnum):
    """What an ERP did with a command. Awaited: it has been handed over and the answer comes by itself."""

    APPLIED = "applied"
    AWAITED = "awaited"
    REFUSED = "refused"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReceipt:
    """What is known right after a push: applied, or awaited. A refusal is raised, not returned."""

    outcome: Outcome
    words: str = ""
    version_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The ERP's answer to an earlier command: applied, refused or conflict, in its own words.

    `key` names the command, or the group it went with: then it is about each of them. `line`: it is about
    that order line alone.
    """

    key: str
    outcome: Outcome
    words: str
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers that came together, and what of them could not be read, in sentences.

    By `reference` the connector puts them away once they are recorded.
    """

    reference: str
    answers: tuple[Answer, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The newest revision of the order in the mirror: what it says, when it was said and recorded."""

    order: PurchaseOrder
    said_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the endpoint can be used, and what is wrong with it in sentences for an administrator."""

    is_healthy: bool
    problems: tuple[str, ...] = ()


class Connector(Protocol):
    """One ERP behind one connection."""

    kind: str

    def streams(self) -> tuple[Stream, ...]:
        """Return the streams this ERP tells us."""
        ...

    def commands(self) -> frozenset[CommandKind]:
        """Return the commands this ERP can carry out through this connector."""
        ...

    def answer_timeout(self) -> timedelta:
        """Return how long an answer to a command may take before it counts as lost."""
        ...

    def health(self) -> Health:
        """Look whether the endpoint can be used, changing nothing."""
        ...

    def pull(self, stream: Stream, cursor: Cursor, *, now: datetime) -> Page:
        """Return the next page of the stream. Raises TransientError, AuthError, ContractError."""
        ...

    def read(self, payload: bytes, *, file_name: str, received_at: datetime) -> Iterator[RowGroup]:
        """Translate received bytes, lazily, into groups of canonical documents.

        Raises UnreadableFile where nothing of it can be used, ConfigurationError where a setting is wrong.
        """
        ...

    def push(self, sending: Sending) -> PushReceipt:
        """Hand the command to the ERP.

        Raises Unsupported before anything is sent, Rejected or Conflict when the ERP says no, TransientError
        or AuthError when it certainly did not take effect, AnswerLost when nobody knows.
        """
        ...

    def takes_groups(self) -> bool:
        """Say whether the ERP carries out several commands of one order as one."""
        ...

    def push_group(self, group: Group) -> PushReceipt:
        """Hand commands of one order over that are carried out together: all of them or none.

        Raises as `push` does.
        """
        ...

    def answers(self) -> Iterator[Answers]:
        """Return the answers to earlier commands that lie ready; the same ones again until `put_away`."""
        ...

    def put_away(self, answers: Answers, problems: tuple[str, ...]) -> None:
        """Forget answers that have been recorded; with problems, keep them where an administrator looks."""
        ...

    def find_effect(self, sending: Sending, evidence: Evidence | None) -> bool:
        """Say whether the command has taken effect, by evidence younger than the command."""
        ...
