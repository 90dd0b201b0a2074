"""A text is found wherever people know a case by it, whether few cases have it or many."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.postgres.operations import TrigramExtension
from django.db import DatabaseError, connection

from erp_connectors.errors import ConfigurationError
from erp_connectors.migrating import Trigrams
from exceptions_app.cases.models import Case
from exceptions_app.web import case_text
from exceptions_app.web.case_text import text_in_case
from tests.builders import factories as make
from tests.exceptions_app.web.scenes import Scene, set_scene


def cases_to_find() -> Scene:
    """Make two shortages, an invoice and a message."""
    scene = set_scene()
    line = scene.shortage("EX-20418", headline="18 EA of 100 short").lines.get().order_line
    assert line is not None
    line.item_number, line.description = "SK-40", "Seal kit DN40"
    line.save()
    scene.invoice("EX-20419", document="INV-4711")
    file = make.InterchangeFactory.create(connection=scene.world.edi, file_name="855-77.edi")
    other = make.SupplierFactory.create(connection=scene.world.erp, number="90", name="Elbe Pumpen")
    scene.shortage("EX-30000", supplier=other, headline="Late", amount=str(Decimal(5)))
    Case.objects.filter(number="EX-30000").update(interchange=file)
    return scene


SCENE = cases_to_find


@pytest.fixture(params=["few have it", "many have it"])
def scene(scene: Scene, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The cases to find; in one of two rounds one case is as many as a search looks up."""
    if request.param == "many have it":
        monkeypatch.setattr(case_text, "FEW", 0)
    return scene


def found(text: str) -> set[str]:
    return set(Case.objects.filter(text_in_case(text)).values_list("number", flat=True))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("EX-20418", {"EX-20418"}),
        ("ex-204", {"EX-20418", "EX-20419"}),
        ("0418", {"EX-20418"}),
        ("of 100 SHORT", {"EX-20418"}),
        ("4500020418", {"EX-20418"}),
        ("0020418", {"EX-20418"}),
        ("sk-40", {"EX-20418"}),
        ("kit dn", {"EX-20418"}),
        ("inv-47", {"EX-20419"}),
        ("77.edi", {"EX-30000"}),
        ("pumpen", {"EX-30000"}),
        ("Nothing like it", set()),
        ("100%", set()),
    ],
)
def test_a_text_is_found_wherever_it_stands_in_a_name(scene: Scene, text: str, numbers: set[str]) -> None:
    assert found(text) == numbers


def test_two_letters_are_found_where_a_name_begins(scene: Scene) -> None:
    assert found("sk") == {"EX-20418"}
    assert found("k-") == set()


def test_the_page_and_the_queue_find_it_too(scene: Scene) -> None:
    bea = scene.browser("bea")

    for address in ("/search/?q=sk-40", "/queues/weserland/PRO/?q=sk-40", "/cases/?q=sk-40"):
        page = bea.get(address).content.decode()
        assert "EX-20418" in page
        assert "EX-30000" not in page


def test_nobody_finds_the_case_of_another_team(scene: Scene) -> None:
    assert "EX-20418" not in scene.browser("finn").get("/search/?q=sk-40").content.decode()


@pytest.mark.parametrize("address", ["/search/?q=sk%00-40", "/search/?q=%00", "/search/?q=%20%25_"])
def test_the_page_bears_any_text(scene: Scene, address: str) -> None:
    assert scene.browser("bea").get(address).status_code == 200


def test_every_name_has_an_index_for_text(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%gin_trgm_ops%'")
        told = " ".join(row[0] for row in cursor.fetchall())

    for table, column in (
        ("exceptions_app_case", "number"),
        ("exceptions_app_case", "headline"),
        ("erp_connectors_purchaseorder", "number"),
        ("erp_connectors_documenthead", "number"),
        ("erp_connectors_interchange", "file_name"),
        ("erp_connectors_supplier", "name"),
        ("erp_connectors_orderline", "item_number"),
        ("erp_connectors_orderline", "description"),
        ("erp_connectors_customerdemand", "customer"),
    ):
        assert f"ON public.{table} USING gin" in told
        assert f"upper(({column})::text) gin_trgm_ops" in told


def test_a_database_without_the_extension_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise DatabaseError('extension "pg_trgm" is not available')

    monkeypatch.setattr(TrigramExtension, "database_forwards", refuse)
    with pytest.raises(ConfigurationError, match="contrib package"):
        Trigrams().database_forwards("exceptions_app", None, None, None)
