"""Drafts of the rules over the API: the same way as in the browser, for two people."""

from decimal import Decimal
from typing import Any

import pytest

from exceptions_app.people.models import User
from exceptions_app.policies.draft_models import DraftState, PolicyDraft
from exceptions_app.policies.models import ToleranceRow
from tests.builders import factories
from tests.builders.factories import Ground, ground
from tests.exceptions_app.api.callers import Caller, json_of, problem, results, signed_in, with_token
from tests.exceptions_app.policies.writing import administrator, begun, write_change

pytestmark = pytest.mark.django_db
SCENE = ground
SENTENCE = "Tolerance for price mismatch at Nordmann Dichtungen: 2 % becomes 1.5 %"


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def ada(world: Ground) -> User:
    return administrator("ada")


@pytest.fixture
def anton(world: Ground) -> User:
    return administrator("anton")


@pytest.fixture
def tolerance(world: Ground) -> ToleranceRow:
    row: ToleranceRow = factories.ToleranceRowFactory.create(
        company=world.company,
        type_code="price_mismatch",
        supplier=world.supplier,
        percent_state="value",
        percent=Decimal(2),
    )
    return row


@pytest.fixture
def draft(tolerance: ToleranceRow, ada: User) -> PolicyDraft:
    written = begun(ada)
    write_change(written, tolerance, ada, percent="1.5000")
    return written


def act(caller: Caller, draft: PolicyDraft, verb: str, **body: Any) -> Any:
    return caller.post(f"policies/drafts/{draft.pk}/actions/{verb}/", body)


def test_a_draft_says_its_changes_in_words_and_values(draft: PolicyDraft, ada: User) -> None:
    shown = json_of(signed_in(ada).get(f"policies/drafts/{draft.pk}/"))
    assert (shown["state"], shown["authors"], shown["created_by"]) == ("written", ["ada"], "ada")
    (change,) = shown["changes"]
    assert change["sentence"] == SENTENCE
    assert (change["before"]["percent"], change["after"]["percent"]) == ("2.0000", "1.5000")
    assert change["after"]["supplier"] == "weserland-erp/77"
    assert [row["id"] for row in results(signed_in(ada).get("policies/drafts/", state="written"))] == [
        draft.pk
    ]
    assert results(signed_in(ada).get("policies/drafts/", state="published")) == []


def test_two_people_bring_it_to_a_release(draft: PolicyDraft, ada: User, anton: User) -> None:
    first, second = signed_in(ada), signed_in(anton)
    assert json_of(act(first, draft, "submit"))["state"] == "in_review"
    assert "You wrote in this draft" in problem(act(first, draft, "approve"), 403)["detail"]
    assert json_of(act(second, draft, "approve"))["approved_by"] == "anton"
    for verb, body in (("publish", {}), ("schedule", {"publish_at": "2031-12-01T06:00:00Z"})):
        refused = problem(act(first, draft, verb, **body), 403)["detail"]
        assert "Kept apart: Ada Example wrote the rule, so another person has to publish it." in refused
    assert json_of(act(second, draft, "publish"))["release"] == 2
    assert ToleranceRow.objects.get().percent == Decimal("1.5")
    shown = json_of(first.get("policies/releases/2/"))
    assert [change["sentence"] for change in shown["changes"]] == [SENTENCE]
    assert [row["number"] for row in results(first.get("policies/releases/"))] == [2, 1]
    assert problem(act(second, draft, "publish"), 422)


def test_what_moved_meanwhile_is_a_conflict(draft: PolicyDraft, ada: User, anton: User) -> None:
    act(signed_in(ada), draft, "submit")
    act(signed_in(anton), draft, "approve")
    ToleranceRow.objects.update(percent=Decimal("1.8"))
    assert "2 % becomes 1.8 %" in problem(act(signed_in(anton), draft, "publish"), 409)["detail"]
    shown = json_of(signed_in(ada).get(f"policies/drafts/{draft.pk}/"))
    assert "2 % becomes 1.8 %" in shown["changes"][0]["conflict"]
    assert json_of(act(signed_in(ada), draft, "rebase"))["state"] == "written"
    seen = PolicyDraft.objects.get().version
    assert problem(act(signed_in(ada), draft, "submit", expected_version=seen - 1), 409)


def test_a_draft_is_written_with_its_changes(world: Ground, tolerance: ToleranceRow, ada: User) -> None:
    caller = signed_in(ada)
    change = {
        "table": "termrow",
        "action": "add",
        "before": {},
        "after": {"company": "weserland", "confirm_days": 3},
    }
    body = {"title": "Faster answers", "reason": "Agreed.", "changes": [change]}
    made = json_of(caller.post("policies/drafts/", body), 201)
    assert [each["sentence"] for each in made["changes"]] == ["New: Terms in Weserland: confirm days 3"]
    wrong = change | {"after": {"company": "nowhere", "confirm_days": 3}}
    refused = problem(caller.post("policies/drafts/", body | {"changes": [change, wrong]}), 400)
    assert "change 2, after: there is no company nowhere here" in str(refused["errors"])
    assert PolicyDraft.objects.count() == 1


def test_a_token_acts_for_its_person_in_its_company_only(
    world: Ground, draft: PolicyDraft, ada: User
) -> None:
    mona = world.people["mona"]
    caller = with_token(world.company, "policies:read", "policies:write", acts_as=mona)
    act(signed_in(ada), draft, "submit")
    assert json_of(act(caller, draft, "approve"))["state"] == DraftState.APPROVED
    other = ground("elbland", supplier_number="78")
    elsewhere = with_token(other.company, "policies:read", "policies:write", acts_as=administrator("agnes"))
    assert elsewhere.get(f"policies/drafts/{draft.pk}/").status_code == 404
    everywhere = begun(ada, "For all")
    write_change(everywhere, factories.TermRowFactory.create(confirm_days=5), ada, confirm_days=4)
    act(signed_in(ada), everywhere, "submit")
    assert "in its company only" in problem(act(elsewhere, everywhere, "approve"), 403)["detail"]


def test_leads_read_and_decide_nothing(world: Ground, draft: PolicyDraft) -> None:
    paul = signed_in(world.people["paul"])
    assert json_of(paul.get(f"policies/drafts/{draft.pk}/"))["title"] == draft.title
    assert problem(act(paul, draft, "submit"), 403)
    assert problem(paul.post("policies/drafts/", {"title": "x", "reason": "y", "changes": []}), 403)
