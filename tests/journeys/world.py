"""Everything a document or a look may change, as plain values: to see that nothing did."""

from typing import Any

from django.db.models import Model

from erp_connectors.documents.models import (
    CustomerDemand,
    Document,
    Item,
    OrderLine,
    OrderReference,
    PurchaseOrder,
    StockLevel,
    Supplier,
)
from erp_connectors.exchange.models import Command, Interchange, OutgoingFile, Transaction
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import AgreementRow, Case, CaseLine, Clock, QueueEntry, Task
from exceptions_app.notifications.models import Notification
from exceptions_app.proposals.models import Approval, ApprovalNeed, Proposal, ProposalLine

MIRROR = (Supplier, Item, PurchaseOrder, OrderLine, OrderReference, Document, StockLevel, CustomerDemand)
DECIDED = (
    Case,
    CaseLine,
    Clock,
    QueueEntry,
    Task,
    AgreementRow,
    Proposal,
    ProposalLine,
    ApprovalNeed,
    Approval,
)
TOLD = (Event, Notification)
EXCHANGED = (Interchange, Transaction, OutgoingFile, Command)
#: How a row is on its way, and whether a mail has left: no difference in what it says.
ON_THE_WAY = {"status", "due_at", "attempts", "lease_until", "last_error", "sent_at", "mailed_at"}

World = dict[str, list[dict[str, Any]]]


def of_everything() -> World:
    """Return every row, but for how far it is on its way."""
    return of(*MIRROR, *DECIDED, *TOLD, *EXCHANGED)


def of(*models: type[Model], **only: Any) -> World:
    """Return the rows of these models, but for how far each is on its way; `only` filters all of them.

    That somebody called the API is told of every call, also of one that changed nothing.
    """
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in _left_out(model)}
            for row in model._default_manager.filter(**only).order_by("pk").values()
            if row.get("kind") != "api.called"
        ]
        for model in models
    }


def _left_out(model: type[Model]) -> set[str]:
    # A clock's due time is no hop.
    return ON_THE_WAY if model not in DECIDED else set()
