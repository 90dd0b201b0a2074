"""Waiting one's turn: whoever records the same documents or orders goes one after the other."""

from collections.abc import Iterable
from hashlib import sha256

from django.db import connection as database

from erp_connectors.companies import Connection
from erp_connectors.documents.identity import Named
from erp_connectors.documents.models import OrderReference

LOCK_KEYS = """
    SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT unnest(%s::bigint[]) AS key ORDER BY 1) AS keys
"""
#: Locks on the numbers of shipments: as many as this, however many numbers a file holds.
SHIPMENT_LOCKS = 1024


def queue_up_for_documents(
    keys: Iterable[tuple[str, str]], shipments: Iterable[str] = (), *, connection: Connection
) -> None:
    """Wait for whoever records another revision of one of these documents, or another word on the shipments.

    `keys` are kinds and keys of documents, `shipments` numbers of shipments. Locks go in one order for all.
    """
    names = [_digest(f"{connection.pk} {kind} {key}") for kind, key in keys]
    names += [_digest(f"{connection.pk} {number}") % SHIPMENT_LOCKS for number in shipments]
    with database.cursor() as cursor:
        cursor.execute(LOCK_KEYS, [names])


def _digest(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)


def queue_up_for_orders(
    numbers: Iterable[str], named: Iterable[Named], *, connection: Connection
) -> dict[Named, OrderReference]:
    """Lock the orders, known to us or not, in one order for all, and return the references of what was named.

    The reference without a supplier is the lock: whoever names the order, it is one order of one ERP.
    """
    wanted = sorted({*named, *(("", number) for number in numbers)}, key=lambda name: (name[1], name[0]))
    # One statement makes the missing rows and locks the others, one after the other in the order given.
    references = OrderReference.objects.bulk_create(
        [
            OrderReference(connection=connection, supplier_number=supplier, order_number=number)
            for supplier, number in wanted
        ],
        update_conflicts=True,
        unique_fields=["connection", "supplier_number", "order_number"],
        update_fields=["order_number"],
    )
    return {(one.supplier_number, one.order_number): one for one in references}
