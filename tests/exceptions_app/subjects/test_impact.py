"""What a case costs that is about no order: an invoice that is held, a stream that is silent, a drift."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import (
    Charge,
    ChargeKind,
    Invoice,
    InvoiceLine,
    OrderLine,
    PaymentTerms,
    PurchaseOrder,
)
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.documents.store import record
from erp_connectors.exchange.models import StreamState
from exceptions_app import intake
from exceptions_app.cases.about import About
from exceptions_app.cases.models import Case, CaseLine, Severity
from exceptions_app.detection import registry
from exceptions_app.detection.models import Watch
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.deviation import Deviation
from exceptions_app.impact import Impact
from exceptions_app.policies import lookup
from exceptions_app.subjects.impact import assess_subject
from exceptions_app.subjects.subject import Loaded
from tests.builders.factories import (
    TUESDAY_TEN,
    Ground,
    ImpactDefaultsFactory,
    StreamStateFactory,
    WatchFactory,
    ground,
    order_line,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)


def ground_not_polled() -> Ground:
    """Make a ground whose ERP tells of everything unasked."""
    clock.set_now(TUESDAY_TEN)
    world = ground()
    for stream in ("orders", "receipts", "invoices", "confirmations", "ship_notices"):
        StreamStateFactory.create(connection=world.erp, stream=stream)
    world.erp.streams.update(is_polled=False)
    ImpactDefaultsFactory.create(wacc_percent=10, hold_days=20, discount_percent=1, handling_cost=25)
    return world


SCENE = ground_not_polled


@pytest.fixture
def world(scene: Ground) -> Iterator[Ground]:
    clock.set_now(TUESDAY_TEN)
    yield scene
    clock.reset()


def invoice(**values: Any) -> Invoice:
    """Bill 100 at 12.00 that were ordered at 10.00, with freight nobody agreed on."""
    line = InvoiceLine(
        order_number="1000",
        line_number="10",
        quantity=Quantity(Decimal(100), "EA"),
        price=Price(Decimal(12), "EUR"),
    )
    said: dict[str, Any] = {
        "number": "I-1",
        "version": DocumentVersion(TUESDAY_TEN + timedelta(minutes=1)),
        "lines": (line,),
        "issued_on": DAY,
        "currency": "EUR",
        "charge_lines": (Charge(ChargeKind.FREIGHT, Decimal(48)),),
        "total": Decimal(38400),
    }
    return Invoice(**said | values)


def impacts_of(world: Ground, billed: Invoice) -> dict[str, dict[str, Any]]:
    """Record an invoice after its order, look at it, and return what its cases cost, by type."""
    ordered = Quantity(Decimal(100), "EA")
    line = OrderLine(
        number="10",
        item="SEAL-KIT",
        quantity=ordered,
        price=Price(Decimal(10), "EUR", Decimal(1)),
        schedule=(SchedulePart(ordered, DAY),),
        warehouse="KAS",
    )
    order = PurchaseOrder(
        number="1000", supplier="77", currency="EUR", version=DocumentVersion(TUESDAY_TEN), lines=(line,)
    )
    for document, speaker in ((order, None), (billed, world.supplier)):
        record(
            document, connection=world.erp, company=world.company, supplier=speaker, received_at=clock.now()
        )
    at = TUESDAY_TEN + timedelta(minutes=5)
    clock.set_now(at)
    watched = Watch.objects.filter(subject_kind="invoice").values_list("subject_id", flat=True)
    assert intake.evaluate(list(watched), at, kind=SubjectKind.INVOICE).failures == {}
    return {case.type_code: case.impact for case in Case.objects.filter(subject_kind="invoice")}


def amounts(impact: dict[str, Any]) -> dict[str, str]:
    return {term["code"]: term["amount"] for term in impact["terms"]}


def inputs(impact: dict[str, Any], code: str) -> dict[str, dict[str, Any]]:
    (term,) = (term for term in impact["terms"] if term["code"] == code)
    return {each["code"]: each for each in term["inputs"]}


def test_an_invoice_is_held_as_a_whole_and_loses_its_discount(world: Ground) -> None:
    terms = PaymentTerms(net_days=30, discount_percent=Decimal(2), discount_days=10)
    impact = impacts_of(world, invoice(payment_terms=terms))["invoice_price"]
    assert amounts(impact) == {
        "price_variance": "200.00",
        "held_value": "210.41",
        "lost_discount": "768.00",
        "handling": "25.00",
    }
    assert impact["expected_loss"] == "1203.41", "golden example E, and the price"
    share = inputs(impact, "lost_discount")["discount_share"]
    assert (share["value"], share["source"], share["estimated"]) == ("0.02", "invoice", False)
    assert inputs(impact, "held_value")["held_value"]["as_of"] == "2026-11-24T09:01:00+00:00"


def test_without_terms_the_discount_is_the_one_of_the_policy_and_an_estimate(world: Ground) -> None:
    impact = impacts_of(world, invoice())["invoice_price"]
    share = inputs(impact, "lost_discount")["discount_share"]
    assert (share["value"], share["source"], share["estimated"]) == ("0.01", "policy", True)
    assert amounts(impact)["lost_discount"] == "384.00"


def test_an_invoice_without_a_total_is_held_for_nobody_knows_how_much(world: Ground) -> None:
    held = inputs(impacts_of(world, invoice(total=None))["invoice_price"], "held_value")["held_value"]
    assert (held["value"], held["estimated"]) == (None, True)


def test_a_charge_costs_what_was_not_agreed(world: Ground) -> None:
    assert amounts(impacts_of(world, invoice())["invoice_charge"])["price_variance"] == "48.00"


def test_an_invoice_is_held_once_however_many_lines_deviate(world: Ground) -> None:
    billed = invoice()
    more = replace(billed, charge_lines=(*billed.charge_lines, Charge(ChargeKind.HANDLING, Decimal(5))))
    impact = impacts_of(world, more)["invoice_charge"]
    assert [term["code"] for term in impact["terms"]].count("held_value") == 1
    assert [term["code"] for term in impact["terms"]].count("price_variance") == 2


# --- streams and suppliers ----------------------------------------------------------------------------------


def assessed(world: Ground, stream: StreamState) -> Impact:
    kind = registry.exception_type("feed_silent")
    about = About(
        kind=SubjectKind.STREAM, id=stream.pk, company=world.company, connection="edi", stream=stream
    )
    told = {"connection": "EDI", "stream": "orders", "why": "overdue", "silent_since": "2026-11-24 08:00"}
    line = CaseLine(key="feed_silent", actual=told)
    policies = lookup.load([world.company.pk], TUESDAY_TEN)
    return assess_subject(kind, [line], loaded=Loaded(about=about, snapshot=None), policies=policies)


@pytest.mark.parametrize("connection", ["erp", "edi"])
def test_a_silent_stream_costs_by_the_orders_it_blinds_and_is_high_at_least(
    world: Ground, connection: str
) -> None:
    for number in ("1001", "1002", "1003"):
        order = order_line(world, number=number).order
        since = TUESDAY_TEN if number != "1003" else None
        WatchFactory.create(subject_id=order.pk, blind_since=since)
    stream = StreamStateFactory.create(connection=getattr(world, connection), stream="orders")
    impact = assessed(world, stream)
    assert amounts(impact.record) == {"blindness": "10.00", "handling": "25.00"}
    assert impact.severity is Severity.HIGH


def test_a_drift_to_dearer_prices_costs_what_it_comes_to_in_a_year() -> None:
    kind = registry.exception_type("supplier_drift")
    dearer, cheaper = (
        Deviation(
            type_code=kind.code,
            key=kind.code,
            group="77",
            line_number=None,
            amount=Decimal(9600),
            currency="EUR",
            actual={"is_dearer": is_dearer},
        )
        for is_dearer in (True, False)
    )
    assert (kind.overcharge(dearer), kind.overcharge(cheaper)) == (9600, 0)
    assert [stake.value for stake in kind.at_stake()] == ["price"]
