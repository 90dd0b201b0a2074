"""A supplier is judged again by the prices that were said until then, order by order."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from erp_connectors import clock
from exceptions_app import intake
from exceptions_app.backtest.compare import Difference, Effect
from exceptions_app.backtest.run import Run, Span
from exceptions_app.cases.models import Case
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies.changes import values_of
from exceptions_app.policies.models import PolicyRow
from tests.bench.measuring import begin_on_tuesday
from tests.builders.factories import (
    TUESDAY_TEN,
    Ground,
    PolicyChangeFactory,
    PriceObservationFactory,
    PurchaseOrderFactory,
    RoutingRuleFactory,
    TypeSettingFactory,
    ground,
)

pytestmark = pytest.mark.django_db
STEADY, CREEPING = 30, 10
SPAN = Span(TUESDAY_TEN - timedelta(days=20), TUESDAY_TEN)


@pytest.fixture
def world(db: None) -> Iterator[Ground]:
    """A supplier whose thirty steady orders are followed by ten that are 0.8 % dearer, one a day."""
    begin_on_tuesday()
    world = ground()
    for days, dearer in enumerate([0] * STEADY + [80] * CREEPING):
        PriceObservationFactory.create(
            order=PurchaseOrderFactory.create(
                company=world.company, connection=world.erp, supplier=world.supplier
            ),
            said_at=TUESDAY_TEN - timedelta(days=STEADY + CREEPING - days),
            difference=Decimal(dearer),
        )
    yield world
    clock.reset()


def run_of(row: PolicyRow) -> Run:
    change = PolicyChangeFactory.build(
        draft=None, changed_by=None, table=row._meta.model_name, after=values_of(row)
    )
    return Run.of([change], SPAN)


def of_suppliers(run: Run) -> list[Difference]:
    return [each for each in run.differences() if each.subject_kind == SubjectKind.SUPPLIER]


def off(code: str, **scope: object) -> PolicyRow:
    row: PolicyRow = TypeSettingFactory.build(type_code=code, mode="off", company=None, supplier=None)
    for name, value in scope.items():
        setattr(row, name, value)
    return row


def test_a_drift_that_is_looked_for_no_more_would_not_have_opened(world: Ground) -> None:
    intake.evaluate([world.supplier.pk], TUESDAY_TEN, kind=SubjectKind.SUPPLIER)
    run = run_of(off("supplier_drift"))
    (found,) = of_suppliers(run)
    case = Case.objects.get(type_code="supplier_drift")
    assert (found.effects, found.number, found.case) == (
        (Effect.NOT_OPENED,),
        world.supplier.number,
        case.number,
    )
    assert found.live is not None
    assert found.live.amount == case.amount
    assert SPAN.since < found.live.opened_at < TUESDAY_TEN
    assert (run.counts.happened, run.counts.found_again) == (1, 1)


def test_at_a_moment_it_is_judged_by_what_was_said_until_then(world: Ground) -> None:
    """The chart needs several dearer orders: the case opens once they are there, not with the first."""
    (found,) = of_suppliers(run_of(off("supplier_drift")))
    assert found.live is not None
    began = TUESDAY_TEN - timedelta(days=CREEPING)
    assert began < found.live.opened_at


def test_another_team_is_told_of_a_drift_too(world: Ground) -> None:
    rule = RoutingRuleFactory.build(company=None, team=world.teams["FIN"], condition={}, person=None)
    (found,) = of_suppliers(run_of(rule))
    assert found.tried is not None
    assert (found.effects[0], found.tried.team_code) == (Effect.OTHER_TEAM, "FIN")


def test_a_supplier_out_of_reach_is_not_looked_at(world: Ground) -> None:
    other = PurchaseOrderFactory.create().supplier
    run = run_of(off("supplier_drift", supplier=other))
    assert of_suppliers(run) == []
    assert not run.counts.subjects


@pytest.mark.parametrize("code", ["feed_silent", "message_quarantined"])
def test_what_leaves_no_past_is_told_as_not_judged(world: Ground, code: str) -> None:
    run = run_of(off(code))
    assert list(run.found()) == []
    assert run.counts.unjudged["no_past"] == 1
