"""What was known of orders at moments that have passed, as detection looks at it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from erp_connectors.companies import Connection
from erp_connectors.documents.models import OrderLine, PurchaseOrder, Supplier
from erp_connectors.documents.past import OrderThen, Past
from exceptions_app.backtest.agreed import agreements_by, price_bases
from exceptions_app.backtest.sights import Sights
from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.agreement_rows import agreement_of
from exceptions_app.detection.load import LoadedOrder, assemble, lines_of, places_of_class_a
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies.lookup import Policies
from exceptions_app.subjects.orders import as_subject
from exceptions_app.subjects.subject import Loaded


class Orders:
    """The past of some orders, loaded in a number of queries that does not grow with them.

    `pasts` are by connection, and know the orders; None: they are read.
    """

    def __init__(
        self,
        orders: Collection[PurchaseOrder],
        sights: Sights,
        pasts: Mapping[int, Past] | None = None,
    ) -> None:
        self.sights = sights
        self.rows = {order.pk: order for order in orders}
        self.by_name = {(order.connection_id, order.number): order for order in orders}
        self._lines = lines_of(self.rows, positions=False)
        self._waiting = places_of_class_a(line for some in self._lines.values() for line in some)
        self.pasts = _pasts(orders) if pasts is None else pasts
        on_no_line = Q(subject_kind=SubjectKind.ORDER, subject_id__in=self.rows, order_line=None)
        which = Q(order_line__order__in=self.rows) | on_no_line
        self._agreements = agreements_by(which, "order_line__order")
        self._bases = price_bases({order.supplier_id for order in orders})
        self._suppliers = {(order.connection_id, order.supplier.number): order.supplier for order in orders}

    def moments(self, order: PurchaseOrder) -> set[datetime]:
        """Return when something was recorded or agreed about an order."""
        made = (row.made_at for row in self._agreements.get(order.pk, ()))
        based = (made_at for made_at, _ in self._bases.get(order.supplier_id, ()))
        return {*self.pasts[order.connection_id].moments(order.number), *made, *based}

    def then(self, order: PurchaseOrder, moment: datetime) -> OrderThen | None:
        """Return an order as the mirror had it at a moment; None: it had not."""
        return self.pasts[order.connection_id].at(order.number, moment)

    def at(self, order: PurchaseOrder, moment: datetime, policies: Policies) -> LoadedOrder | None:
        """Return an order as it was at a moment, to be judged by `policies`; None: it was not there.

        Raises RightlineError where it cannot be read.
        """
        then = self.then(order, moment)
        if then is None:
            return None
        row = self._row(order, then)
        kept = {line.number: line for line in self._lines[order.pk]}
        # The answers of lines that came only later hang on rows that are there by now.
        lines = [
            (_line(kept[position.line.number], position), position)
            for position in then.positions.lines
            if position.line.number in kept
        ]
        return assemble(
            row,
            lines,
            unmatched=then.positions.unmatched,
            policies=policies,
            sight=self.sights.of(row.supplier, moment),
            waiting=self._waiting,
            basis=self._basis(row.supplier_id, moment),
        )

    def agreements(self, order: PurchaseOrder, moment: datetime) -> list[Agreement]:
        """Return what had been agreed on the lines of an order by a moment."""
        rows = self._agreements.get(order.pk, ())
        return [agreement_of(row) for row in rows if row.made_at <= moment]

    def _row(self, order: PurchaseOrder, then: OrderThen) -> PurchaseOrder:
        row, said = copy(order), then.said
        row.state, row.currency, row.buyer = said.state.value, said.currency, said.buyer or ""
        row.released_at, row.document = said.released_at, then.document
        row.supplier = self._supplier(order, said.supplier)
        return row

    def _supplier(self, order: PurchaseOrder, number: str) -> Supplier:
        key = (order.connection_id, number)
        if key not in self._suppliers:
            found = Supplier.objects.select_related("profile", "connection")
            self._suppliers[key] = found.get(connection=order.connection_id, number=number)
        return self._suppliers[key]

    def _basis(self, supplier: int, moment: datetime) -> Decimal | None:
        said = [per for made_at, per in self._bases.get(supplier, ()) if made_at <= moment]
        return said[-1] if said else None


def _pasts(orders: Iterable[PurchaseOrder]) -> dict[int, Past]:
    numbers: dict[Connection, set[str]] = defaultdict(set)
    for order in orders:
        numbers[order.connection].add(order.number)
    return {connection.pk: Past(known, connection=connection) for connection, known in numbers.items()}


def _line(row: OrderLine, position: Any) -> OrderLine:
    """Return the row of an order line with what the order said then, as cases and rules read it."""
    then, line = copy(row), position.line
    then.item_number, then.description = line.item, line.description
    then.quantity, then.unit = line.quantity.value, line.quantity.unit
    return then


class OrderPast:
    """One order through time."""

    def __init__(self, orders: Orders, order: PurchaseOrder) -> None:
        self.orders, self.order = orders, order
        self.kind, self.id, self.company_id = SubjectKind.ORDER, order.pk, order.company_id
        self.number = order.number

    def moments(self) -> set[datetime]:
        """Return when something was recorded or agreed about it."""
        return self.orders.moments(self.order)

    def at(self, moment: datetime, policies: Policies) -> Loaded | None:
        """Return it as it was at a moment, or None. Raises RightlineError where nobody can read it."""
        loaded = self.orders.at(self.order, moment, policies)
        return None if loaded is None else as_subject(loaded)

    def agreements(self, moment: datetime) -> list[Agreement]:
        """Return what had been agreed on it by a moment."""
        return self.orders.agreements(self.order, moment)
