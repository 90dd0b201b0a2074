"""Matching by hand in the browser: what fits no order, what it could be, and the choice of a person."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp_connectors.canonical.documents import Receipt, ReceiptLine
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents.models import DocumentHead, LineMatch, OrderLine
from erp_connectors.documents.store import record
from exceptions_app.audit.models import Event
from exceptions_app.overrides.models import Override
from tests.bench.orders import place_orders
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, ItemFactory, ground
from tests.exceptions_app.web.scenes import Scene, browser_of, set_scene
from tests.exceptions_app.web.test_cases import text_of


def receipt_that_fits_nothing() -> Scene:
    """Record a receipt of an order whose number is misread."""
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


SCENE = receipt_that_fits_nothing


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
    entered = {"line": "0", "order": "4500020001", "order_line": "10", "reason": "The label says so"}
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


# --- what was chosen, and taking it back --------------------------------------------------------------------


@pytest.fixture
def chosen(scene: Scene) -> Scene:
    """Wade said which line it is."""
    scene.browser("wade").post(path(), {"line": "0", "chosen": "4500020001|10", "reason": "Asked the dock"})
    return scene


def test_what_was_chosen_is_shown_with_who_and_when(chosen: Scene) -> None:
    for address in (path(), "/documents/matched/", "/documents/matched/?q=4500020001"):
        page = text_of(chosen.browser("wade").get(address).content.decode())
        for told in ("4500020001 / 10", "Wade Example", "24 Nov 2026", "Asked the dock"):
            assert told in page, address
    assert "Nothing was matched by hand" in text_of(
        chosen.browser("wade").get("/documents/matched/?q=4711").content.decode()
    )


@pytest.mark.parametrize("query", ["?older=x", "?older=99", "?q=%00x", "?older=1"])
def test_the_list_bears_any_address(chosen: Scene, query: str) -> None:
    assert chosen.browser("wade").get(f"/documents/matched/{query}").status_code == 200


def test_a_wrong_choice_is_taken_back_and_the_document_judged_anew(chosen: Scene) -> None:
    sent = {"line": "0", "reason": "Another order"}
    answer = chosen.browser("wade").post(f"{path()}undo/", sent, follow=True)
    page = text_of(answer.content.decode())

    assert "It is line 10 of order 4500020001 no longer" in page
    assert "It could be" in page
    assert OrderLine.objects.get(order__number="4500020001").received_quantity == 0
    event = Event.objects.get(kind="document.unmatched")
    assert (event.actor, event.reason) == (chosen.world.people["wade"], "Another order")


@pytest.mark.parametrize("sent", [{"line": "0", "reason": " "}, {"line": "7", "reason": "x"}, {"line": "x"}])
def test_it_is_taken_back_with_a_reason_and_where_somebody_chose(chosen: Scene, sent: dict[str, str]) -> None:
    answer = chosen.browser("wade").post(f"{path()}undo/", sent)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert OrderLine.objects.get(order__number="4500020001").received_quantity == 100


def test_who_may_only_look_takes_nothing_back(chosen: Scene) -> None:
    cora = chosen.browser("cora")

    assert "This was wrong" not in cora.get(path()).content.decode()
    assert cora.post(f"{path()}undo/", {"line": "0", "reason": "x"}).status_code == 422
    assert OrderLine.objects.get(order__number="4500020001").received_quantity == 100


def test_another_company_sees_no_choice_and_takes_none_back(chosen: Scene) -> None:
    stranger = browser_of(ground("elbeland", supplier_number="78").people["wade"])

    assert "4500020001" not in stranger.get("/documents/matched/").content.decode()
    assert stranger.post(f"{path()}undo/", {"line": "0", "reason": "x"}).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_choices(chosen: Scene) -> None:
    wade = chosen.browser("wade")

    def asked() -> int:
        with CaptureQueriesContext(connection) as context:
            assert wade.get("/documents/matched/").status_code == 200
        return len(context)

    asked()
    few = asked()
    one = LineMatch.objects.get()
    for line in range(1, 6):
        one.pk, one.line = None, line
        one.save()

    assert asked() == few


def test_a_match_needs_a_reason_and_is_marked_on_the_case_of_its_document(scene: Scene) -> None:
    wade, head = scene.browser("wade"), DocumentHead.objects.get()
    case = make.CaseFactory.create(
        document=head,
        order=None,
        subject_kind="document",
        subject_id=head.pk,
        group_key="GR-1",
        headline="A receipt that fits nothing",
        supplier=scene.world.supplier,
        company=scene.world.company,
        team=scene.world.teams["WHS"],
    )
    assert wade.post(path(), {"line": "0", "chosen": "4500020001|10", "reason": " "}).status_code == 422
    assert not Override.objects.exists()

    wade.post(path(), {"line": "0", "chosen": "4500020001|10", "reason": "Asked the dock"})
    mark = Override.objects.get(case=case)
    assert (mark.kind, mark.reason, mark.made_by) == ("match", "Asked the dock", scene.world.people["wade"])
    wade.post(f"{path()}undo/", {"line": "0", "reason": "Another order"})
    mark.refresh_from_db()
    assert not mark.is_in_force
