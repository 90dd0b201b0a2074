"""Matching by hand in the browser: what fits no order, what it could be, and the choice of a person."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache

from erp_connectors.canonical.documents import Receipt, ReceiptLine
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents.models import DocumentHead, OrderLine
from erp_connectors.documents.store import record
from exceptions_app.audit.models import Event
from tests.bench.orders import place_orders
from tests.builders.factories import TUESDAY_TEN, ItemFactory
from tests.exceptions_app.web.scenes import Scene, set_scene
from tests.exceptions_app.web.test_cases import text_of


@pytest.fixture
def scene(db: None) -> Scene:
    cache.clear()
    made = set_scene()
    ItemFactory.create(connection=made.world.erp, number="SEAL-KIT", base_unit="EA")
    place_orders(made.world, ["4500020001"])
    line = ReceiptLine(
        order_number="45O0020001", line_number="10", received=Quantity(Decimal(100), "EA"), item="SEAL-KIT"
    )
    record(
        Receipt(
            number="GR-<1>",
            version=DocumentVersion(TUESDAY_TEN),
            received_on=date(2026, 11, 24),
            lines=(line,),
        ),
        connection=made.world.erp,
        company=made.world.company,
        received_at=TUESDAY_TEN,
    )
    return made


def path() -> str:
    return f"/documents/{DocumentHead.objects.get().pk}/lines/"


def test_the_page_says_why_it_fits_nothing_and_what_it_could_be(scene: Scene) -> None:
    page = scene.browser("wade").get(path()).content.decode()

    assert "GR-&lt;1&gt;" in page
    assert 'value="4500020001|10"' in page
    assert "The ERP has not told of the order it names." in text_of(page)
    assert "an order number that differs little" in text_of(page)


def test_a_choice_is_taken_told_and_looked_at(scene: Scene) -> None:
    chosen = {"line": "0", "chosen": "4500020001|10", "reason": "Asked the dock"}
    answer = scene.browser("wade").post(path(), chosen, follow=True)

    assert "It is line 10 of order 4500020001 from now on." in text_of(answer.content.decode())
    assert OrderLine.objects.get(order__number="4500020001").received_quantity == 100
    event = Event.objects.get(kind="document.matched")
    assert (event.actor, event.reason) == (scene.world.people["wade"], "Asked the dock")
    assert "Every line fits an order" in text_of(answer.content.decode())


def test_order_and_line_can_be_entered(scene: Scene) -> None:
    entered = {"line": "0", "order": "4500020001", "order_line": "10"}
    scene.browser("wade").post(path(), entered)

    assert OrderLine.objects.get(order__number="4500020001").received_quantity == 100


@pytest.mark.parametrize(
    "entered",
    [
        {"line": "0", "order": "4711", "order_line": "10"},
        {"line": "9", "chosen": "4500020001|10"},
        {"line": "x", "chosen": "4500020001|10"},
        {"line": "0", "chosen": "nonsense"},
        {"line": "0"},
    ],
)
def test_what_cannot_be_is_refused_with_words(scene: Scene, entered: dict[str, str]) -> None:
    answer = scene.browser("wade").post(path(), entered)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_who_may_only_look_sees_no_form_and_changes_nothing(scene: Scene) -> None:
    cora = scene.browser("cora")

    assert 'name="chosen"' not in cora.get(path()).content.decode()
    assert cora.post(path(), {"line": "0", "chosen": "4500020001|10"}).status_code == 422
    assert OrderLine.objects.get(order__number="4500020001").received_quantity == 0


def test_a_document_of_another_company_does_not_exist(scene: Scene) -> None:
    stranger = scene.world.people["cora"]
    stranger.memberships.all().delete()

    assert scene.browser("cora").get(path()).status_code == 404
