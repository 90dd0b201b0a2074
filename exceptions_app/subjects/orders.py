"""Purchase orders, as the documents about them leave their lines."""

from collections.abc import Collection, Sequence
from datetime import datetime

from erp_connectors.documents.models import OrderReference, PurchaseOrder
from exceptions_app.cases.about import About
from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.load import LoadedOrder, agreements_of, load
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

    def queue_up_for(self, subject_id: int, loaded: Loaded | None) -> None:
        """Lock an order by its reference without a supplier, as `store.record` does; else by its row."""
        order = loaded.about.order if loaded else PurchaseOrder.objects.filter(pk=subject_id).first()
        if order is None:
            return
        reference = OrderReference.objects.filter(
            connection=order.connection_id, supplier_number="", order_number=order.number
        )
        if not reference.select_for_update().values_list("pk"):
            list(PurchaseOrder.objects.filter(pk=order.pk).select_for_update(no_key=True).values_list("pk"))

    def agreements(self, subject_id: int) -> Sequence[Agreement]:
        """Return the agreements on the lines of the order."""
        return agreements_of([subject_id]).get(subject_id, ())


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
