"""Messages to suppliers in one call, and what is in their rows now."""

from typing import Any

from erp_connectors import clock
from suppliers.messaging import outbox
from suppliers.messaging.models import SupplierMessage
from tests.builders.factories import SupplierFactory

NORA, ORDERS = "nora@nordmann.example", "orders@nordmann.example"


def queued(*recipients: str, **values: Any) -> SupplierMessage:
    """Queue a message about the case EX-1, as if Bea had asked."""
    supplier = values.pop("supplier", None) or SupplierFactory.create(name="Nordmann")
    cases = values.pop("cases", ["EX-1"])
    fields: dict[str, Any] = {
        "inquiry": "confirmation",
        "language": "en",
        "recipients": recipients or [NORA],
        "subject": "Order 4500010001",
        "body": "Dear Nora,\nplease confirm.",
        "sender_name": "Bea Example, Weserland",
        "reply_to": "bea@example.com",
        "asked_by": "bea",
        "at": clock.now(),
    }
    return outbox.queue(outbox.compose(supplier, **fields | values), cases=cases)


def now(message: SupplierMessage) -> SupplierMessage:
    """Return the message as its row is now."""
    return SupplierMessage.objects.get(pk=message.pk)
