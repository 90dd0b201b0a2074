"""A draft in shadow decides nothing: what it would decide otherwise is noted, follows, and ends."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp_connectors.documents.models import OrderLine
from exceptions_app import intake
from exceptions_app.audit.record import RIGHTLINE
from exceptions_app.cases.models import Case
from exceptions_app.detection import watch
from exceptions_app.policies import drafts, shadows
from exceptions_app.policies.changes import values_of
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.policies.models import PolicyRow
from exceptions_app.policies.shadow_models import DraftEffect, DraftFinding, DraftShadow
from exceptions_app.policies.values import LimitState
from tests.builders.factories import (
    TUESDAY_TEN,
    Ground,
    PolicyChangeFactory,
    PolicyDraftFactory,
    RoutingRuleFactory,
    SupplierFactory,
    ToleranceRowFactory,
    change_line,
    offer,
    order_line,
    shortage_ground,
)

pytestmark = pytest.mark.django_db
SCENE = shortage_ground
DAY = date(2026, 12, 2)


def look(line: OrderLine, minutes: int = 0) -> intake.Evaluation:
    watch.mark("order", [line.order_id])
    evaluation = intake.evaluate([line.order_id], at(minutes))
    assert evaluation.failures == {}
    return evaluation


def at(minutes: int) -> datetime:
    return TUESDAY_TEN + timedelta(minutes=minutes)


def twenty_percent() -> PolicyRow:
    """A tolerance that allows to be 20 percent short."""
    row: PolicyRow = ToleranceRowFactory.build(
        company=None,
        supplier=None,
        type_code="quantity_short",
        percent_state=LimitState.VALUE,
        percent=Decimal(20),
    )
    return row


def in_shadow(row: PolicyRow, **narrowed: Any) -> PolicyDraft:
    draft: PolicyDraft = PolicyDraftFactory.create()
    PolicyChangeFactory.create(draft=draft, table=row._meta.model_name, after=values_of(row))
    shadows.begin(draft, by=RIGHTLINE, at=TUESDAY_TEN, **narrowed)
    return draft


def test_what_would_not_open_is_noted_and_the_case_opens_all_the_same(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    in_shadow(twenty_percent())
    look(line)
    finding = DraftFinding.objects.get()
    assert (finding.effect, finding.key) == (DraftEffect.NOT_OPENED, "quantity_short:10")
    assert (finding.company, finding.supplier, finding.order) == (world.company, world.supplier, line.order)
    assert (finding.amount, finding.live) == (Decimal("3283.20"), {"severity": 3, "team": "Procurement"})
    assert (finding.tried, finding.found_at) == (None, TUESDAY_TEN)
    assert Case.objects.get().type_code == "quantity_short"


def test_what_would_open_is_noted_too(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    live = twenty_percent()
    live.release = ToleranceRowFactory.create(company=None, supplier=None, type_code="date_later").release
    live.save()
    draft = PolicyDraftFactory.create()
    PolicyChangeFactory.create(draft=draft, row_id=live.pk, action="remove", before=values_of(live), after={})
    shadows.begin(draft, by=RIGHTLINE, at=TUESDAY_TEN)
    assert look(line).opened == []
    assert DraftFinding.objects.get().effect == DraftEffect.OPENS


def test_another_team_is_noted_and_nothing_is_where_nothing_differs(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    rule = RoutingRuleFactory.build(company=None, team=world.teams["SUP"], condition={}, person=None)
    in_shadow(rule)
    look(line)
    finding = DraftFinding.objects.get()
    assert finding.effect == DraftEffect.DECIDED
    assert (finding.live["team"], finding.tried["team"]) == ("Procurement", "Supplier management")


def test_a_finding_follows_and_ends_when_both_decide_alike(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    in_shadow(twenty_percent())
    look(line)
    offer(line, (90, DAY), at=at(1))
    look(line, 5)
    finding = DraftFinding.objects.get()
    assert (finding.amount, finding.updated_at) == (Decimal("1824.00"), at(5))
    change_line(line, (90, DAY), at=at(6))
    look(line, 10)
    finding.refresh_from_db()
    assert (finding.cleared_at, finding.cleared_reason) == (at(10), "both decide alike now")


def test_looking_again_changes_nothing(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    in_shadow(twenty_percent())
    look(line)
    look(line, 5)
    assert DraftFinding.objects.get().updated_at == TUESDAY_TEN


def test_it_runs_on_the_chosen_types_and_suppliers_alone(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    in_shadow(twenty_percent(), types=["price_mismatch"])
    in_shadow(twenty_percent(), suppliers=[SupplierFactory.create(company=world.company).pk])
    chosen = in_shadow(twenty_percent(), types=["quantity_short"], suppliers=[world.supplier.pk])
    look(line)
    assert DraftFinding.objects.get().shadow.draft == chosen


def test_it_ends_with_the_draft(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    draft = in_shadow(twenty_percent())
    look(line)
    drafts.withdraw(draft.pk, "Not needed", by=RIGHTLINE, at=at(1))
    assert DraftShadow.objects.get().ended_at == at(1)
    assert DraftFinding.objects.get().cleared_reason == "the draft is no longer in shadow"
    look(line, 5)
    assert DraftFinding.objects.count() == 1


def test_what_is_written_in_the_draft_afterwards_does_not_count(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    draft = in_shadow(twenty_percent())
    draft.changes.all().delete()
    look(line)
    assert DraftFinding.objects.count() == 1


def test_a_draft_that_cannot_be_tried_harms_no_look(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    draft = in_shadow(twenty_percent())
    DraftShadow.objects.filter(draft=draft).update(
        changes=[
            {"table": "companypolicy", "row_id": pk, "action": "remove", "before": {}, "after": {}}
            for pk in (line.order.company.policy.pk,)
        ]
    )
    assert len(look(line).opened) == 1
    assert not DraftFinding.objects.exists()


def test_a_draft_in_shadow_costs_as_many_queries_however_many_orders_are_looked_at(
    scene: tuple[Ground, OrderLine],
) -> None:
    world, _ = scene
    lines = [order_line(world, number=f"45009{place:05}") for place in range(5)]
    before = [queries_of(some) for some in (lines[:1], lines[1:])]
    in_shadow(twenty_percent())
    after = [queries_of(some) for some in (lines[:1], lines[1:])]
    assert after[0] - before[0] == after[1] - before[1]


def queries_of(lines: list[OrderLine]) -> int:
    """Return how many queries another look at orders takes in which nothing has moved."""
    orders = [line.order_id for line in lines]
    intake.evaluate(orders, TUESDAY_TEN)
    with CaptureQueriesContext(connection) as queries:
        intake.evaluate(orders, at(5))
    return len(queries)
