"""The page of what types in shadow would have opened."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exceptions_app.shadow.models import ShadowFinding
from exceptions_app.web import keyset
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, browser_of, set_scene

PATH = "/shadow/"

SCENE = set_scene


def found(scene: Scene, number: str, **values: Any) -> ShadowFinding:
    order = make.PurchaseOrderFactory.create(supplier=scene.world.supplier, number=number)
    made: ShadowFinding = make.ShadowFindingFactory.create(
        order=order, **{"team": scene.world.teams["PRO"], **values}
    )
    return made


def page_of(scene: Scene, query: str = "", name: str = "paul") -> str:
    return scene.browser(name).get(f"{PATH}{query}").content.decode()


def orders_in(html: str) -> list[str]:
    return [
        part.partition("<")[0]
        for part in html.split('<a class="mono" href="/orders/')[1:]
        for part in [part.partition('">')[2]]
    ]


def test_a_finding_stands_there_with_what_it_would_have_cost_and_where_it_would_have_gone(
    scene: Scene,
) -> None:
    found(scene, "45001", team=scene.world.teams["FIN"])
    page = page_of(scene)
    for words in (
        "18 EA short on 45001",
        "Quantity short",
        "High",
        "Nordmann Dichtungen",
        "€\N{NO-BREAK SPACE}3,283.20",
        "Finance",
        "Still so",
    ):
        assert words in page


def test_what_it_comes_to_is_summed_by_type(scene: Scene) -> None:
    found(scene, "45001")
    found(scene, "45002", at_risk=Decimal("100"))
    found(scene, "45003", type_code="date_later", at_risk=None)
    page = page_of(scene)
    assert "€\N{NO-BREAK SPACE}3,383" in page
    assert f'<a href="{PATH}?type=quantity_short">Quantity short</a>' in page
    assert f'<a href="{PATH}?type=date_later">Date later</a>' in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["45003", "45001"]),
        ("?state=ended", ["45002"]),
        ("?state=all", ["45003", "45002", "45001"]),
        ("?type=date_later", ["45003"]),
        ("?supplier=nordm", ["45003", "45001"]),
        ("?supplier=nobody", []),
        ("?q=45001", ["45001"]),
    ],
)
def test_it_is_filtered_by_the_address(scene: Scene, query: str, expected: list[str]) -> None:
    found(scene, "45001")
    found(scene, "45002", cleared_at=TUESDAY_TEN, cleared_reason="answered")
    found(scene, "45003", type_code="date_later")
    assert orders_in(page_of(scene, query)) == expected


def test_a_state_nobody_knows_is_not_found(scene: Scene) -> None:
    assert scene.browser("paul").get(f"{PATH}?state=odd").status_code == 404


def test_what_ended_says_why(scene: Scene) -> None:
    found(scene, "45001", cleared_at=TUESDAY_TEN - timedelta(hours=1), cleared_reason="answered in time")
    assert "answered in time" in page_of(scene, "?state=ended")


def test_it_goes_on_by_key_and_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset, "PAGE", 2)
    for number in range(1, 6):
        found(scene, f"4500{number}")
    paul = scene.browser("paul")
    first = paul.get(PATH)
    second = paul.get(first.context["after_url"])
    third = paul.get(second.context["after_url"])
    pages = [orders_in(answer.content.decode()) for answer in (first, second, third)]
    assert pages == [["45005", "45004"], ["45003", "45002"], ["45001"]]
    back = paul.get(third.context["before_url"])
    assert orders_in(back.content.decode()) == pages[1]
    assert (first.context["page"].before, third.context["page"].after) == (None, None)


def test_a_page_takes_the_same_number_of_queries_with_few_and_many(scene: Scene) -> None:
    paul = scene.browser("paul")

    def queries_of_a_page() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert paul.get(PATH).status_code == 200
        return len(captured)

    found(scene, "1")
    paul.get(PATH)
    one = queries_of_a_page()
    for number in range(2, 30):
        found(scene, str(number), type_code="date_later" if number % 2 else "quantity_short")
    assert queries_of_a_page() == one


def test_the_fragment_is_the_list_without_its_frame(scene: Scene) -> None:
    found(scene, "45001")
    fragment = scene.browser("paul").get(PATH, headers=FRAGMENT).content.decode().strip()
    assert fragment.startswith('<section class="queue" id="queue"')


def test_without_findings_it_says_how_to_get_some(scene: Scene) -> None:
    assert "Nothing would have opened" in page_of(scene)


def test_it_can_be_taken_away(scene: Scene) -> None:
    found(scene, "45001", headline="=1+1")
    found(scene, "45002", type_code="date_later")
    answer = scene.browser("paul").get(f"{PATH}export/csv/?type=quantity_short")
    heads, row = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
    assert answer["Content-Disposition"] == 'attachment; filename="rightline-shadow-2026-11-24.csv"'
    by_head = dict(zip(heads, row, strict=True))
    assert (by_head["Order"], by_head["Value"], by_head["Currency"]) == ("45001", "3283.20", "EUR")
    assert by_head["Headline"] == "'=1+1"
    assert scene.browser("paul").get(f"{PATH}export/xlsx/").status_code == 200
    assert scene.browser("paul").get(f"{PATH}export/pdf/").status_code == 404


def test_its_filters_are_kept_as_a_view(scene: Scene) -> None:
    paul = scene.browser("paul")
    paul.post("/views/", {"name": "Dates", "path": PATH, "query": "type=date_later"})
    assert f'href="{PATH}?type=date_later"' in page_of(scene)


def test_it_is_for_leaders_auditors_and_administrators(scene: Scene) -> None:
    found(scene, "45001")
    other = make.ground("elbland", supplier_number="78")
    assert scene.browser("bea").get(PATH).status_code == 403
    assert 'href="/shadow/"' not in scene.browser("bea").get("/cases/").content.decode()
    assert 'href="/shadow/"' in scene.browser("paul").get("/cases/").content.decode()
    assert orders_in(browser_of(other.people["paul"]).get(PATH).content.decode()) == []
    root = make.UserFactory.create(username="ada", is_superuser=True, is_staff=True)
    assert orders_in(browser_of(root).get(PATH).content.decode()) == ["45001"]
