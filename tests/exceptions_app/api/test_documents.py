"""One canonical document over the API: taken, or refused with the place of its fault."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.documents.models import OrderLine, PurchaseOrder
from erp_connectors.exchange.models import Interchange, Transaction, TransactionStatus
from erp_connectors.exchange.processing import process_interchange
from tests.builders import factories
from tests.builders.factories import Ground
from tests.exceptions_app.api.callers import ORDER, Caller, json_of, problem, with_token

pytestmark = pytest.mark.django_db
SCENE = factories.ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def caller(world: Ground) -> Caller:
    return with_token(world.company, "documents:write")


def changed(**values: Any) -> dict[str, Any]:
    """Return the order with other values; `line` changes its line."""
    line = values.pop("line", {})
    return ORDER | {"lines": [ORDER["lines"][0] | line]} | values  # type: ignore[index,operator]


def test_an_order_is_taken_and_recorded(world: Ground, caller: Caller) -> None:
    answer = json_of(caller.post(f"documents/?connection={world.erp.code}", ORDER), 202)
    process_interchange(answer["id"])
    order = PurchaseOrder.objects.get(number="1000")
    assert (order.supplier, order.lines.get().quantity) == (world.supplier, 100)
    assert Interchange.objects.get().channel == "api"


def test_the_only_erp_of_a_company_need_not_be_named(world: Ground, caller: Caller) -> None:
    assert json_of(caller.post("documents/", ORDER), 202)["connection"] == world.erp.code


def test_one_of_several_erps_has_to_be_named(world: Ground, caller: Caller) -> None:
    factories.ConnectionFactory.create(company=world.company, code="second")
    (error,) = problem(caller.post("documents/", ORDER), 400)["errors"]
    assert error["pointer"] == "#/connection"
    assert "second, weserland-erp" in error["detail"]
    problem(caller.post("documents/?connection=third", ORDER), 404)
    assert caller.post("documents/?connection=second", ORDER).status_code == 202


@pytest.mark.parametrize(
    ("document", "pointer", "words"),
    [
        (changed(line={"quantity": {"value": "many", "unit": "EA"}}), "#/lines/0/quantity/value", "decimal"),
        (changed(line={"quantity": {"value": "1"}}), "#/lines/0/quantity", "missing required field `unit`"),
        (changed(line={"colour": "red"}), "#/lines/0/colour", "nobody reads"),
        (
            changed(version={"document_time": "2026-11-23T10:00:00"}),
            "#/version/document_time",
            "offset from UTC",
        ),
        (changed(version={"document_time": "yesterday"}), "#/version/document_time", "datetime"),
        (changed(kind="letter"), "#/kind", "none of"),
        (changed(number=7), "#/number", "Expected `str`"),
        (changed(lines={}), "#/lines", "Expected `array`"),
        ([], "#", "object"),
    ],
)
def test_a_fault_is_named_with_its_place(
    world: Ground, caller: Caller, document: Any, pointer: str, words: str
) -> None:
    (error,) = problem(caller.post("documents/", document), 400)["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]
    assert not Interchange.objects.exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{broken", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        (json.dumps(changed(line={"price": {"amount": 1.5}})).encode(), "must be a string"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_body_that_is_not_json_is_refused(world: Ground, caller: Caller, body: bytes, words: str) -> None:
    (error,) = problem(caller.post("documents/", body), 400)["errors"]
    assert error["pointer"] == "#"
    assert words in error["detail"]


def test_a_document_that_cannot_be_kept_is_refused(world: Ground, caller: Caller) -> None:
    assert "NUL" in problem(caller.post("documents/", changed(buyer="B\x00")), 422)["detail"]
    assert "empty" in problem(caller.post("documents/", changed(number=" ")), 422)["detail"]
    assert not Interchange.objects.exists()


PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
DOCUMENTED = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def test_a_document_of_every_kind_is_taken_as_the_page_on_the_api_shows_it(
    world: Ground, caller: Caller
) -> None:
    for document in DOCUMENTED:
        answer = json_of(caller.post("documents/", document), 202)
        process_interchange(answer["id"])
    assert {document["kind"] for document in DOCUMENTED} == {*DocumentKind, "credit"}
    assert Transaction.objects.exclude(status=TransactionStatus.APPLIED).count() == 0
    position = OrderLine.objects.get().position
    found = {name: len(position[name]) for name in ("shipments", "statuses", "receipts", "invoices")}
    assert found == {"shipments": 1, "statuses": 1, "receipts": 1, "invoices": 2}


def test_another_media_type_is_refused(world: Ground, caller: Caller) -> None:
    problem(caller.post("documents/", b"a;b", content_type="text/csv"), 415)


def test_the_same_key_gets_the_first_answer_again(world: Ground, caller: Caller) -> None:
    first = json_of(caller.post("documents/", ORDER, Idempotency_Key="k"), 202)
    assert json_of(caller.post("documents/", ORDER, Idempotency_Key="k"), 202) == first
    problem(caller.post("documents/", changed(number="1001"), Idempotency_Key="k"), 409)
    assert Interchange.objects.count() == 1
