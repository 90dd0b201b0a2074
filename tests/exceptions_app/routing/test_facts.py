"""What rules may ask of a case, and how it is kept."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from exceptions_app.cases.models import CaseLine
from exceptions_app.detection import registry
from exceptions_app.detection.types.base import Family
from exceptions_app.routing import facts
from tests.builders.factories import Ground, ItemFactory, ground, order_line
from tests.exceptions_app.routing.asking import FACTS

pytestmark = pytest.mark.django_db
SCENE = ground
TODAY = date(2026, 11, 24)


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def facts_of(world: Ground, code: str, **actual: Any) -> dict[str, Any]:
    world.supplier.country = "DE"
    pump = ItemFactory.create(connection=world.erp, number="PUMP", category="pumps", abc_class="A")
    rows = {
        "10": order_line(world),
        "20": order_line(world, line="20", item=pump, quantity=Decimal(10)),
    }
    lines = [
        CaseLine(key=f"{code}:10", line_number="10", quantity=Decimal(18), actual=actual),
        CaseLine(key=f"{code}:20", line_number="20", quantity=Decimal(5)),
    ]
    return facts.facts_of(
        registry.exception_type(code),
        lines,
        company=world.company,
        today=TODAY,
        supplier=world.supplier,
        buyer="BEA",
        connection="weserland-erp",
        order_lines=rows,
    )


def test_a_case_of_an_order_knows_its_type_supplier_buyer_and_all_its_lines(world: Ground) -> None:
    assert facts_of(world, "quantity_short") == {
        "type": "quantity_short",
        "family": "confirmation",
        "subject": "order",
        "group": "order",
        "company": "weserland",
        "supplier": "77",
        "supplier_tier": "A",
        "region": "DE",
        "buyer": "BEA",
        "connection": "weserland-erp",
        "message_kind": None,
        "item": {"SEAL-KIT", "PUMP"},
        "category": {"seals", "pumps"},
        "item_class": {"A", "B"},
        "warehouse": {"KAS"},
        "percent_short": Decimal(50),
        "days_late": None,
    }


def test_a_case_without_order_and_supplier_leaves_unknown_what_it_has_not(world: Ground) -> None:
    kind = registry.exception_type("unit_unknown")
    known = facts.facts_of(kind, [], company=world.company, today=TODAY, message_kind="855")
    assert (known["message_kind"], known["company"]) == ("855", "weserland")
    for name in ("supplier", "supplier_tier", "region", "buyer", "connection", "percent_short", "days_late"):
        assert known[name] is None, name
    assert known["item"] == frozenset()


@pytest.mark.parametrize(
    ("code", "actual", "days"),
    [
        ("date_later", {"late": [{"date": "2026-12-16", "wanted": "2026-12-02"}]}, 14),
        (
            "backorder",
            {
                "late": [
                    {"date": "2026-12-16", "wanted": "2026-12-02"},
                    {"date": "2026-12-09", "wanted": "2026-12-08"},
                    {"wanted": "2026-12-08"},
                ]
            },
            14,
        ),
        ("delivery_overdue", {"promised": ["2026-11-20", "2026-11-23"]}, 4),
    ],
)
def test_days_late_is_the_longest_of_what_moved_or_is_past_its_day(
    code: str, actual: dict[str, Any], days: int, world: Ground
) -> None:
    assert facts_of(world, code, **actual)["days_late"] == days


def test_facts_are_kept_as_plain_json_and_come_back_as_they_were() -> None:
    kept = facts.to_json(FACTS | {"buyer": None, "anything else": 1})
    assert kept["amount"] == "3283.20"
    assert kept["warehouse"] == ["KAS"]
    assert {"buyer", "anything else"}.isdisjoint(kept)
    assert facts.from_json(kept | {"fact of an older release": "x"}) == {
        name: value for name, value in FACTS.items() if name != "buyer"
    }


FAMILIES = {
    Family.CONFIRMATION: """
        confirmation_late acknowledgement_missing reconfirmation_due line_rejected quantity_short
        quantity_over answer_incomplete backorder date_later date_earlier price_mismatch price_basis_suspect
        substitution allocation_cut answer_conflict change_unconfirmed unordered_line
    """,
    Family.SHIPMENT: """
        ship_notice_missing ship_notice_short ship_notice_over ship_notice_conflict shipment_delayed
        carrier_exception delivery_overdue shipped_after_cancel
    """,
    Family.RECEIPT: "receipt_short receipt_over receipt_damaged receipt_wrong_item receipt_unexpected",
    Family.INVOICE: """
        invoice_price invoice_quantity invoice_before_receipt invoice_unordered invoice_duplicate
        invoice_total invoice_charge invoice_terms invoice_missing credit_missing
    """,
    Family.DATA: "unit_unknown erp_mismatch feed_silent message_quarantined",
    Family.PERFORMANCE: "supplier_drift agreement_breach bank_detail_change",
}


@pytest.mark.parametrize("kind", registry.all_types(), ids=lambda kind: kind.code)
def test_every_type_is_of_the_family_the_taxonomy_puts_it_in(kind: Any) -> None:
    wanted = {code: family for family, codes in FAMILIES.items() for code in codes.split()}
    assert kind.family is wanted[kind.code]
