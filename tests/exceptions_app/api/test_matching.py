"""Matching by hand over the API: what waits, what it could be and why, and a person's word on it."""

from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.documents.models import DocumentHead, OrderLine
from exceptions_app.audit.models import Event
from tests.bench.orders import place_orders
from tests.builders.factories import Ground, ItemFactory, ground
from tests.builders.loose_receipts import loose_receipt
from tests.exceptions_app.api.callers import Caller, json_of, problem, results, with_token

CHOICE = {"line": 0, "order": "4500020001", "order_line": "10", "reason": "Asked the dock"}


def receipt_that_fits_nothing() -> Ground:
    """Record a receipt whose order number is mistyped, and the order that is meant."""
    world = ground()
    ItemFactory.create(connection=world.erp, number="SEAL-KIT", base_unit="EA")
    place_orders(world, ["4500020001"])
    loose_receipt(world)
    return world


SCENE = receipt_that_fits_nothing


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def caller(world: Ground, name: str = "wade") -> Caller:
    return with_token(world.company, "orders:read", "documents:write", acts_as=world.people[name])


def path(end: str = "") -> str:
    return f"matching/{DocumentHead.objects.get().pk}/{end}"


def received() -> Decimal:
    return OrderLine.objects.get(order__number="4500020001").received_quantity


def test_the_list_says_what_waits_and_why(world: Ground) -> None:
    (row,) = results(caller(world).get("matching/"))

    assert (row["kind"], row["number"], row["connection"]) == ("receipt", "GR-1", world.erp.code)
    assert row["waiting"] == [{"line": 0, "order": "45O0020001", "reason": "order_unknown"}]
    assert results(caller(world).get("matching/", kind="invoice")) == []


def test_a_line_says_what_it_is_and_what_it_could_be(world: Ground) -> None:
    said = json_of(caller(world).get(path("lines/0/")))

    assert (said["order"], said["buyer_item"], said["quantity"], said["unit"]) == (
        "45O0020001",
        "SEAL-KIT",
        "100",
        "EA",
    )
    (likely,) = said["candidates"]
    assert (likely["order"], likely["order_line"]) == ("4500020001", "10")
    assert "an order number that differs little" in likely["reasons"]
    assert problem(caller(world).get(path("lines/7/")), 404)


def test_a_choice_is_taken_told_and_waits_no_longer(world: Ground) -> None:
    wade = caller(world)
    shown = json_of(wade.post(path("match/"), CHOICE, Idempotency_Key="one"))
    again = json_of(wade.post(path("match/"), CHOICE, Idempotency_Key="one"))

    assert shown == again
    assert shown["waiting"] == []
    (match,) = shown["matches"]
    assert (match["line"], match["order"], match["order_line"]) == (0, "4500020001", "10")
    assert received() == 100
    assert results(wade.get("matching/")) == []
    event = Event.objects.get(kind="document.matched")
    assert (event.actor, event.reason) == (world.people["wade"], "Asked the dock")


def test_what_was_matched_is_listed_when_asked_for(world: Ground) -> None:
    wade = caller(world)
    assert results(wade.get("matching/", matched="true")) == []
    assert len(results(wade.get("matching/", matched="false"))) == 1
    json_of(wade.post(path("match/"), CHOICE))

    (row,) = results(wade.get("matching/", matched="true"))
    assert (row["number"], row["waiting"]) == ("GR-1", [])
    assert results(wade.get("matching/", matched="false")) == []


def test_a_choice_is_taken_back_with_a_reason(world: Ground) -> None:
    wade = caller(world)
    json_of(wade.post(path("match/"), CHOICE))
    shown = json_of(wade.post(path("undo/"), {"line": 0, "reason": "Another order"}))

    assert (len(shown["waiting"]), shown["matches"], received()) == (1, [], 0)
    event = Event.objects.get(kind="document.unmatched")
    assert (event.reason, event.before["order"]) == ("Another order", "4500020001")
    assert problem(wade.post(path("undo/"), {"line": 0, "reason": "Again"}), 422)


def test_what_cannot_be_is_refused_with_words(world: Ground) -> None:
    refused: list[tuple[dict[str, Any], int]] = [
        ({"order": "4711"}, 422),
        ({"line": 9}, 422),
        ({"line": -1}, 400),
        ({"order_line": ""}, 400),
    ]
    for change, status in refused:
        assert problem(caller(world).post(path("match/"), CHOICE | change), status), change
    assert received() == 0


def test_who_may_only_look_matches_nothing(world: Ground) -> None:
    cora = caller(world, "cora")

    assert results(cora.get("matching/"))
    assert problem(cora.post(path("match/"), CHOICE), 403)
    assert problem(cora.post(path("undo/"), {"line": 0, "reason": "x"}), 403)
    assert received() == 0
