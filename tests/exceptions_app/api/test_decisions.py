"""Scenario 1 over the API: Bea proposes, Paul and Pia approve what they read, one command goes out."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from erp_connectors.exchange.models import Command
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Proposal
from tests.exceptions_app.api.callers import Caller, json_of, problem, results, with_token
from tests.exceptions_app.proposals.shortage import NOWHERE, SPLIT, Shortage, ready, shortage

pytestmark = pytest.mark.django_db
SCENE = partial(shortage, NOWHERE)


@pytest.fixture
def short(scene: Shortage, tmp_path: Path) -> Shortage:
    return ready(scene, tmp_path)


def caller(short: Shortage, name: str) -> Caller:
    return with_token(short.world.company, "cases:read", "cases:write", acts_as=short.person(name))


def split(short: Shortage, **values: Any) -> dict[str, Any]:
    return {"case": short.case.number, "resolution": "split", "inputs": SPLIT, "reason": "two weeks"} | values


def test_a_preview_says_what_it_would_cost_and_whom_it_needs_and_changes_nothing(short: Shortage) -> None:
    shown = json_of(caller(short, "bea").post("proposals/preview/", split(short)))
    assert (shown["amount"], shown["currency"], shown["percent"]) == ("3283.20", "EUR", "18.0000")
    assert (shown["within_limit"], shown["writes_to_erp"], shown["problems"]) == (False, True, [])
    assert {need["team"] for need in shown["needs"]} == {"PRO", "PLN"}
    (line,) = shown["lines"]
    assert line["line_number"] == "10"
    assert len(line["before"]["schedule"]) < len(line["after"]["schedule"])
    assert not Proposal.objects.exists()


def test_a_preview_of_unusable_inputs_names_them(short: Shortage) -> None:
    wrong = split(short, inputs={"rest_on": "soon"})
    shown = json_of(caller(short, "bea").post("proposals/preview/", wrong))
    assert shown["problems"][0]["field"] == "rest_on"
    assert shown["lines"] == []


def test_a_proposal_waits_for_those_it_needs_with_the_values_they_read(short: Shortage) -> None:
    made = json_of(caller(short, "bea").post("proposals/", split(short)), 201)
    assert (made["state"], made["proposed_by"], made["case"]) == (
        "pending_approval",
        "bea",
        short.case.number,
    )
    assert made["values_hash"] == values_hash(Proposal.objects.get())
    assert {(need["team"], need["approved_by"]) for need in made["needs"]} == {("PRO", None), ("PLN", None)}
    assert results(caller(short, "bea").get("approvals/")) == []
    for name in ("paul", "pia", "mona"):
        assert [row["id"] for row in results(caller(short, name).get("approvals/"))] == [made["id"]], name


def test_the_last_approval_writes_one_command(short: Shortage) -> None:
    made = json_of(caller(short, "bea").post("proposals/", split(short)), 201)
    path, body = f"proposals/{made['id']}/actions/approve/", {"values_hash": made["values_hash"]}
    first = json_of(caller(short, "paul").post(path, body))
    assert {need["team"]: need["approved_by"] for need in first["needs"]} == {"PRO": "paul", "PLN": None}
    assert not Command.objects.exists()
    second = json_of(caller(short, "pia").post(path, body))
    assert second["state"] == "executing"
    assert second["authorisation"]["kind"] == "approved"
    command = Command.objects.get()
    assert (command.kind, command.case_number) == ("split_schedule", short.case.number)


def test_whoever_proposed_cannot_approve_and_is_told_why(short: Shortage) -> None:
    made = json_of(caller(short, "bea").post("proposals/", split(short)), 201)
    answer = caller(short, "bea").post(
        f"proposals/{made['id']}/actions/approve/", {"values_hash": made["values_hash"]}
    )
    assert "does not approve it" in problem(answer, 403)["detail"]


def test_an_approval_of_other_values_is_a_conflict(short: Shortage) -> None:
    made = json_of(caller(short, "bea").post("proposals/", split(short)), 201)
    path = f"proposals/{made['id']}/actions/approve/"
    problem(caller(short, "paul").post(path, {"values_hash": "0" * 64}), 409)
    (error,) = problem(caller(short, "paul").post(path), 400)["errors"]
    assert error["pointer"] == "#/values_hash"


@pytest.mark.parametrize(
    ("name", "verb", "state"),
    [("paul", "reject", "rejected"), ("paul", "ask_back", "pending_approval"), ("bea", "withdraw", "void")],
)
def test_a_proposal_is_rejected_asked_about_or_withdrawn_with_a_reason(
    short: Shortage, name: str, verb: str, state: str
) -> None:
    made = json_of(caller(short, "bea").post("proposals/", split(short)), 201)
    path = f"proposals/{made['id']}/actions/{verb}/"
    problem(caller(short, name).post(path), 403)
    answer = json_of(caller(short, name).post(path, {"comment": "Ask them for the 9th"}))
    assert answer["state"] == state
    assert (
        results(caller(short, name).get("proposals/", state=state, case=short.case.number))[0]["id"]
        == made["id"]
    )


def test_inputs_that_cannot_be_used_are_named(short: Shortage) -> None:
    for inputs in (
        {},
        {"rest_on": "soon"},
        {"rest_on": ["2026-12-16"]},
        {"rest_on": {"a": None}},
        {"rest_on": 1.5},
    ):
        errors = problem(caller(short, "bea").post("proposals/", split(short, inputs=inputs)), 400)["errors"]
        assert errors[0]["pointer"] == "#/inputs/rest_on", inputs
    assert not Proposal.objects.exists()


def test_a_case_or_resolution_that_is_not_there_is_named(short: Shortage) -> None:
    bea = caller(short, "bea")
    for wrong, pointer in (({"case": "EX-404"}, "#/case"), ({"resolution": "flee"}, "#/resolution")):
        (error,) = problem(bea.post("proposals/", split(short) | wrong), 400)["errors"]
        assert error["pointer"] == pointer


def test_a_second_proposal_for_the_same_lines_is_a_conflict(short: Shortage) -> None:
    bea = caller(short, "bea")
    assert bea.post("proposals/", split(short)).status_code == 201
    assert "in a proposal already" in problem(bea.post("proposals/", split(short)), 409)["detail"]


def test_a_stale_version_is_a_conflict(short: Shortage) -> None:
    answer = caller(short, "bea").post("proposals/", split(short, expected_version=1))
    assert "changed meanwhile" in problem(answer, 409)["detail"]


def test_who_does_not_work_the_case_neither_proposes_nor_previews(short: Shortage) -> None:
    pia = caller(short, "pia")
    assert pia.get(f"cases/{short.case.number}/").status_code == 200
    for path in ("proposals/", "proposals/preview/"):
        problem(pia.post(path, split(short)), 403)
