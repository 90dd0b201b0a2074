"""An order as the exception types see it at one moment: each line with its buckets and agreements. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from erp_connectors.canonical.documents import OrderState
from erp_connectors.canonical.values import ItemIds
from erp_connectors.documents.matching import names_another
from erp_connectors.documents.position import InvoiceFact, LinePosition, ReceiptFact
from exceptions_app.detection.agreement import Agreement, AgreementKind, AgreementState
from exceptions_app.detection.agreements import Aspect, Holding, ends_at, fingerprint, has_ended, holding
from exceptions_app.detection.buckets import Bucket, LineBuckets
from exceptions_app.detection.counting import Counter
from exceptions_app.detection.deadlines import JUST_AFTER, Deadlines
from exceptions_app.detection.prices import Comparison, UnitPrice, confirmed_price, money, ordered_price
from exceptions_app.detection.snapshot import LineSnapshot, OrderSnapshot
from exceptions_app.detection.splitting import split
from exceptions_app.detection.subject import word_of
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction, Tolerance

#: The type that asks which basis is meant: until it is decided no price is compared.
BASIS_IN_DOUBT = "price_basis_suspect"


@dataclass(frozen=True)
class LineView:
    """One order line at one moment. Quantities in the order line's unit unless they are called counted.

    `claims` are the credits that were agreed, the oldest first: owed whatever is said or ordered since.
    """

    snapshot: OrderSnapshot
    line: LineSnapshot
    holdings: tuple[Holding, ...]
    claims: tuple[Agreement, ...]
    buckets: LineBuckets
    as_of: datetime

    @property
    def number(self) -> str:
        """The number of the order line."""
        return self.line.position.line.number

    @property
    def position(self) -> LinePosition:
        """What is known of the line."""
        return self.line.position

    @property
    def counter(self) -> Counter:
        """Counts the quantities of this line."""
        return self.buckets.counter

    @property
    def unit(self) -> str:
        """The unit the line is ordered in."""
        return self.counter.order_unit

    @property
    def deadlines(self) -> Deadlines:
        """By when things must have happened."""
        return Deadlines(self.snapshot, self.line)

    @cached_property
    def ordered(self) -> Decimal:
        """The ordered quantity."""
        return self.counter.in_order_unit(self.buckets.ordered)

    @cached_property
    def confirmed(self) -> Decimal:
        """What the newest answer offers; without one, or on hold, the ordered quantity."""
        offer = self.buckets.offer
        if offer is None or offer.is_on_hold:
            return self.ordered
        return self.counter.in_order_unit(offer.quantity)

    @cached_property
    def price(self) -> UnitPrice | None:
        """What the order pays for one base unit."""
        return ordered_price(self.line)

    @cached_property
    def word(self) -> str | None:
        """The fingerprint of the supplier's word."""
        return fingerprint(self.line)

    @property
    def is_unwanted(self) -> bool:
        """Whether the ERP no longer expects anything on this line."""
        position = self.position
        is_over = position.state in (OrderState.CANCELLED, OrderState.CLOSED)
        return is_over or position.line.cancelled or not position.is_present

    @property
    def is_cancelled(self) -> bool:
        """Whether the ERP has cancelled the line, or no longer has it; a closed order is not cancelled."""
        return self.is_unwanted and self.position.state is not OrderState.CLOSED

    @cached_property
    def prices(self) -> Comparison | None:
        """Our price against the supplier's at the quantity it offers; None with nothing to compare."""
        confirmed, offer = confirmed_price(self.line), self.buckets.offer
        quantity = offer.quantity if offer and not offer.is_on_hold else self.buckets.ordered
        ordered = ordered_price(self.line, quantity)
        if ordered is None or confirmed is None or quantity <= 0 or self.is_unwanted:
            return None
        return Comparison(ordered=ordered, confirmed=confirmed, quantity=quantity)

    @property
    def is_basis_in_doubt(self) -> bool:
        """Whether the prices differ by a factor people mix up, and nobody has decided what is meant."""
        if self.prices is None or not self.prices.has_suspect_basis(self.counter.factors.values()):
            return False
        decided = self.holds(f"{BASIS_IN_DOUBT}:{self.number}", BASIS_IN_DOUBT, Aspect.PRICE)
        return all(agreed.agreement.kind is AgreementKind.WAIT_UNTIL for agreed in decided)

    def is_other_item(self, ids: ItemIds) -> bool:
        """Say whether item numbers name another item than the one that is ordered."""
        item = self.line.item
        names, gtins = (item.names, [item.gtin]) if item else ((), [])
        return names_another(self.position.line, ids, names=names, gtins=gtins)

    def is_wrong(self, fact: ReceiptFact) -> bool:
        """Say whether a receipt is of another item than the one that is ordered, by number or by word."""
        return fact.wrong_item is not None or self.is_other_item(received_ids(fact))

    def wrong(self, fact: ReceiptFact) -> Decimal | None:
        """Return how much of a receipt is wrong, counted: all of another item, else what is called so.

        None: unknown.
        """
        wrong = fact.received if self.is_other_item(received_ids(fact)) else fact.wrong_item
        return self.counter.count(wrong) if wrong and self.counter.knows(wrong.unit) else None

    def without(self, holdings: Iterable[Holding]) -> "LineView":
        """Return the line as it were without some of the agreements that hold."""
        gone = {held.agreement.id for held in holdings}
        left = tuple(held for held in self.holdings if held.agreement.id not in gone)
        buckets = split(self.snapshot, self.line, left, self.as_of)
        return LineView(self.snapshot, self.line, left, self.claims, buckets, self.as_of)

    def tolerance(self, type_code: str, direction: Direction, default: Tolerance) -> Tolerance:
        """Return the tolerance that holds for a type on this line."""
        return self.line.tolerances.get(type_code, direction, default)

    def amount(self, counted: Decimal) -> Decimal | None:
        """Return a counted quantity at the order's price; None when the price is unknown."""
        return money(counted, self.price.amount) if self.price else None

    def counted(self, fact: InvoiceFact) -> Decimal | None:
        """Return the quantity of an invoice line, counted; None when it cannot be read."""
        if fact.quantity is None or not self.counter.knows(fact.quantity.unit):
            return None
        return self.counter.count(fact.quantity)

    def holds(self, key: str, type_code: str, aspect: Aspect) -> list[Holding]:
        """Return the agreements that hold on a deviation."""
        return [
            agreed
            for agreed in self.holdings
            if agreed.agreement.type_code == type_code
            and agreed.agreement.key == key
            and aspect in agreed.aspects
        ]

    def is_settled(self, deviation: Deviation, aspect: Aspect) -> bool:
        """Say whether an agreement that holds covers the whole of a deviation."""
        return any(
            agreed.agreement.quantity is None
            or (deviation.quantity is not None and deviation.quantity <= agreed.agreement.quantity)
            for agreed in self.holds(deviation.key, deviation.type_code, aspect)
        )

    def quantity(self, *buckets: Bucket) -> Decimal:
        """Return how much is in `buckets`."""
        return self.buckets.quantity(*buckets)


def received_ids(fact: ReceiptFact) -> ItemIds:
    """Return what was received; the item of the booking where no number of the buyer is named."""
    ids = fact.ids
    return ItemIds(ids.buyer or fact.item, ids.supplier, ids.gtin, ids.manufacturer)


@dataclass(frozen=True)
class OrderView:
    """One order at one moment. An order that is not watched, or not yet released, has no lines to look at."""

    snapshot: OrderSnapshot
    as_of: datetime
    lines: tuple[LineView, ...]
    agreements: tuple[Agreement, ...] = ()

    def is_settled(self, deviation: Deviation) -> bool:
        """Say whether an agreement covers a deviation that is on no line, with the words it was made on."""
        word = word_of(deviation.key, deviation.actual)
        return any(each.key == deviation.key and each.answer in (None, word) for each in self.agreements)

    def next_end(self, type_code: str) -> datetime | None:
        """Return when the next wait on a type ends that is on no line."""
        ends = [ends_at(self.snapshot, each) for each in self.agreements if each.type_code == type_code]
        return min((end + JUST_AFTER for end in ends if end is not None), default=None)


def look(
    snapshot: OrderSnapshot,
    agreements: Iterable[Agreement],
    as_of: datetime,
    states: frozenset[AgreementState] = frozenset({AgreementState.ACTIVE}),
) -> OrderView:
    """Return the order as it is at `as_of`, with the agreements in one of `states` taken into account."""
    known = tuple(agreements)
    lines = []
    for line in snapshot.lines if snapshot.watched else ():
        if line.position.state is not OrderState.DRAFT:
            held = tuple(holding(snapshot, line, known, states, as_of))
            claims = tuple(each for each in known if _is_claim(each, line, states))
            lines.append(LineView(snapshot, line, held, claims, split(snapshot, line, held, as_of), as_of))
    counting = tuple(each for each in known if _counts(snapshot, each, states, as_of))
    return OrderView(snapshot, as_of, tuple(lines), counting)


def _counts(
    snapshot: OrderSnapshot, agreement: Agreement, states: frozenset[AgreementState], as_of: datetime
) -> bool:
    is_of_order = agreement.line_number is None and agreement.state in states
    return is_of_order and not has_ended(snapshot, agreement, as_of)


def _is_claim(agreement: Agreement, line: LineSnapshot, states: frozenset[AgreementState]) -> bool:
    is_of_line = agreement.line_number == line.position.line.number
    return is_of_line and agreement.kind is AgreementKind.CREDIT and agreement.state in states
