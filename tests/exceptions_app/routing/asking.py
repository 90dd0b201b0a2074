"""What the routing is asked in its tests."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from exceptions_app.policies import lookup
from exceptions_app.policies.lookup import LineScope
from exceptions_app.routing.route import Explained, Question, Route, explain
from tests.builders.factories import TUESDAY_TEN, Ground

FACTS: dict[str, Any] = {
    "type": "quantity_short",
    "family": "confirmation",
    "subject": "order",
    "group": "order",
    "severity": 3,
    "amount": Decimal("3283.20"),
    "expected_loss": Decimal(4100),
    "days_late": Decimal(14),
    "percent_short": Decimal(18),
    "company": "weserland",
    "supplier": "77",
    "supplier_tier": "A",
    "region": "DE",
    "buyer": "NOBODY",
    "connection": "weserland-erp",
    "message_kind": "855",
    "item": frozenset({"SEAL-KIT"}),
    "category": frozenset({"seals"}),
    "item_class": frozenset({"B"}),
    "warehouse": frozenset({"KAS"}),
    "customer_class": "A",
}


def question(world: Ground, *, owner: str = "PRO", **facts: Any) -> Question:
    """Return what is asked about a shortage of seals in the world."""
    scope = LineScope(
        company_id=world.company.pk,
        supplier_id=world.supplier.pk,
        item_number="SEAL-KIT",
        category="seals",
        warehouse_id=world.warehouse.pk,
    )
    return Question(company_id=world.company.pk, owner_code=owner, facts=FACTS | facts, scopes=(scope,))


def explained(world: Ground, *, scopes: tuple[LineScope, ...] | None = None, **asked: Any) -> Explained:
    """Return the whole answer to a question, on the Tuesday of the tests."""
    wanted = question(world, **asked)
    if scopes is not None:
        wanted = replace(wanted, scopes=scopes)
    return explain(wanted, lookup.load([world.company.pk], TUESDAY_TEN))


def routed(world: Ground, **asked: Any) -> Route:
    """Return where a case goes."""
    return explained(world, **asked).route


def clause(fact: str, op: str, value: Any) -> dict[str, Any]:
    """Return a condition of one clause."""
    return {"fact": fact, "op": op, "value": value}
