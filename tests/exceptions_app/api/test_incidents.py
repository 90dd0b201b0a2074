"""Incidents over the API: what came together, what people make of it, one decision and question for all."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp_connectors.exchange.models import Command
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.incidents.models import Incident, IncidentState
from exceptions_app.proposals.models import Bundle, Proposal, ProposalState
from suppliers.messaging.models import SupplierMessage
from tests.builders.factories import TUESDAY_TEN, ContactFactory
from tests.exceptions_app.api.callers import Caller, json_of, problem, results, with_token
from tests.exceptions_app.incidents.storm import Storm, noticed, ready

INCIDENT = "incidents/IN-1/"
CANCEL = {"incident": "IN-1", "resolution": "cancel_remainder", "reason": "Strike"}


SCENE = noticed


@pytest.fixture
def five(scene: Storm, tmp_path: Path) -> Storm:
    return ready(scene, tmp_path, at=TUESDAY_TEN + timedelta(minutes=2))


def caller(storm: Storm, name: str = "bea") -> Caller:
    return with_token(storm.world.company, "cases:read", "cases:write", acts_as=storm.world.people[name])


def numbers(storm: Storm) -> list[str]:
    return [case.number for case in storm.cases()]


def test_the_list_says_what_came_together_and_how_much_is_open(five: Storm) -> None:
    Case.objects.filter(pk=five.cases()[0].pk).update(state=CaseState.CLOSED)

    (row,) = results(caller(five).get("incidents/", state="suggested"))

    assert (row["number"], row["type"], row["supplier"]) == ("IN-1", "quantity_short", "77")
    assert (row["cases"], row["open_cases"], row["orders"]) == (5, 4, 5)
    assert (row["value"], row["currency"]) == ("32.00", "EUR")
    assert results(caller(five).get("incidents/", state="ended")) == []


def test_its_cases_are_found_by_it(five: Storm) -> None:
    found = results(caller(five).get("cases/", incident="IN-1"))

    assert {case["number"] for case in found} == set(numbers(five))
    assert {case["incident"] for case in found} == {"IN-1"}
    assert results(caller(five).get("cases/", incident="IN-2")) == []


def test_it_is_confirmed_with_its_cause_in_the_name_of_a_person(five: Storm) -> None:
    shown = json_of(caller(five).post(f"{INCIDENT}actions/confirm/", {"cause": "Strike at the port"}))

    assert (shown["state"], shown["cause"], shown["decided_by"]) == (
        "confirmed",
        "Strike at the port",
        five.world.people["bea"].username,
    )
    assert Event.objects.get(kind="incident.confirmed").actor == five.world.people["bea"]


def test_it_is_dismissed_with_a_reason_and_offers_nothing_any_more(five: Storm) -> None:
    shown = json_of(caller(five).post(f"{INCIDENT}actions/dismiss/", {"reason": "Five causes"}))

    assert (shown["state"], shown["actions"]) == ("dismissed", [])
    assert "over" in problem(caller(five).post("bundles/preview/", CANCEL), 403)["detail"]


def test_what_a_verb_needs_is_named(five: Storm) -> None:
    bea, asked = (
        caller(five),
        [
            ("confirm", {}, "#/cause"),
            ("dismiss", {"reason": ""}, "#/reason"),
            ("add", {"cases": [], "reason": "x"}, "#/cases"),
            ("add", {"cases": ["EX-0"]}, "#/reason"),
            ("take_out", {"cases": ["EX-0"], "reason": "x"}, "#/cases"),
        ],
    )
    for verb, body, pointer in asked:
        refused = problem(bea.post(f"{INCIDENT}actions/{verb}/", body), 400)
        assert {each["pointer"] for each in refused["errors"]} == {pointer}, verb
    assert Incident.objects.get().state == IncidentState.SUGGESTED


def test_whoever_read_an_older_version_changes_nothing(five: Storm) -> None:
    bea = caller(five)
    version = json_of(bea.get(INCIDENT))["version"]
    json_of(bea.post(f"{INCIDENT}actions/confirm/", {"cause": "Strike"}))

    late = {"cause": "Flood", "expected_version": version}
    assert "changed" in problem(bea.post(f"{INCIDENT}actions/confirm/", late), 409)["detail"]
    assert Incident.objects.get().cause == "Strike"


def test_cases_are_taken_out_and_added_again(five: Storm) -> None:
    bea, chosen = caller(five), {"cases": numbers(five)[:2], "reason": "Another mill"}

    assert json_of(bea.post(f"{INCIDENT}actions/take_out/", chosen))["cases"] == 3
    assert json_of(bea.post(f"{INCIDENT}actions/add/", chosen))["cases"] == 5
    assert not Case.objects.filter(left_incident=True).exists()


def test_who_may_not_manage_incidents_changes_nothing_and_sees_no_verb(five: Storm) -> None:
    wade = caller(five, "wade")

    assert json_of(wade.get(INCIDENT))["actions"] == []
    assert problem(wade.post(f"{INCIDENT}actions/confirm/", {"cause": "Strike"}), 403)
    assert Incident.objects.get().state == IncidentState.SUGGESTED


# --- one decision for all -----------------------------------------------------------------------------------


def test_what_can_be_decided_takes_as_many_queries_for_5_cases_as_for_2(five: Storm) -> None:
    bea = caller(five)
    with CaptureQueriesContext(connection) as of_five:
        whole = json_of(bea.get(f"{INCIDENT}decidable/"))
    Case.objects.filter(pk__in=[case.pk for case in five.cases()[2:]]).update(state=CaseState.CLOSED)
    with CaptureQueriesContext(connection) as of_two:
        json_of(bea.get(f"{INCIDENT}decidable/"))

    assert [case["lines"] for case in whole["cases"]] == [["10"]] * 5
    assert "cancel_remainder" in {each["code"] for each in whole["resolutions"]}
    # The first use of a token is noted once.
    assert len(of_two) <= len(of_five) <= len(of_two) + 1


def test_a_preview_says_what_it_comes_to_and_changes_nothing(five: Storm) -> None:
    preview = json_of(caller(five).post("bundles/preview/", CANCEL))

    assert (preview["amount"], preview["currency"], preview["needs"]) == ("40.00", "EUR", [])
    assert {part["case"] for part in preview["parts"]} == set(numbers(five))
    assert all(part["writes_to_erp"] and part["lines"] and not part["problems"] for part in preview["parts"])
    assert not Bundle.objects.exists()


def test_it_is_proposed_for_the_chosen_lines_once_per_key(five: Storm) -> None:
    bea = caller(five)
    wanted = CANCEL | {"lines": {number: ["10"] for number in numbers(five)[:3]}}
    first = json_of(bea.post("bundles/", wanted, Idempotency_Key="one"), 201)
    again = json_of(bea.post("bundles/", wanted, Idempotency_Key="one"), 201)

    assert first == again
    assert [each["case"] for each in first["proposals"]] == numbers(five)[:3]
    assert (Bundle.objects.count(), Command.objects.count()) == (1, 3)
    assert [row["id"] for row in results(bea.get("bundles/", incident="IN-1"))] == [first["id"]]
    assert problem(bea.post("bundles/", CANCEL, Idempotency_Key="one"), 409)


def test_what_cannot_be_meant_is_named(five: Storm) -> None:
    bea = caller(five)
    asked: list[tuple[dict[str, Any], str]] = [
        ({"reason": "x"}, "#/non_field_errors"),
        ({"incident": "IN-1"}, "#/resolution"),
        ({"incident": "IN-9", "resolution": "cancel_remainder"}, "#/incident"),
        (CANCEL | {"lines": {"EX-0": ["10"]}}, "#/lines"),
        (CANCEL | {"decisions": [{"case": "EX-0", "resolution": "split"}]}, "#/non_field_errors"),
    ]
    for body, pointer in asked:
        refused = problem(bea.post("bundles/", body), 400)
        assert {each["pointer"] for each in refused["errors"]} == {pointer}, body


def test_above_a_limit_it_is_approved_by_somebody_else_for_the_values_that_were_read(
    five: Storm, tmp_path: Path
) -> None:
    five.world.people["bea"].memberships.update(limit=10)
    bundle = json_of(caller(five).post("bundles/", CANCEL), 201)
    mona = caller(five, "mona")
    read = json_of(mona.get(f"bundles/{bundle['id']}/"))
    hashes = {each["id"]: each["values_hash"] for each in read["proposals"]}
    hashes[read["proposals"][0]["id"]] = "0" * 64

    given = json_of(mona.post(f"bundles/{bundle['id']}/approve/", {"proposals": hashes, "comment": "yes"}))

    assert sorted(each["is_given"] for each in given) == [False, True, True, True, True]
    assert all(each["detail"] for each in given if not each["is_given"])
    assert Proposal.objects.exclude(state=ProposalState.PENDING).count() == 4


def test_nothing_of_another_decision_is_approved(five: Storm) -> None:
    bundle = json_of(caller(five).post("bundles/", CANCEL), 201)
    wrong = {"proposals": {"0" * 8: "0"}}

    assert problem(caller(five, "mona").post(f"bundles/{bundle['id']}/approve/", wrong), 400)


# --- one question for all -----------------------------------------------------------------------------------


def test_the_supplier_is_asked_once_about_all_of_it(five: Storm) -> None:
    ContactFactory.create(supplier=five.world.supplier)
    bea = caller(five)
    (first, *_) = json_of(bea.get(f"{INCIDENT}inquiries/", language="de"))
    sent = json_of(bea.post(f"{INCIDENT}ask/", {"inquiry": first["code"]}), 201)

    assert set(sent["cases"]) == set(numbers(five))
    assert SupplierMessage.objects.count() == 1
    assert {case.state for case in five.cases()} == {CaseState.WAITING_SUPPLIER}


def test_it_is_asked_about_the_cases_that_are_named(five: Storm) -> None:
    ContactFactory.create(supplier=five.world.supplier)
    bea = caller(five)
    (first, *_) = json_of(bea.get(f"{INCIDENT}inquiries/"))
    sent = json_of(bea.post(f"{INCIDENT}ask/", {"inquiry": first["code"], "cases": numbers(five)[:2]}), 201)

    assert set(sent["cases"]) == set(numbers(five)[:2])


def test_who_may_not_ask_is_offered_nothing_and_sends_nothing(five: Storm) -> None:
    wade = caller(five, "wade")

    assert json_of(wade.get(f"{INCIDENT}inquiries/")) == []
    assert problem(wade.post(f"{INCIDENT}ask/", {"inquiry": "confirm"}), 400)
    assert not SupplierMessage.objects.exists()
