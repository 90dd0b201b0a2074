"""Reads the situation of a case from the database, for the resolutions to look at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import LineValues
from erp_connectors.canonical.values import DateKind, Price, Quantity
from erp_connectors.documents.models import Item, OrderLine
from erp_connectors.documents.position import AnswerFact, LinePosition
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection import load as detection
from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.agreement_rows import agreements_of
from exceptions_app.detection.agreements import price_fact, values_of
from exceptions_app.detection.basis import names_no_basis, on_basis
from exceptions_app.detection.buckets import Piece
from exceptions_app.detection.counting import counter_of
from exceptions_app.detection.goods import goods_of
from exceptions_app.detection.load import LoadedOrders
from exceptions_app.detection.offers import Day, answers_of
from exceptions_app.detection.prices import CENT, as_decimal
from exceptions_app.detection.registry import exception_type
from exceptions_app.detection.snapshot import ItemFacts, LineSnapshot
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView, look
from exceptions_app.playbook import likely
from exceptions_app.playbook.situation import LineFacts, Part, QuantityBasis, Situation
from exceptions_app.policies import lookup
from exceptions_app.policies.lookup import CompanyPolicies, Policies
from exceptions_app.policies.values import ToleranceTable
from exceptions_app.proposals.lifecycle import OPEN
from exceptions_app.proposals.models import ProposalLine

#: Why an answer cannot be meant as it is counted (`answer_conflict`).
MISCOUNTED = frozenset({"below_received", "beyond_open"})
#: What a line is called that is about the whole of an invoice, a message ...
WHOLE = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the situations of some cases are made of: their orders, what was agreed on them, the policies."""

    as_of: datetime
    policies: Policies
    orders: LoadedOrders
    agreements: Mapping[int, list[Agreement]]


def outlook_of(cases: Iterable[Case], as_of: datetime) -> Outlook:
    """Return the outlook on several cases at `as_of`, in a number of queries that does not grow with them."""
    known = list(cases)
    policies = lookup.load({case.company_id for case in known}, as_of)
    orders = {case.order_id for case in known if case.order_id is not None}
    return Outlook(
        as_of=as_of,
        policies=policies,
        orders=detection.load(orders, as_of, policies=policies),
        agreements=agreements_of(orders),
    )


def situation_of(
    case: Case, *, as_of: datetime, person: str, lines: Iterable[CaseLine], outlook: Outlook | None = None
) -> Situation:
    """Return the situation of `lines` of a case as the mirror has them at `as_of`, or by an `outlook` on it.

    Raises ConfigurationError where the company has no policy, or a policy of the order cannot be read.
    """
    outlook = outlook or outlook_of([case], as_of)
    of_company = outlook.policies.of(case.company_id)
    facts: tuple[LineFacts, ...]
    if case.subject_kind == SubjectKind.ORDER:
        views = _views(case.order_id, outlook) if case.order_id is not None else {}
        facts = _facts_of_order(case, lines, views, of_company)
        currency = case.order.currency if case.order else case.company.currency
    else:
        facts = tuple(_facts_of_subject(line) for line in lines)
        currency = next((line.currency for line in facts if line.currency), case.company.currency)
    return Situation(
        case_number=case.number,
        type_code=case.type_code,
        order_number=case.order.number if case.order else "",
        order_currency=currency,
        company_currency=case.company.currency,
        rates=dict(of_company.rates),
        lines=facts,
        as_of=as_of,
        today=of_company.today,
        person=person,
    )


def _facts_of_order(
    case: Case, lines: Iterable[CaseLine], views: Mapping[str, LineView], company: CompanyPolicies
) -> tuple[LineFacts, ...]:
    """Return the facts of each line of a case on an order, and of what is on none where it can be ordered."""
    is_ordered_for = case.order is not None and case.type_code in likely.ORDERED_FOR
    could_be = likely.LikelyLines(case, today=company.today) if is_ordered_for else None
    facts = []
    for line in lines:
        view = views.get(line.line_number) if line.order_line is not None else None
        if line.order_line is not None:
            fact = _facts(line, case.type_code, view, company.calendar)
        elif case.type_code == likely.UNORDERED:
            fact = replace(_facts_of_subject(line), is_ordered=False)
        else:
            continue
        if could_be is not None:
            fact = replace(fact, likely=could_be.of(line, view))
        facts.append(fact)
    return tuple(facts)


def free_lines(case: Case) -> list[CaseLine]:
    """Return the lines of a case that deviate, are not settled, and are in no proposal under way."""
    return free_lines_of([case]).get(case.pk, [])


def free_lines_of(cases: Iterable[Case]) -> dict[int, list[CaseLine]]:
    """Return the free lines of several cases by the case's primary key, in a fixed number of queries."""
    keys = [case.pk for case in cases]
    covered = ProposalLine.objects.filter(proposal__case__in=keys, proposal__state__in=OPEN)
    open_lines = CaseLine.objects.filter(case__in=keys, cleared_at=None, settled_at=None)
    found: dict[int, list[CaseLine]] = {}
    for line in loaded(open_lines.exclude(pk__in=covered.values("case_line"))):
        found.setdefault(line.case_id, []).append(line)
    return found


def loaded(lines: QuerySet[CaseLine]) -> list[CaseLine]:
    """Return case lines with the order lines and items a situation is made of, by line number."""
    with_items = lines.select_related("order_line__item").prefetch_related("order_line__item__packs")
    return list(with_items.order_by("line_number", "pk"))


def name_of(line: CaseLine) -> str:
    """Return what a line of a case is called in a decision: its number, or what tells it from others."""
    return line.line_number or line.key.partition(":")[2] or WHOLE


def _facts_of_subject(case_line: CaseLine) -> LineFacts:
    """Return the facts of what deviates on a subject that is no order: its money, and no values to change."""
    quantity = Quantity(case_line.quantity or Decimal(0), case_line.unit)
    return LineFacts(
        case_line_id=case_line.pk,
        number=name_of(case_line),
        values=LineValues(quantity=quantity, schedule=(), price=None),
        deviating=case_line.quantity,
        at_stake=case_line.amount,
        currency=case_line.currency,
    )


def line_snapshot(line: OrderLine, basis: Decimal | None = None) -> LineSnapshot:
    """Return what the mirror knows of an order line, without tolerances: a decision needs none.

    `basis`: for how many units the supplier's prices are that name none (`agreement_rows.price_bases`).
    """
    return LineSnapshot(
        position=on_basis(from_builtins(line.position, LinePosition), basis),
        item=_item(line.item),
        tolerances=ToleranceTable({}),
    )


def _views(order_id: int, outlook: Outlook) -> dict[str, LineView]:
    """Return the lines of an order as detection sees them, by number."""
    if order_id in outlook.orders.problems:
        raise outlook.orders.problems[order_id]
    agreements = outlook.agreements.get(order_id, ())
    view = look(outlook.orders.orders[order_id].snapshot, agreements, outlook.as_of)
    return {line.number: line for line in view.lines}


def _facts(
    case_line: CaseLine, type_code: str, view: LineView | None, calendar: BusinessCalendar
) -> LineFacts:
    """Return the facts of one line; without a view (the order is not watched) its parts are not known."""
    assert case_line.order_line is not None
    snapshot = view.line if view else line_snapshot(case_line.order_line)
    position, counter = snapshot.position, counter_of(snapshot)
    goods = view.buckets.goods if view else goods_of(position, counter, calendar)
    stated = price_fact(snapshot)
    return LineFacts(
        case_line_id=case_line.pk,
        number=position.line.number,
        values=values_of(position.line),
        deviating=case_line.quantity,
        offered=position.answer.offered if position.answer else None,
        delivered=counter.in_order_unit(goods.reached),
        factors=snapshot.item.factors if snapshot.item else {},
        parts=_parts(view, type_code) if view else (),
        stated_price=_stated_price(stated, position) if stated else None,
        difference=_difference(view),
        names_no_basis=names_no_basis(_as_said(case_line.order_line)),
        likely_basis=_likely_basis(view),
        other_count=_other_count(case_line, view),
        item=position.line.item,
        description=position.line.description,
        base_unit=snapshot.item.base_unit if snapshot.item else "",
        unknown_units=tuple(case_line.actual.get("units", ())),
        counts_as_delivered=type_code in likely.COUNTS_AS_DELIVERED,
        customers=likely.customers_waiting(case_line) if type_code in likely.TOLD_TO_CUSTOMERS else (),
    )


def _stated_price(stated: AnswerFact, position: LinePosition) -> Price | None:
    """Return the stated price with all it leaves unsaid, as detection understands it."""
    if stated.price is None:
        return None
    unit = stated.offered[0].quantity.unit if stated.offered else position.line.quantity.unit
    return Price(
        stated.price.amount,
        stated.price.currency or stated.currency or position.currency,
        stated.price.per or Decimal(1),
        stated.price.per_unit or unit,
    )


def _as_said(line: OrderLine) -> AnswerFact | None:
    """Return the newest answer that states a price, as the supplier stated it."""
    position = from_builtins(line.position, LinePosition)
    return next((fact for fact in answers_of(position) if fact.price is not None), None)


def _likely_basis(view: LineView | None) -> Decimal | None:
    """Return for how many units the stated price would be the order's; None where no such number is whole."""
    prices, fact = (view.prices, price_fact(view.line)) if view else (None, None)
    if prices is None or fact is None or fact.price is None or not prices.ordered.amount:
        return None
    likely = prices.confirmed.amount * Fraction(fact.price.per or 1) / prices.ordered.amount
    return Decimal(likely.numerator) if likely.denominator == 1 else None


def _other_count(case_line: CaseLine, view: LineView | None) -> QuantityBasis | None:
    """Return how a supplier counts if not as it is read; None where its quantities can be meant as read."""
    if view is None or MISCOUNTED.isdisjoint(case_line.actual.get("reasons", ())):
        return None
    return QuantityBasis.OPEN if view.snapshot.terms.total_quantity else QuantityBasis.TOTAL


def _difference(view: LineView | None) -> Decimal | None:
    prices = view.prices if view else None
    if prices is None or prices.has_other_currency:
        return None
    return as_decimal(prices.difference).quantize(CENT)


def _parts(view: LineView, type_code: str) -> tuple[Part, ...]:
    kind = exception_type(type_code)
    parts = []
    for piece in view.buckets.pieces:
        expected = _expected(view, piece)
        if isinstance(kind, BucketType):
            deviates = piece.bucket is kind.bucket
        else:
            deviates = expected is not None and expected != piece.wanted
        parts.append(
            Part(
                quantity=view.counter.in_order_unit(piece.quantity),
                wanted=piece.wanted.on if piece.wanted else None,
                wanted_kind=piece.wanted.kind if piece.wanted else DateKind.DELIVERY,
                expected=expected.on if expected else None,
                expected_kind=expected.kind if expected else DateKind.DELIVERY,
                deviates=deviates,
            )
        )
    return tuple(parts)


def _expected(view: LineView, piece: Piece) -> Day | None:
    """Return when a piece is said to come, as the ERP asks for it: a ship date becomes one of delivery."""
    if piece.shipment is not None and piece.shipment.expected_on is not None:
        return Day(piece.shipment.expected_on)
    promised, wanted = piece.promised, piece.wanted
    if promised is None or wanted is None or promised.kind is wanted.kind or wanted.kind is DateKind.SHIP:
        return promised
    return Day(view.deadlines.delivery_on(promised))


def _item(item: Item | None) -> ItemFacts | None:
    if item is None:
        return None
    packs = {pack.unit: pack.factor for pack in item.packs.all()}
    return ItemFacts(
        number=item.number, base_unit=item.base_unit, factors={item.base_unit: Decimal(1)} | packs
    )
