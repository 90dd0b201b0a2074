"""Purchase orders, as the documents about them leave their lines."""

from collections.abc import Collection
from datetime import datetime

from erp_connectors.documents.models import OrderReference, PurchaseOrder
from exceptions_app.cases.about import About
from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.agreement_rows import agreements_of, agreements_on_no_line
from exceptions_app.detection.load import LoadedOrder, load
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.subjects.subject import Loaded, Subject, World


class Orders(Subject):
    """An order is judged line by line; whoever records a document on it holds its lock."""

    kind = SubjectKind.ORDER

    def load(self, ids: Collection[int], as_of: datetime) -> World:
        """Return the orders with their positions."""
        orders = load(ids, as_of)
        return World(
            policies=orders.policies,
            subjects={order_id: as_subject(order) for order_id, order in orders.orders.items()},
            problems=orders.problems,
        )

    def queue_up_for(self, ids: Collection[int]) -> None:
        """Lock orders by their references without a supplier, as `store.record` does; else by their rows."""
        numbers = set(PurchaseOrder.objects.filter(pk__in=ids).values_list("connection", "number"))
        references = OrderReference.objects.filter(
            supplier_number="",
            connection__in={connection for connection, _ in numbers},
            order_number__in={number for _, number in numbers},
        )
        locked = references.order_by("order_number", "connection").select_for_update()
        if len(set(locked.values_list("connection", "order_number")) & numbers) < len(numbers):
            rows = PurchaseOrder.objects.filter(pk__in=ids).order_by("number", "pk")
            list(rows.select_for_update(no_key=True).values_list("pk"))

    def agreements(self, ids: Collection[int]) -> dict[int, list[Agreement]]:
        """Return the agreements on the lines of the orders, and on what is beyond them."""
        on_lines, beyond = agreements_of(ids), agreements_on_no_line(ids)
        return {pk: on_lines.get(pk, []) + beyond.get(pk, []) for pk in on_lines.keys() | beyond.keys()}


def as_subject(order: LoadedOrder) -> Loaded:
    """Return a loaded order as the desk takes it."""
    row = order.order
    return Loaded(
        about=About(
            kind=SubjectKind.ORDER,
            id=row.pk,
            company=row.company,
            connection=row.connection.code,
            supplier=row.supplier,
            order=row,
            buyer=row.buyer or row.supplier.buyer,
        ),
        snapshot=order.snapshot,
        order=order,
        lines=order.lines,
        scopes=order.scopes,
    )
