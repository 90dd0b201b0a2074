"""The list of what types in shadow would have opened."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders.factories import (
    TUESDAY_TEN,
    Ground,
    PurchaseOrderFactory,
    ShadowFindingFactory,
    ground,
)
from tests.exceptions_app.api.callers import Caller, results, signed_in, with_token

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def found(world: Ground, number: str, **values: Any) -> None:
    order = PurchaseOrderFactory.create(supplier=world.supplier, number=number)
    ShadowFindingFactory.create(order=order, team=world.teams["PRO"], **values)


def orders(caller: Caller, query: str = "") -> list[str]:
    return [row["order"] for row in results(caller.get(f"shadow-findings/{query}"))]


def test_a_finding_is_listed_as_the_line_it_would_have_been(world: Ground) -> None:
    found(world, "45001")
    (row,) = results(with_token(world.company, "cases:read").get("shadow-findings/"))
    assert (row["company"], row["type"], row["severity"]) == ("weserland", "quantity_short", "high")
    assert (row["supplier"], row["order"], row["line_number"]) == ("77", "45001", "10")
    assert (row["quantity"], row["at_risk"], row["team"]) == ("18.000000", "3283.20", "PRO")
    assert (row["cleared_at"], row["release"], row["document"]) == (None, 1, None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["45002", "45001"]),
        ("?open=true", ["45001"]),
        ("?open=false", ["45002"]),
        ("?type=date_later", ["45002"]),
        ("?supplier=77", ["45002", "45001"]),
        ("?supplier=78", []),
        ("?order=45001", ["45001"]),
        ("?found_after=2026-11-24T09:30:00Z", ["45002"]),
    ],
)
def test_it_is_filtered(query: str, expected: list[str], world: Ground) -> None:
    found(world, "45001")
    later = TUESDAY_TEN + timedelta(hours=1)
    found(world, "45002", type_code="date_later", found_at=later, cleared_at=later)
    assert orders(with_token(world.company, "cases:read"), query) == expected


def test_only_leaders_and_auditors_see_it_and_only_their_companies(world: Ground) -> None:
    other = ground("elbland", supplier_number="78")
    found(world, "45001")
    found(other, "1000")
    assert orders(signed_in(world.people["paul"])) == ["45001"]
    assert orders(signed_in(world.people["bea"])) == []
    assert orders(with_token(other.company, "cases:read")) == ["1000"]
