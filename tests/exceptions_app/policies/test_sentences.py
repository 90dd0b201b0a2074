"""Changes in sentences: of every table, in words, in both languages."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from exceptions_app.policies.changes import table_of, tables, values_of
from exceptions_app.policies.draft_models import Action, PolicyChange
from exceptions_app.policies.models import PolicyRow
from exceptions_app.policies.sentences import NOUNS, sentence, sentences
from tests.builders import factories as make
from tests.builders.factories import Ground, ground

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def changed(row: PolicyRow, **values: Any) -> PolicyChange:
    before = values_of(row)
    return PolicyChange(
        table=table_of(row), row_id=row.pk, action=Action.CHANGE, before=before, after=before | values
    )


def added(row: PolicyRow) -> PolicyChange:
    return PolicyChange(table=table_of(row), action=Action.ADD, after=values_of(row))


def removed(row: PolicyRow) -> PolicyChange:
    return PolicyChange(table=table_of(row), row_id=row.pk, action=Action.REMOVE, before=values_of(row))


def price(world: Ground, **values: Any) -> PolicyRow:
    row: PolicyRow = make.ToleranceRowFactory.create(
        type_code="price_mismatch",
        supplier=world.supplier,
        **{"percent_state": "value", "percent": Decimal(2), **values},
    )
    return row


def test_one_value_is_said_shortly(world: Ground) -> None:
    assert sentence(changed(price(world), percent="1.5000")) == (
        "Tolerance for price mismatch at Nordmann Dichtungen: 2 % becomes 1.5 %"
    )


def test_a_limit_is_said_with_its_state(world: Ground) -> None:
    row = price(world)
    assert sentence(changed(row, percent_state="zero", percent=None)).endswith("2 % becomes zero")
    assert sentence(changed(row, percent_state="unchecked", percent=None)).endswith("2 % becomes not checked")
    assert sentence(changed(row, amount_state="value", amount="12.500000")).endswith(
        "amount not checked becomes 12.5"
    )


def test_several_values_and_days_are_named(world: Ground) -> None:
    change = changed(price(world), percent="1.5000", valid_from="2026-12-01", owner="Purchasing")
    assert sentence(change) == (
        "Tolerance for price mismatch at Nordmann Dichtungen: owner nothing becomes Purchasing; "
        "valid from nothing becomes 1 Dec 2026; percent 2 % becomes 1.5 %"
    )


def test_a_new_and_a_removed_row_say_what_they_say(world: Ground) -> None:
    term = make.TermRowFactory.create(supplier=world.supplier, confirm_days=3)
    assert sentence(added(term)) == "New: Terms at Nordmann Dichtungen: confirm days 3"
    assert sentence(removed(term)) == "Terms at Nordmann Dichtungen is removed; it was: confirm days 3"


def test_conditions_hours_and_lists_are_words(world: Ground) -> None:
    rule = make.RoutingRuleFactory.create(name="Large", team=world.teams["PLN"])
    condition = {"all": [{"fact": "amount", "op": "above", "value": "5000"}]}
    assert sentence(changed(rule, condition=condition)) == (
        "Routing rule “Large”: condition nothing becomes amount above 5000"
    )
    hours = {str(day): [["07:00", "16:00"]] for day in range(5)} | {"5": [["07:00", "12:00"]]}
    assert sentence(changed(world.calendar, hours=hours)) == (
        "Calendar “Kassel”: hours Monday to Friday 08:00-17:00 becomes "
        "Monday to Friday 07:00-16:00, Saturday 07:00-12:00"
    )
    needs = make.ApprovalRuleFactory.create(resolutions=["accept_date"])
    assert "accept date becomes accept date, split" in sentence(
        changed(needs, resolutions=["accept_date", "split"])
    )


def test_rows_that_are_gone_are_named_by_their_number(world: Ground) -> None:
    change = changed(price(world), supplier=987654)
    assert sentence(change).endswith("supplier Nordmann Dichtungen becomes no. 987654")


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_table_has_its_sentences_without_any_json(language: str, world: Ground) -> None:
    assert set(NOUNS) == set(tables())
    factories = {
        each._meta.model: each
        for each in vars(make).values()
        if isinstance(each, type)
        and issubclass(each, make.PolicyRowFactory)
        and each is not make.PolicyRowFactory
    }
    rows = [factories[model].create() for model in tables().values()]
    changes = [change for row in rows for change in (added(row), removed(row))]
    with override(language):
        told = [words for _, words in sentences(changes)]
    assert not [
        words for words in told if "{" in words.replace("{order}", "").replace("{line", "") and '"' in words
    ]
    assert len(set(told)) == len(told)


def test_names_are_read_once_for_many_changes(world: Ground, django_assert_max_num_queries: Any) -> None:
    changes = [changed(price(world), percent=f"1.{number}000") for number in range(20)]
    with django_assert_max_num_queries(4):
        assert len(sentences(changes)) == 20


def test_a_german_reads_german(world: Ground) -> None:
    with override("de"):
        assert sentence(changed(price(world), percent="1.5000")) == (
            "Toleranz für Preisabweichung bei Nordmann Dichtungen: aus 2 % wird 1,5 %"
        )
