"""The clocks of a case as the API shows them: whose promise, what is used, and the segments it sums up."""

from typing import Any

import pytest

from exceptions_app import sla
from exceptions_app.cases.models import Case
from tests.builders.factories import berlin
from tests.exceptions_app.api.callers import json_of, with_token
from tests.exceptions_app.sla.clockwork import TUESDAY, WEDNESDAY, watched_case

pytestmark = pytest.mark.django_db


def clocks_of(case: Case) -> dict[str, dict[str, Any]]:
    """Return the clocks the API shows, by kind."""
    shown = json_of(with_token(case.company, "cases:read").get(f"cases/{case.number}/"))
    return {clock["kind"]: clock for clock in shown["clocks"]}


def test_ours_run_from_the_start_and_say_when_they_run_out() -> None:
    case = watched_case()
    sla.start(case)

    shown = clocks_of(case)

    assert [(kind, clock["side"], clock["round"]) for kind, clock in shown.items()] == [
        ("respond", "ours", 1),
        ("resolve", "ours", 1),
    ]
    respond = shown["respond"]
    assert (respond["allowed_minutes"], respond["used_minutes"]) == ("240.0000", "0.0000")
    assert respond["running_since"] == "2026-11-24T09:00:00Z"
    assert respond["due_at"] == "2026-11-24T13:00:00Z"
    assert respond["calendar"] == case.team.calendar.code
    assert respond["ladder"]["steps"] == [[1, 60, "lead"]]
    assert [segment["ended_at"] for segment in respond["segments"]] == [None]


def test_they_stand_still_exactly_while_the_suppliers_runs() -> None:
    case = watched_case()
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 12))

    shown = clocks_of(case)

    resolve, supplier = shown["resolve"], shown["supplier"]
    assert (resolve["used_minutes"], resolve["running_since"], resolve["due_at"]) == ("120.0000", None, None)
    (segment,) = resolve["segments"]
    assert (segment["started_at"], segment["ended_at"], segment["minutes"]) == (
        "2026-11-24T09:00:00Z",
        "2026-11-24T11:00:00Z",
        "120.0000",
    )
    assert (supplier["side"], supplier["running_since"]) == ("supplier", "2026-11-24T11:00:00Z")
    assert supplier["due_at"] is not None


def test_an_answer_ends_the_round_of_the_supplier_and_ours_go_on_with_what_is_left() -> None:
    case = watched_case()
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 12))
    sla.resume(case, berlin(WEDNESDAY), is_answered=True)

    shown = clocks_of(case)

    assert shown["supplier"]["stopped_at"] == "2026-11-25T09:00:00Z"
    resolve = shown["resolve"]
    assert (resolve["used_minutes"], resolve["running_since"]) == ("120.0000", "2026-11-25T09:00:00Z")
    assert [segment["round"] for segment in resolve["segments"]] == [1, 1]
