"""Rows under a draft: in memory they are what they would be once its changes were really made."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exceptions_app.policies import lookup, rows
from exceptions_app.policies.changes import lay_upon, table_of, tables, values_of
from exceptions_app.policies.draft_models import Action, PolicyChange
from exceptions_app.policies.models import Calendar, CompanyPolicy, PolicyRow, RoutingRule, ToleranceRow
from exceptions_app.policies.values import Direction, Tolerance
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN, Ground, ground, steps_asking

pytestmark = pytest.mark.django_db
SCENE = ground
MODELS = {name: kept.model for name, kept in rows.TABLES.items()}
OTHER = {
    "calendars": {"name": "Kassel, late shift"},
    "companies": {"incident_cases": 9},
    "rates": {"rate": "0.9500000000"},
    "tolerances": {"percent_state": "value", "percent": "7.5000"},
    "terms": {"confirm_days": 9},
    "settings": {"mode": "shadow"},
    "routing_rules": {"is_active": False},
    "responsibilities": {"category": "seals"},
    "service_levels": {"respond_hours": "2.00"},
    "supplier_times": {"reminders": 5},
    "steps": {"after_minutes": 45},
    "warnings": {"percent": 60},
    "impact": {"handling_cost": "55.00"},
    "bands": {"medium": "150.00"},
    "templates": {"title": "Look for goods elsewhere"},
    "approvals": {"days_above": 5, "steps": steps_asking("FIN lead\nPLN or WHS")},
}


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def another(name: str) -> PolicyRow:
    """Return a new row of a table, beside those of the ground."""
    factory = next(
        each
        for each in vars(factories).values()
        if isinstance(each, type)
        and issubclass(each, factories.PolicyRowFactory)
        and each is not factories.PolicyRowFactory
        and each._meta.model is MODELS[name]
    )
    own: dict[str, Any] = {}
    if name == "calendars":
        own = {"code": "late"}
    elif name == "steps":
        own = {"level": 2}
    elif name == "companies":
        own = {"company": factories.CompanyFactory.create(code="elbland")}
    row: PolicyRow = factory.create(**own)
    return row


def seen(known: rows.Rows) -> dict[str, Any]:
    """Return everything that Rows hold as plain values, with where their rows lead to; keys apart."""
    return {name: _plain(getattr(known, name)) for name in [*rows.TABLES, "teams"]}


def _plain(kept: Any) -> Any:
    if isinstance(kept, Mapping):
        return {key: _plain(each) for key, each in sorted(kept.items())}
    if isinstance(kept, tuple):
        return [_plain(each) for each in kept]
    told = values_of(kept) if isinstance(kept, PolicyRow) else {"name": kept.name}
    for name in ("calendar", "fallback_team", "team"):
        if name in kept._state.fields_cache:
            told[f"its {name}"] = _plain(kept._state.fields_cache[name])
    return told


def really(changes: list[PolicyChange]) -> dict[str, Any]:
    """Make the changes in the database, return what is read then, and take all of it back."""
    with transaction.atomic():
        for change in changes:
            model = tables()[change.table]
            if change.action == Action.REMOVE:
                model._default_manager.filter(pk=change.row_id).delete()
                continue
            release = factories.ReleaseFactory.create()
            row = (
                model(release=release)
                if change.row_id is None
                else model._default_manager.get(pk=change.row_id)
            )
            lay_upon(row, change.after)
            row.save()
        read = seen(rows.current())
        transaction.set_rollback(True)
    return read


def added(row: PolicyRow) -> PolicyChange:
    """Return the change that adds a row like this one, which is removed."""
    change = PolicyChange(table=table_of(row), action=Action.ADD, after=values_of(row))
    row.delete()
    return change


def changed(row: PolicyRow, **values: Any) -> PolicyChange:
    before = values_of(row)
    return PolicyChange(
        table=table_of(row), row_id=row.pk, action=Action.CHANGE, before=before, after=before | values
    )


def removed(row: PolicyRow) -> PolicyChange:
    return PolicyChange(table=table_of(row), row_id=row.pk, action=Action.REMOVE, before=values_of(row))


CHANGES: dict[str, Callable[[str], PolicyChange]] = {
    "added": lambda name: added(another(name)),
    "changed": lambda name: changed(another(name), **OTHER[name]),
    "removed": lambda name: removed(another(name)),
}


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("name", rows.TABLES)
def test_a_change_of_any_table_is_seen_as_if_it_were_made(name: str, kind: str, world: Ground) -> None:
    change = CHANGES[kind](name)
    before = seen(rows.current())
    with rows.under([change]) as laid:
        assert rows.current() is laid
        assert seen(laid) == really_apart([change])
        assert seen(laid) != before
    assert seen(rows.current()) == before


def really_apart(changes: list[PolicyChange]) -> dict[str, Any]:
    """Return what is read when the changes are made, also for somebody who looks under a draft."""
    token = rows._held.set(None)
    try:
        return really(changes)
    finally:
        rows._held.reset(token)


@settings(
    max_examples=settings.default.max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    picked=st.lists(
        st.tuples(st.sampled_from(list(rows.TABLES)), st.sampled_from(list(CHANGES))),
        unique_by=lambda each: each[0],
    )
)
def test_any_mixture_of_changes_is_seen_as_if_they_were_made(
    picked: list[tuple[str, str]], world: Ground
) -> None:
    with transaction.atomic():
        changes = [CHANGES[kind](name) for name, kind in picked]
        with rows.under(changes) as laid:
            assert seen(laid) == really_apart(changes)
        transaction.set_rollback(True)


def test_every_table_has_its_example() -> None:
    assert OTHER.keys() == rows.TABLES.keys()


def test_whoever_asks_under_a_draft_is_answered_as_it_would_be(world: Ground) -> None:
    tolerance = factories.ToleranceRowFactory.create(percent_state="value", percent=Decimal(2))
    scope = lookup.LineScope(company_id=world.company.pk, supplier_id=world.supplier.pk)

    def percent() -> Decimal:
        policies = lookup.load([world.company.pk], TUESDAY_TEN)
        found = policies.tolerances(scope).get("quantity_short", Direction.UNDER, Tolerance())
        return found.percent.value

    tighter = changed(tolerance, percent="1.5000")
    narrower = PolicyChange(
        table="tolerancerow",
        action=Action.ADD,
        after=values_of(tolerance) | {"percent": "9.0000"},
    )
    assert percent() == Decimal(2)
    with rows.under([tighter]):
        assert percent() == Decimal("1.5")
    # Of two rows alike the later one holds, and one that is only in a draft is the latest of all.
    with rows.under([tighter, narrower]):
        assert percent() == Decimal(9)
    assert percent() == Decimal(2)


def test_a_calendar_is_another_for_everybody_who_works_by_it(world: Ground) -> None:
    change = changed(world.calendar, name="Kassel, from March")
    factories.RoutingRuleFactory.create(team=world.teams["PLN"])
    with rows.under([change]) as laid:
        policy = laid.companies[world.company.pk]
        assert {
            policy.calendar.name,
            policy.fallback_team.calendar.name,
            laid.teams[world.teams["PLN"].pk].calendar.name,
            laid.routing_rules[0].team.calendar.name,
        } == {"Kassel, from March"}
    assert rows.current().companies[world.company.pk].calendar.name == "Kassel"


def test_a_rule_that_is_off_is_known_from_the_change_alone(world: Ground) -> None:
    rule = factories.RoutingRuleFactory.create(team=world.teams["PLN"], is_active=False)
    with rows.under([changed(rule, is_active=True)]) as laid:
        assert [each.pk for each in laid.routing_rules] == [rule.pk]
    with rows.under([changed(rule, name="Later")]) as laid:
        assert laid.routing_rules == ()


def test_what_was_removed_meanwhile_is_as_the_draft_says_it(world: Ground) -> None:
    tolerance = factories.ToleranceRowFactory.create()
    change = changed(tolerance, mode="both")
    ToleranceRow.objects.all().delete()
    with rows.under([change]) as laid:
        assert [row.mode for row in laid.tolerances] == ["both"]


def test_nothing_is_written_and_nothing_asked_but_the_stamp(world: Ground) -> None:
    change = changed(world.calendar, name="Kassel, from March")
    rows.current()
    with CaptureQueriesContext(connection) as queries, rows.under([change]):
        lookup.load([world.company.pk], TUESDAY_TEN)
    assert len(queries) == 1
    assert Calendar.objects.get().name == "Kassel"


def test_a_value_that_cannot_be_read_is_refused(world: Ground) -> None:
    change = changed(CompanyPolicy.objects.get(), incident_cases="many")
    with pytest.raises(ValidationError), rows.under([change]):
        raise AssertionError("nobody gets here")
    assert RoutingRule.objects.count() == 0
