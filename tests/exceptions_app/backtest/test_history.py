"""The past is what had come in by then: what came or was agreed later changes nothing before."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Invoice,
    InvoiceLine,
    OfferedPart,
    OrderLine,
    PurchaseOrder,
)
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.documents.arrivals import Arrival
from erp_connectors.documents.models import DocumentHead
from erp_connectors.documents.models import PurchaseOrder as OrderRow
from erp_connectors.documents.store import record_many
from exceptions_app import intake
from exceptions_app.backtest.compare import Difference, Effect
from exceptions_app.backtest.history import pasts_of
from exceptions_app.backtest.run import Run, Span
from exceptions_app.backtest.sights import Sights, Silences
from exceptions_app.cases.models import Case
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies import lookup, rows
from exceptions_app.policies.changes import values_of
from exceptions_app.policies.models import PolicyRow
from tests.bench.backtest_truth import tolerance
from tests.bench.measuring import begin_on_tuesday
from tests.bench.orders import ITEM, trading_ground
from tests.builders.factories import (
    TUESDAY_TEN,
    Ground,
    PolicyChangeFactory,
    RoutingRuleFactory,
    ServiceLevelRowFactory,
    TermRowFactory,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 15)
NUMBER = "4500010001"


@pytest.fixture
def ground(db: None) -> Iterator[Ground]:
    begin_on_tuesday()
    yield trading_ground()
    clock.reset()


def days_ago(days: int) -> datetime:
    return TUESDAY_TEN - timedelta(days=days)


def record(ground: Ground, document: Any, at: datetime, *, by_supplier: bool = False) -> None:
    arrival = Arrival(document=document, received_at=at, supplier=ground.supplier if by_supplier else None)
    record_many([arrival], connection=ground.erp, company=ground.company)


def ordered(ground: Ground, at: datetime) -> None:
    pieces = Quantity(Decimal(100), "EA")
    line = OrderLine(
        number="10",
        item=ITEM,
        quantity=pieces,
        price=Price(Decimal("12.50"), "EUR", Decimal(1)),
        schedule=(SchedulePart(pieces, DAY),),
        warehouse=ground.warehouse.code,
    )
    order = PurchaseOrder(
        number=NUMBER,
        supplier=ground.supplier.number,
        currency="EUR",
        version=DocumentVersion(at),
        lines=(line,),
        released_at=at,
    )
    record(ground, order, at)


def answered(ground: Ground, at: datetime, *, pieces: int = 100, price: str = "12.50") -> None:
    line = ConfirmationLine(
        line_number="10",
        offered=(OfferedPart(Quantity(Decimal(pieces), "EA"), DAY),),
        price=Price(Decimal(price), "EUR", Decimal(1)),
    )
    answer = Confirmation(order_number=NUMBER, version=DocumentVersion(at), lines=(line,), currency="EUR")
    record(ground, answer, at, by_supplier=True)


def billed(ground: Ground, at: datetime, pieces: int) -> None:
    line = InvoiceLine(
        order_number=NUMBER,
        line_number="10",
        quantity=Quantity(Decimal(pieces), "EA"),
        price=Price(Decimal("12.50"), "EUR", Decimal(1)),
    )
    invoice = Invoice(
        number="INV-1",
        version=DocumentVersion(at),
        issued_on=at.date(),
        currency="EUR",
        lines=(line,),
        total=Decimal("12.50") * pieces,
    )
    record(ground, invoice, at, by_supplier=True)


def differences(*added: PolicyRow, since: int = 20) -> list[Difference]:
    changes = [
        PolicyChangeFactory.build(
            draft=None, changed_by=None, table=row._meta.model_name, after=values_of(row)
        )
        for row in added
    ]
    run = Run.of(changes, Span(days_ago(since), TUESDAY_TEN))
    found = list(run.differences())
    assert run.counts.unjudged == {}
    return found


@pytest.mark.parametrize(("days", "answers"), [(20, None), (11, 0), (9, 1), (3, 2)])
def test_an_order_is_as_it_was_known_then(ground: Ground, days: int, answers: int | None) -> None:
    ordered(ground, days_ago(12))
    answered(ground, days_ago(10), pieces=80)
    answered(ground, days_ago(5), pieces=100)
    (past,) = pasts_of(SubjectKind.ORDER, [OrderRow.objects.get().pk], Sights(Silences(), TUESDAY_TEN))
    policies = lookup.policies_of(rows.current(), [ground.company.pk], days_ago(days))
    loaded = past.at(days_ago(days), policies)
    if answers is None:
        assert loaded is None
        return
    assert loaded is not None
    position = loaded.snapshot.lines[0].position
    assert len([*filter(None, [position.answer]), *position.earlier_answers]) == answers


def test_the_past_that_is_now_is_what_the_mirror_has(ground: Ground) -> None:
    ordered(ground, days_ago(12))
    answered(ground, days_ago(10), pieces=80)
    billed(ground, days_ago(2), 90)
    for kind, model in ((SubjectKind.ORDER, OrderRow), (SubjectKind.INVOICE, DocumentHead)):
        pk = model.objects.filter(**({"kind": "invoice"} if model is DocumentHead else {})).get().pk
        world = intake.load(kind, [pk], TUESDAY_TEN)
        (past,) = pasts_of(kind, [pk], Sights(Silences(), TUESDAY_TEN))
        then = past.at(TUESDAY_TEN, world.policies)
        assert then is not None
        assert then.snapshot == world.subjects[pk].snapshot


def test_a_case_that_came_and_went_is_found_with_its_times(ground: Ground) -> None:
    ordered(ground, days_ago(12))
    answered(ground, days_ago(10), pieces=80)
    answered(ground, days_ago(5), pieces=100)
    (found,) = differences(tolerance("quantity_short", percent="25", direction="under"))
    assert found.effects == (Effect.NOT_OPENED,)
    assert found.live is not None
    assert (found.live.opened_at, found.live.closed_at) == (days_ago(10), days_ago(5))
    assert (found.live.amount, found.live.reason) == (Decimal("250.00"), "answered")
    assert (found.number, found.case) == (NUMBER, "")


def test_what_closes_earlier_is_told_apart(ground: Ground) -> None:
    ordered(ground, days_ago(12))
    answered(ground, days_ago(10), pieces=60)
    answered(ground, days_ago(5), pieces=80)
    (found,) = differences(tolerance("quantity_short", percent="25", direction="under"))
    assert found.effects[0] == Effect.CLOSES_EARLIER
    assert found.tried is not None
    assert found.tried.closed_at == days_ago(5)


def test_time_alone_opens_what_is_late_under_other_terms(ground: Ground) -> None:
    ordered(ground, days_ago(7))
    (found,) = differences(TermRowFactory.build(company=None, supplier=None, confirm_days=1))
    assert found.type_code == "confirmation_late"
    assert found.effects[0] == Effect.OPENS_EARLIER
    assert found.live is not None
    assert found.tried is not None
    assert found.tried.opened_at == found.live.opened_at - timedelta(days=1)


def test_an_invoice_is_judged_with_its_orders_as_they_were(ground: Ground) -> None:
    ordered(ground, days_ago(12))
    answered(ground, days_ago(11))
    billed(ground, days_ago(6), 110)
    (found,) = differences(tolerance("invoice_quantity", percent="25", direction="over"))
    assert (found.type_code, found.number, found.effects) == (
        "invoice_quantity",
        "INV-1",
        (Effect.NOT_OPENED,),
    )


def test_another_team_and_another_time_are_told_for_cases_that_are_there_anyhow(ground: Ground) -> None:
    ordered(ground, days_ago(7))
    answered(ground, days_ago(6), pieces=60)
    rule = RoutingRuleFactory.build(company=None, team=ground.teams["SUP"], condition={}, person=None)
    hours = ServiceLevelRowFactory.build(
        company=None, type_code="quantity_short", respond_hours=1, resolve_hours=2
    )
    (found,) = differences(rule, hours)
    assert found.tried is not None
    assert found.tried.team == "Supplier management"
    assert {Effect.OTHER_TEAM, Effect.DUE_OTHERWISE} <= set(found.effects)
    assert found.tried.is_breached


def test_a_rule_that_is_to_begin_later_is_tried_as_if_it_held(ground: Ground) -> None:
    ordered(ground, days_ago(7))
    answered(ground, days_ago(6), pieces=80)
    later = tolerance("quantity_short", percent="25", direction="under")
    later.valid_from = date(2027, 1, 1)
    assert [each.effects for each in differences(later)] == [(Effect.NOT_OPENED,)]


def test_the_case_that_really_was_there_stands_beside(ground: Ground) -> None:
    ordered(ground, days_ago(7))
    answered(ground, days_ago(6), pieces=80)
    intake.evaluate([OrderRow.objects.get().pk], TUESDAY_TEN)
    (found,) = differences(tolerance("quantity_short", percent="25", direction="under"))
    assert found.case == Case.objects.get().number
