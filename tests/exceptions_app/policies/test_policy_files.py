"""Rules as files: written, and read back as a draft of what is different."""

import json
from decimal import Decimal
from typing import Any

import pytest

from exceptions_app.people.models import User
from exceptions_app.policies import policy_files
from exceptions_app.policies.changes import tables
from exceptions_app.policies.draft_models import Action
from exceptions_app.policies.models import ToleranceRow
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN, Ground, ground
from tests.exceptions_app.policies.writing import begun, by, write_change, write_removal

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def exported(world: Ground) -> Any:
    return json.loads(json.dumps(policy_files.all_rules([world.company])))


def read(content: Any, person: User) -> policy_files.Read:
    return policy_files.read(
        json.dumps(content).encode(), title="", reason="As in Hamburg.", by=by(person), at=TUESDAY_TEN
    )


def test_what_was_exported_is_no_different_when_it_is_read(
    world: Ground, tolerance: ToleranceRow, ada: User
) -> None:
    content = exported(world)
    assert set(content["tables"]) == set(tables())
    assert content["tables"]["tolerancerow"][0]["supplier"] == "weserland-erp/77"
    result = read(content, ada)
    assert (result.draft, result.problems) == (None, [])


def test_what_is_different_in_a_file_becomes_a_draft(
    world: Ground, tolerance: ToleranceRow, ada: User
) -> None:
    content = exported(world)
    content["tables"]["tolerancerow"][0]["percent"] = "1.5"
    content["tables"]["approvalrule"] = []
    content["tables"]["termrow"].append({"supplier": "weserland-erp/77", "confirm_days": 3})
    result = read(content, ada)
    assert result.problems == []
    assert result.draft is not None
    assert result.draft.reason == "As in Hamburg."
    changes = {change.table: change for change in result.draft.changes.all()}
    assert {table: change.action for table, change in changes.items()} == {
        "tolerancerow": Action.CHANGE,
        "approvalrule": Action.REMOVE,
        "termrow": Action.ADD,
    }
    assert changes["tolerancerow"].row_id == tolerance.pk
    assert changes["tolerancerow"].after["percent"] == "1.5000"
    assert ToleranceRow.objects.get().percent == Decimal(2)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"supplier": "weserland-erp/99"},
            "tolerancerow, row 2: there is no supplier weserland-erp/99 here.",
        ),
        ({"height": 3}, "tolerancerow, row 2: it has no height."),
        ({"percent": "much"}, "tolerancerow, row 2: “much” value must be a decimal number."),
        (
            {"percent_state": "zero", "percent": "3"},
            "tolerancerow, row 2: percent: Its state is “zero”: nothing is tolerated.",
        ),
        ({"percent_state": "value"}, "tolerancerow, row 2: percent: Its state is “value”: enter it"),
        ("none", "tolerancerow, row 2: this is no row"),
        ({"valid_from": "soon"}, "tolerancerow, row 2: “soon” value has an invalid date format"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_with_its_place_and_removes_nothing(
    row: Any, told: str, world: Ground, tolerance: ToleranceRow, ada: User
) -> None:
    content = exported(world)
    other = dict(content["tables"]["tolerancerow"][0]) | {"type_code": "quantity_short"}
    wrong = {"type_code": "quantity_short"} | row if isinstance(row, dict) else row
    content["tables"]["tolerancerow"] = [other, wrong]
    result = read(content, ada)
    assert result.problems[0].startswith(told)
    assert "nothing is removed" in result.problems[1]
    assert result.draft is not None
    assert [change.action for change in result.draft.changes.all()] == [Action.ADD]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"tolerances: 3", "This is no JSON file"),
        (b"[]", "This is no file of rules"),
        (b'{"format": "rightline-policies/1"}', "tables: these must be lists"),
        (b"\xff\xfe", "This is no JSON file"),
    ],
)
def test_what_is_no_file_of_rules_is_refused(content: bytes, told: str, ada: User) -> None:
    result = policy_files.read(content, title="", reason="", by=by(ada), at=TUESDAY_TEN)
    assert result.draft is None
    assert result.problems[0].startswith(told)


def test_what_the_administration_refuses_is_refused_in_a_file_too(world: Ground, ada: User) -> None:
    content = exported(world)
    condition = {"fact": "colour", "op": "is", "value": "red"}
    rule = {"company": "weserland", "position": 5, "name": "Red", "team": "weserland/PRO"}
    content["tables"] = {"routingrule": [rule | {"condition": condition}, rule]}
    result = read(content, ada)
    assert "row 1: condition: " in result.problems[0]
    assert "'colour' is not one of" in result.problems[0]
    assert result.draft is not None
    assert [change.after["name"] for change in result.draft.changes.all()] == ["Red"]


def test_a_draft_is_written_and_read_as_the_same_changes(
    world: Ground, tolerance: ToleranceRow, ada: User
) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    write_removal(draft, factories.TermRowFactory.create(confirm_days=5), ada)
    result = read(json.loads(json.dumps(policy_files.of_draft(draft))), ada)
    assert result.problems == []
    assert result.draft is not None
    assert result.draft.title == draft.title
    assert [(each.table, each.action, each.after) for each in result.draft.changes.all()] == [
        (each.table, each.action, each.after) for each in draft.changes.all()
    ]


def test_a_change_of_a_rule_that_is_not_there_is_named(
    world: Ground, tolerance: ToleranceRow, ada: User
) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    content = policy_files.of_draft(draft)
    tolerance.delete()
    assert read(content, ada).problems == ["change 1: there is no such rule here."]


def test_a_manager_changes_no_rule_of_another_company_by_a_file(world: Ground, ada: User) -> None:
    other = ground("elbland", supplier_number="78")
    mona = world.people["mona"]
    before = exported(other)
    assert read(before | {"tables": {"companypolicy": before["tables"]["companypolicy"]}}, mona).problems == [
        "companypolicy, row 1: it holds in a company whose rules you do not change.",
        "companypolicy: nothing is removed, since rows could not be read.",
    ]
