"""Reads the situation of a case from the database, for the resolutions to look at."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.documents.models import Item, OrderLine
from erp_connectors.documents.position import LinePosition
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection.agreements import values_of
from exceptions_app.detection.counting import counter_of
from exceptions_app.detection.goods import goods_of
from exceptions_app.detection.snapshot import ItemFacts, LineSnapshot
from exceptions_app.playbook.situation import LineFacts, Situation
from exceptions_app.policies import lookup
from exceptions_app.policies.values import ToleranceTable
from exceptions_app.proposals.lifecycle import OPEN
from exceptions_app.proposals.models import ProposalLine


def situation_of(case: Case, *, as_of: datetime, person: str, lines: Iterable[CaseLine]) -> Situation:
    """Return the situation of `lines` of a case as the mirror has them at `as_of`.

    Raises ConfigurationError where the company has no policy.
    """
    policies = lookup.load([case.company_id], as_of).of(case.company_id)
    facts = tuple(_facts(line, policies.calendar) for line in lines if line.order_line is not None)
    return Situation(
        case_number=case.number,
        order_number=case.order.number if case.order else "",
        order_currency=case.order.currency if case.order else case.company.currency,
        company_currency=case.company.currency,
        rates=dict(policies.rates),
        lines=facts,
        as_of=as_of,
        today=policies.today,
        person=person,
    )


def free_lines(case: Case) -> list[CaseLine]:
    """Return the lines of a case that deviate, are not settled, and are in no proposal under way."""
    covered = ProposalLine.objects.filter(proposal__case=case, proposal__state__in=OPEN)
    open_lines = CaseLine.objects.filter(case=case, cleared_at=None, settled_at=None)
    return loaded(open_lines.exclude(pk__in=covered.values("case_line")))


def loaded(lines: QuerySet[CaseLine]) -> list[CaseLine]:
    """Return case lines with the order lines and items a situation is made of, by line number."""
    with_items = lines.select_related("order_line__item").prefetch_related("order_line__item__packs")
    return list(with_items.order_by("line_number", "pk"))


def line_snapshot(line: OrderLine) -> LineSnapshot:
    """Return what the mirror knows of an order line, without tolerances: a decision needs none."""
    return LineSnapshot(
        position=from_builtins(line.position, LinePosition),
        item=_item(line.item),
        tolerances=ToleranceTable({}),
    )


def _facts(case_line: CaseLine, calendar: BusinessCalendar) -> LineFacts:
    assert case_line.order_line is not None
    snapshot = line_snapshot(case_line.order_line)
    position, counter = snapshot.position, counter_of(snapshot)
    return LineFacts(
        case_line_id=case_line.pk,
        number=position.line.number,
        values=values_of(position.line),
        deviating=case_line.quantity,
        offered=position.answer.offered if position.answer else None,
        delivered=counter.in_order_unit(goods_of(position, counter, calendar).reached),
        factors=snapshot.item.factors if snapshot.item else {},
    )


def _item(item: Item | None) -> ItemFacts | None:
    if item is None:
        return None
    packs = {pack.unit: pack.factor for pack in item.packs.all()}
    return ItemFacts(
        number=item.number, base_unit=item.base_unit, factors={item.base_unit: Decimal(1)} | packs
    )
