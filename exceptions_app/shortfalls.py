"""What is around the goods that cases miss: stock, what is to come, customers, and the other cases there.

Reads what `allocation` shares out, in a number of queries that does not grow with orders, cases or customers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from erp_connectors.canonical.documents import OrderState
from erp_connectors.documents.models import OrderLine
from exceptions_app.allocation import Share, share_out
from exceptions_app.cases.lines import deviation_of
from exceptions_app.cases.models import ENDED, CaseLine
from exceptions_app.coverage import Inbound, Need, Shortfall, coming_of, turn_of
from exceptions_app.detection import registry
from exceptions_app.detection.agreement_rows import agreements_of
from exceptions_app.detection.load import LoadedOrder, Sights, load
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.view import LineView, OrderView, look
from exceptions_app.deviation import Deviation
from exceptions_app.gaps import Known, gap_of, goods_of
from exceptions_app.places import Place, known_at, place_of, rows_at, site_of
from exceptions_app.policies.lookup import Policies
from exceptions_app.routing.people import Workers, workers_of

#: An order as it was loaded, with all or some of its lines, and as it is seen.
Seen = tuple[LoadedOrder, OrderView]
ABOUT_GOODS = frozenset({Stake.SERVICE, Stake.DOUBT})


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemShortfalls:
    """The customer orders that cannot be covered with one item in one warehouse, in its base unit."""

    item: str
    description: str
    warehouse: str
    unit: str
    shortfalls: tuple[Shortfall, ...]


class Miss(NamedTuple):
    """A deviation by which goods are missing on an order line, as the order is seen."""

    deviation: Deviation
    kind: ExceptionType
    line: LineView
    loaded: LoadedOrder

    @property
    def row(self) -> OrderLine:
        """The order line with its item and warehouse."""
        return self.loaded.lines[self.line.number]

    @property
    def key(self) -> str:
        """What tells it from any other, of this order and of others."""
        return f"{self.loaded.order.number} {self.loaded.order.pk} {self.deviation.key}"


class Nearby:
    """What is around the orders of one batch of looks, read once for all of them.

    A popular item has many open orders, and many of them come into one batch. Whatever changes in one of
    them meanwhile, or in stock and demand, marks its neighbours, which are then looked at again.
    """

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self._workers: dict[int, Workers] = {}
        self._known: dict[Place, Known] = {}
        self._sights = Sights(policies.as_of)
        self._seen: dict[int, Seen | None] = {}

    def workers(self, company_id: int) -> Workers:
        """Return who works in the teams of a company today."""
        if company_id not in self._workers:
            self._workers[company_id] = workers_of(company_id, self.policies.of(company_id).today)
        return self._workers[company_id]

    def known(self, places: Mapping[Place, OrderLine]) -> dict[Place, Known]:
        """Return stock and customer orders at each place, which a line there stands for."""
        new = {place: line for place, line in places.items() if place not in self._known}
        if new:
            self._known |= known_at(new)
        return {place: self._known[place] for place in places}

    def at(self, places: Collection[Place], *, besides: Collection[int]) -> list[Seen]:
        """Return the order lines, `besides` those of some orders, that may bring something to the places.

        They come with their orders as these are seen; an order may come more than once, each time with others
        of its lines.
        """
        rows = (
            OrderLine.objects.filter(rows_at(places), is_present=True, cancelled=False)
            .filter(order__state=OrderState.RELEASED)
            .exclude(order__in=besides)
        )
        there = rows.values_list("pk", "order", "item", "warehouse").order_by("order", "pk")
        wanted = {line: order for line, order, item, warehouse in there if (item, warehouse, 0) in places}
        self._read({line: order for line, order in wanted.items() if line not in self._seen})
        seen = (self._seen[line] for line in wanted)
        return list({id(each): each for each in seen if each is not None}.values())

    def _read(self, lines: Mapping[int, int]) -> None:
        """See order lines, given with their orders; those of an order that cannot be read stay unseen."""
        if not lines:
            return
        as_of = self.policies.as_of
        world = load(
            set(lines.values()), as_of, policies=self.policies, sights=self._sights, only_lines=lines.keys()
        )
        agreements = agreements_of(world.orders)
        seen = {
            order_id: (loaded, look(loaded.snapshot, agreements.get(order_id, ()), as_of))
            for order_id, loaded in world.orders.items()
        }
        self._seen |= {line: seen.get(order_id) for line, order_id in lines.items()}


class Surroundings:
    """Everything around the goods that the open cases of some orders miss, read when it is first asked for.

    Each order comes with the deviations of all its open cases, as they are about to be.
    """

    def __init__(
        self, orders: Iterable[tuple[LoadedOrder, OrderView, Iterable[Deviation]]], nearby: Nearby
    ) -> None:
        self.nearby = nearby
        self.policies = nearby.policies
        self.orders: list[Seen] = []
        self.misses: dict[int, dict[str, Miss]] = {}
        for loaded, view, standing in orders:
            self.orders.append((loaded, view))
            self.misses[loaded.order.pk] = {
                miss.deviation.key: miss for miss in _misses(standing, loaded, view)
            }

    def share(self, order: int, key: str) -> Share | None:
        """Return the share of the deviation of an order with this key; None where it misses no goods."""
        miss = self.misses[order].get(key)
        return self._shares[miss.key] if miss else None

    def uncovered(self, order: int, keys: Iterable[str]) -> tuple[ItemShortfalls, ...] | None:
        """Return the customer orders to tell of with the deviations of an order with these keys, by place.

        None: nobody can tell, since a stock or a demand is in a unit that cannot be converted.
        """
        short: dict[Place, dict[Need, Decimal]] = {}
        missed = self.misses[order]
        for miss in (missed[key] for key in keys if key in missed):
            place, share = place_of(miss.row), self._shares[miss.key]
            if self._known[place].needs is None:
                return None
            if share.gap.tells or not share.gap.is_doubtful:
                here = short.setdefault(place, defaultdict(Decimal))
                for each in (*share.orders, *share.others):
                    here[each.need] += each.short
        return tuple(_shortfalls_at(self._places[place], found) for place, found in short.items() if found)

    # --- what is read ---------------------------------------------------------------------------------

    @cached_property
    def _places(self) -> dict[Place, OrderLine]:
        return {place_of(miss.row): miss.row for missed in self.misses.values() for miss in missed.values()}

    @cached_property
    def _others(self) -> list[Seen]:
        return self.nearby.at(self._places, besides=self.misses)

    @cached_property
    def _misses_of_others(self) -> list[Miss]:
        """Return what the open cases of the other orders miss at the places."""
        rows = CaseLine.objects.filter(
            order_line__order__in=[other.order.pk for other, _ in self._others], cleared_at=None
        ).exclude(case__state__in=ENDED)
        standing: dict[int, list[Deviation]] = defaultdict(list)
        for row in rows.select_related("order_line").order_by("pk"):
            if row.order_line is not None and place_of(row.order_line) in self._places:
                standing[row.order_line.order_id].append(deviation_of(row))
        return [
            miss for other, view in self._others for miss in _misses(standing[other.order.pk], other, view)
        ]

    @cached_property
    def _known(self) -> dict[Place, Known]:
        return self.nearby.known(self._places)

    # --- what is shared out ---------------------------------------------------------------------------

    @cached_property
    def _shares(self) -> dict[str, Share]:
        """Return the share of every miss at the places, by its key."""
        everything: dict[Place, list[Miss]] = {place: [] for place in self._places}
        own = (miss for missed in self.misses.values() for miss in missed.values())
        for miss in (*own, *self._misses_of_others):
            everything[place_of(miss.row)].append(miss)
        shares: dict[str, Share] = {}
        for place, misses in everything.items():
            shares |= self._share_out(place, misses)
        return shares

    def _share_out(self, place: Place, misses: Sequence[Miss]) -> dict[str, Share]:
        known = self._known[place]
        coming, goods = self._coming_to(place, misses)
        gaps = [
            gap_of(
                miss.key,
                miss.kind,
                miss.deviation,
                miss.line,
                goods=goods[miss.key],
                item=miss.row.item,
                known=known,
                figures=self.policies.figures(miss.loaded.scopes[miss.line.number]),
                today=self.policies.of(miss.loaded.order.company_id).today,
            )
            for miss in misses
        ]
        return share_out(site_of(known, coming, misses[0].line.counter.unit), gaps)

    def _coming_to(
        self, place: Place, misses: Sequence[Miss]
    ) -> tuple[list[Inbound], dict[str, tuple[Inbound, ...]]]:
        """Return what is to come to a place, and apart from it what of that each miss is about."""
        by_line: dict[tuple[int, str], list[Miss]] = defaultdict(list)
        for miss in misses:
            by_line[miss.loaded.order.pk, miss.line.number].append(miss)
        inbound: list[Inbound] = []
        goods: dict[str, tuple[Inbound, ...]] = {}
        for loaded, view in (*self.orders, *self._others):
            for line in view.lines:
                if place_of(loaded.lines[line.number]) != place:
                    continue
                coming = coming_of(line)
                for miss in by_line[loaded.order.pk, line.number]:
                    goods[miss.key], coming = goods_of(miss.kind, miss.deviation, line, coming)
                inbound += [each.inbound for each in coming]
        return inbound, goods


def _misses(standing: Iterable[Deviation], loaded: LoadedOrder, view: OrderView) -> Iterator[Miss]:
    """Yield the deviations that miss goods, in the order of their keys."""
    lines = {line.number: line for line in view.lines}
    for deviation in sorted(standing, key=lambda deviation: deviation.key):
        kind = registry.exception_type(deviation.type_code)
        line = lines.get(deviation.line_number or "")
        if line is not None and kind.at_stake() & ABOUT_GOODS:
            yield Miss(deviation, kind, line, loaded)


def _shortfalls_at(row: OrderLine, found: dict[Need, Decimal]) -> ItemShortfalls:
    return ItemShortfalls(
        item=row.item.number if row.item else row.item_number,
        description=row.item.description if row.item else row.description,
        warehouse=row.warehouse.code if row.warehouse else "",
        unit=row.item.base_unit if row.item else row.unit,
        shortfalls=tuple(Shortfall(need, found[need]) for need in sorted(found, key=turn_of)),
    )
