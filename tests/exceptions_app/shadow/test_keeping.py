"""A type in shadow opens no case: what it finds is kept, follows the documents, and ends as a case would."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.documents.models import OrderLine
from exceptions_app import intake
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import RIGHTLINE
from exceptions_app.cases.models import Case, Clock, QueueEntry, Task
from exceptions_app.detection import watch
from exceptions_app.notifications.models import Notification
from exceptions_app.policies.models import TypeMode, TypeSetting
from exceptions_app.policies.release import publish
from exceptions_app.shadow.models import ShadowFinding
from tests.builders.factories import (
    TUESDAY_TEN,
    Ground,
    ItemFactory,
    RoutingRuleFactory,
    TypeSettingFactory,
    WarehouseFactory,
    change_line,
    offer,
    order_line,
    see_until,
    shortage_ground,
)

pytestmark = pytest.mark.django_db
SCENE = shortage_ground
DAY = date(2026, 12, 2)


def in_mode(mode: TypeMode, **scope: Any) -> TypeSetting:
    setting: TypeSetting = TypeSettingFactory.create(mode=mode, **scope)
    return setting


def look(line: OrderLine, minutes: int = 0) -> intake.Evaluation:
    at = TUESDAY_TEN + timedelta(minutes=minutes)
    watch.mark("order", [line.order_id])
    evaluation = intake.evaluate([line.order_id], at)
    assert evaluation.failures == {}
    return evaluation


def at(minutes: int) -> datetime:
    return TUESDAY_TEN + timedelta(minutes=minutes)


def test_what_a_type_in_shadow_finds_is_kept_and_nothing_else_happens(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    in_mode(TypeMode.SHADOW)
    assert look(line).touched == []
    finding = ShadowFinding.objects.get()
    assert (finding.type_code, finding.key) == ("quantity_short", "quantity_short:10")
    assert (finding.company, finding.supplier, finding.order) == (
        world.company,
        world.supplier,
        line.order,
    )
    assert (finding.order_line, finding.line_number) == (line, "10")
    assert finding.group_key == "weserland-erp/4500010001"
    assert finding.headline == "18 EA short (18.0 %): 82 of 100 offered"
    assert (finding.quantity, finding.at_risk, finding.severity) == (18, Decimal("3283.20"), 3)
    assert (finding.team, finding.found_at) == (world.teams["PRO"], TUESDAY_TEN)
    for model in (Case, QueueEntry, Clock, Task, Notification, Event):
        assert not model._default_manager.exists(), model


def test_it_says_where_the_rules_would_have_sent_it(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    in_mode(TypeMode.SHADOW)
    RoutingRuleFactory.create(team=world.teams["SUP"])
    look(line)
    assert ShadowFinding.objects.get().team == world.teams["SUP"]


def test_looking_again_changes_nothing(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    in_mode(TypeMode.SHADOW)
    look(line)
    look(line, 5)
    assert ShadowFinding.objects.get().updated_at == TUESDAY_TEN


def test_other_values_update_it(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    in_mode(TypeMode.SHADOW)
    look(line)
    offer(line, (70, DAY), at=at(1))
    look(line, 5)
    finding = ShadowFinding.objects.get()
    assert (finding.quantity, finding.at_risk) == (30, Decimal("5472.00"))
    assert (finding.found_at, finding.updated_at) == (TUESDAY_TEN, at(5))
    assert finding.headline.startswith("30 EA short")


def test_it_ends_for_the_reason_a_case_would(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    in_mode(TypeMode.SHADOW)
    look(line)
    change_line(line, (82, DAY), at=at(1))
    look(line, 5)
    finding = ShadowFinding.objects.get()
    assert finding.cleared_at == at(5)
    assert finding.cleared_reason == "ERP matches"


def test_what_deviates_anew_is_a_finding_of_its_own(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    in_mode(TypeMode.SHADOW)
    for minutes, confirmed in ((0, 82), (5, 100), (10, 82)):
        offer(line, (confirmed, DAY), at=at(minutes))
        look(line, minutes)
    assert ShadowFinding.objects.filter(cleared_at=None).count() == 1
    assert ShadowFinding.objects.count() == 2


def test_what_cannot_be_judged_stays(shortage: tuple[Ground, OrderLine]) -> None:
    world, _ = shortage
    late = order_line(world, number="4500010077")
    in_mode(TypeMode.SHADOW, type_code="confirmation_late")
    look(late)
    assert ShadowFinding.objects.get().type_code == "confirmation_late"
    see_until(world, TUESDAY_TEN - timedelta(days=30))
    look(late, 5)
    assert ShadowFinding.objects.get().cleared_at is None


# --- where it is in shadow ----------------------------------------------------------------------------------


def test_the_most_specific_setting_wins_line_by_line(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    pump = ItemFactory.create(connection=world.erp, number="PUMP", category="pumps")
    bremen = WarehouseFactory.create(company=world.company, code="BRE")
    lines = {
        "20": order_line(world, line="20", item=pump),
        "30": order_line(world, line="30", item=line.item),
    }
    OrderLine.objects.filter(pk=lines["30"].pk).update(warehouse=bremen)
    for each in lines.values():
        offer(each, (90, DAY))
    in_mode(TypeMode.SHADOW, warehouse=bremen)
    in_mode(TypeMode.SHADOW, supplier=world.supplier, category="pumps")
    in_mode(TypeMode.ON, supplier=world.supplier)
    look(line)
    assert list(ShadowFinding.objects.values_list("line_number", flat=True)) == ["20"]
    assert set(Case.objects.get().lines.values_list("line_number", flat=True)) == {"10", "30"}


def test_switched_on_it_opens_a_case_and_the_finding_ends(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    setting = in_mode(TypeMode.SHADOW)
    look(line)
    setting.mode = TypeMode.ON
    setting.save()
    assert len(look(line, 5).opened) == 1
    assert ShadowFinding.objects.get().cleared_reason == "its type opens cases now"


def test_switched_off_the_finding_ends(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    setting = in_mode(TypeMode.SHADOW)
    look(line)
    setting.mode = TypeMode.OFF
    setting.save()
    assert look(line, 5).touched == []
    finding = ShadowFinding.objects.get()
    assert (finding.cleared_at, finding.cleared_reason) == (at(5), "its type is off now")


def test_a_case_that_is_open_already_goes_on_in_shadow(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    in_mode(TypeMode.SHADOW)
    offer(line, (70, DAY), at=at(1))
    look(line, 5)
    assert Case.objects.get().lines.get().quantity == 30
    assert not ShadowFinding.objects.exists()


def test_a_published_setting_has_every_order_looked_at(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    in_mode(TypeMode.OFF)
    look(line)
    clock.set_now(at(5))
    release = publish("Shortages in shadow", by=RIGHTLINE, at=clock.now())
    TypeSetting.objects.update(mode=TypeMode.SHADOW, release=release)
    assert intake.evaluate_due(10) == 1
    assert ShadowFinding.objects.get().release == release
