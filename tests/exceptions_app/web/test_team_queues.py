"""The queues of the seven teams: what each sees of a case and filters by, and whose queue is open to whom."""

import csv
import re
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from erp_connectors.exchange.models import StreamState
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.people.models import Role
from exceptions_app.web.columns import COLUMNS, OF_TEAM, columns_of
from tests.builders import factories as make
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, browser_of, set_scene

#: Somebody of each team.
PEOPLE = {
    "PRO": "bea",
    "PLN": "pia",
    "WHS": "wade",
    "FIN": "finn",
    "CSR": "cora",
    "SUP": "sam",
    "EDI": "ed",
}

SCENE = set_scene


def page(scene: Scene, team: str, query: str = "") -> str:
    return scene.browser(PEOPLE[team]).get(f"/queues/weserland/{team}/{query}").content.decode()


def heads_in(html: str) -> list[str]:
    """Return the heads of the columns, in order."""
    return re.findall(r'<th class="[\w ]+" scope="col">([^<]+)</th>', html)


def numbers_in(html: str) -> list[str]:
    return re.findall(r'data-case="([^"]+)"', html)


def message(scene: Scene, number: str = "EX-1", **values: Any) -> Case:
    """Make a case of integration about a message, without order and supplier."""
    interchange = make.InterchangeFactory.create(connection=scene.world.edi, file_name="855-000017.x12")
    return about_no_order(scene, number, "EDI", type_code="unit_unknown", interchange=interchange, **values)


def about_no_order(scene: Scene, number: str, team: str, **values: Any) -> Case:
    case: Case = make.CaseFactory.create(
        **{
            "number": number,
            "order": None,
            "supplier": None,
            "company": scene.world.company,
            "team": scene.world.teams[team],
            "group_key": f"group {number}",
            "headline": f"{number} is about no order",
            "subject_kind": "message",
            **values,
        }
    )
    make.QueueEntryFactory.create(case=case)
    return case


# --- what each team sees ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("team", "heads"),
    [
        ("PRO", ["Supplier", "Expected loss", "Status", "SLA", "Owner"]),
        ("PLN", ["Supplier", "Expected", "Customer orders", "Expected loss", "Status", "SLA"]),
        ("WHS", ["Supplier", "Warehouse", "Wanted", "Expected", "Status", "SLA", "Owner"]),
        ("FIN", ["Invoice", "Amount", "Supplier", "Expected loss", "Status", "SLA", "Owner"]),
        ("CSR", ["Supplier", "Expected", "Customer orders", "Expected loss", "Status", "SLA"]),
        ("SUP", ["Supplier", "Metric", "Expected loss", "Since", "Status", "SLA", "Owner"]),
        ("EDI", ["Connection", "Message", "Since", "Status", "SLA", "Owner"]),
    ],
)
def test_each_team_has_columns_of_its_own(team: str, heads: list[str], scene: Scene) -> None:
    scene.shortage("EX-1", team=scene.world.teams[team])
    assert heads_in(page(scene, team)) == ["Exception", *heads]


def test_every_team_has_columns_there_are() -> None:
    for team, codes in OF_TEAM.items():
        assert [column.code for column in columns_of(team, QueryDict())] == [
            code for code in COLUMNS if code in codes
        ]


def test_finance_sees_the_invoice_and_its_amount(scene: Scene) -> None:
    scene.invoice("EX-1", document="INV-77")
    html = page(scene, "FIN")
    assert '<span class="clip mono">INV-77</span>' in html
    assert "€\N{NO-BREAK SPACE}1,190" in html
    assert "on 1 document" in html


def test_the_warehouse_sees_the_site_and_the_days(scene: Scene) -> None:
    case = scene.shortage(
        "EX-1", team=scene.world.teams["WHS"], warehouse=scene.world.warehouse, type_code="date_later"
    )
    CaseLine.objects.filter(case=case).update(
        actual={
            "late": [
                {"date": "2026-12-09", "wanted": "2026-12-02"},
                {"date": "2026-12-16", "wanted": "2026-12-02"},
            ]
        }
    )
    html = page(scene, "WHS")
    assert '<span class="clip">Kassel</span>' in html
    assert re.findall(r'<td class="day number">([^<]+)</td>', html) == ["2 Dec", "16 Dec"]


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ({"promised": ["2026-12-01", "2026-12-08"]}, "8 Dec"),
        ({"parts": [{"quantity": "82", "date": "2026-12-02"}, {"quantity": "18"}]}, "2 Dec"),
        ({"early": [{"date": "2026-11-26", "wanted": "2026-12-02"}]}, "26 Nov"),
        ({"parts": None, "promised": []}, "–"),
        ({"quantity": "82"}, "–"),
    ],
)
def test_the_expected_day_is_what_the_type_says(scene: Scene, actual: dict[str, Any], expected: str) -> None:
    case = scene.shortage("EX-1", team=scene.world.teams["PLN"])
    CaseLine.objects.filter(case=case).update(actual=actual)
    assert f'<td class="day number">{expected}</td>' in page(scene, "PLN")


def test_customer_service_sees_which_customer_orders_cannot_be_covered(scene: Scene) -> None:
    case = scene.shortage("EX-1", team=scene.world.teams["CSR"])
    orders = [{"order": number} for number in ("SO-881", "SO-882", "SO-883", "SO-881")]
    make.TaskFactory.create(case=case, facts={"items": [{"orders": orders}]})
    html = page(scene, "CSR", "?role=owner")
    assert "SO-881, SO-882" in html
    assert "and more: 1" in html


def test_integration_sees_the_connection_and_the_message(scene: Scene) -> None:
    message(scene)
    html = page(scene, "EDI")
    assert f'<span class="clip">{scene.world.edi.name}</span>' in html
    assert "855-000017.x12" in html
    assert "at 0 suppliers" in html


def test_integration_sees_the_stream_that_is_silent(scene: Scene) -> None:
    stream = StreamState.objects.get(connection=scene.world.erp, stream="receipts")
    about_no_order(scene, "EX-1", "EDI", type_code="unit_unknown", stream=stream, subject_kind="stream")
    html = page(scene, "EDI")
    assert f'<span class="clip">{scene.world.erp.name}</span><span class="sub mono">receipts</span>' in html


def test_supplier_management_sees_the_metric(scene: Scene) -> None:
    case = about_no_order(
        scene, "EX-1", "SUP", type_code="unit_unknown", supplier=scene.world.supplier, subject_kind="supplier"
    )
    CaseLine.objects.create(
        case=case,
        key="drift:price",
        actual={"metric": "price"},
        release=case.release,
        opened_at=case.opened_at,
    )
    html = page(scene, "SUP")
    assert "Nordmann Dichtungen" in html
    assert '<td class="short">price</td>' in html
    assert "at 1 supplier" in html


# --- choosing columns ---------------------------------------------------------------------------------------


def test_columns_named_in_the_address_are_shown_in_their_order(scene: Scene) -> None:
    scene.shortage("EX-1")
    html = page(scene, "PRO", "?column=owner&column=warehouse&column=nonsense")
    assert heads_in(html) == ["Exception", "Warehouse", "Owner"]
    assert "Clear the filters" not in html


def test_the_menu_offers_every_column_and_marks_those_shown(scene: Scene) -> None:
    scene.shortage("EX-1")
    html = page(scene, "PRO", "?column=owner&severity=low&role=owner")
    assert html.count('type="checkbox" name="column"') == len(COLUMNS)
    assert re.findall(r'name="column" value="(\w+)" checked', html) == ["owner"]
    form = html.partition('id="columns"')[2].partition("</form>")[0]
    assert '<input type="hidden" name="severity" value="low">' in form
    filters = html.partition('id="filters"')[2].partition("</form>")[0]
    assert '<input type="hidden" name="column" value="owner">' in filters


# --- filters of one team ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("team", "query", "expected"),
    [
        ("FIN", "?invoice=nv-7", ["EX-2"]),
        ("FIN", "?invoice=INV-9", []),
        ("FIN", "?q=INV-77", ["EX-2"]),
        ("FIN", "?supplier=nordm", ["EX-2", "EX-1"]),
        ("FIN", "?connection=weserland-erp", ["EX-2", "EX-1"]),
        ("FIN", "?connection=weserland-edi", []),
        ("FIN", "?warehouse=KAS", ["EX-1"]),
        ("FIN", "?warehouse=BRE&warehouse=KAS", ["EX-1"]),
        ("FIN", "?warehouse=BRE", []),
        ("FIN", "?tier=A", ["EX-2", "EX-1"]),
        ("FIN", "?tier=B&tier=C", []),
        ("FIN", "?customer=SO-881", ["EX-1"]),
        ("FIN", "?customer=nobody", []),
        ("EDI", "?connection=weserland-edi", ["EX-3"]),
        ("EDI", "?q=855-0000", ["EX-3"]),
        ("EDI", "?supplier=nordm", []),
        ("EDI", "?q=nothing", []),
    ],
)
def test_a_filter_keeps_what_it_names_whatever_a_case_is_about(
    team: str, query: str, expected: list[str], scene: Scene
) -> None:
    fin = scene.world.teams["FIN"]
    first = scene.shortage("EX-1", team=fin, warehouse=scene.world.warehouse, priority=Decimal(1))
    make.TaskFactory.create(case=first, facts={"items": [{"orders": [{"order": "SO-881"}]}]})
    scene.invoice("EX-2", priority=Decimal(2))
    message(scene, "EX-3")
    assert numbers_in(page(scene, team, query)) == expected


@pytest.mark.parametrize(
    ("team", "pill"),
    [
        ("FIN", "invoice"),
        ("WHS", "warehouse"),
        ("PLN", "warehouse"),
        ("CSR", "customer"),
        ("SUP", "tier"),
        ("EDI", "connection"),
    ],
)
def test_a_team_has_the_filter_it_needs(team: str, pill: str, scene: Scene) -> None:
    assert f'id="pill-{pill}"' in page(scene, team)
    assert f'id="pill-{pill}"' not in page(scene, "PRO")


# --- cases about no order, everywhere -----------------------------------------------------------------------


def test_cases_about_no_order_are_listed_searched_and_taken_away(scene: Scene) -> None:
    scene.invoice("EX-1")
    message(scene, "EX-2")
    mona = scene.browser("mona")
    assert numbers_in(mona.get("/cases/").content.decode()) == ["EX-2", "EX-1"]
    assert numbers_in(mona.get("/search/?q=INV-77").content.decode()) == ["EX-1"]
    assert numbers_in(mona.get("/search/?q=855-000017").content.decode()) == ["EX-2"]
    answer = scene.browser("finn").get("/queues/weserland/FIN/export/csv/")
    heads, row = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
    by_head = dict(zip(heads, row, strict=True))
    assert (by_head["Case"], by_head["Order"], by_head["Document"]) == ("EX-1", "", "INV-77")
    assert (by_head["Document total"], by_head["Connection"]) == ("1190.000000", scene.world.erp.name)


def test_a_case_about_no_order_opens_beside_the_list(scene: Scene) -> None:
    message(scene)
    assert 'id="case-headline"' in page(scene, "EDI", "?case=EX-1")


@pytest.mark.parametrize("team", list(PEOPLE))
def test_a_page_of_any_team_takes_the_same_number_of_queries_with_3_and_with_20_cases(
    team: str, scene: Scene
) -> None:
    browser = scene.browser(PEOPLE[team])

    def queries_of_a_page() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(f"/queues/weserland/{team}/?role=owner").status_code == 200
        return len(captured)

    case = scene.shortage("EX-1", team=scene.world.teams[team], warehouse=scene.world.warehouse)
    make.TaskFactory.create(case=case, facts={"items": [{"orders": [{"order": "SO-881"}]}]})
    scene.crowd(case, 2)
    queries_of_a_page()
    few = queries_of_a_page()
    scene.crowd(case, 17, first=3)
    assert queries_of_a_page() == few


# --- whose queue is open ------------------------------------------------------------------------------------


def test_every_member_opens_the_queue_of_their_team_and_finds_it_in_the_navigation(scene: Scene) -> None:
    for team, name in PEOPLE.items():
        answer = scene.browser(name).get("/")
        assert answer["Location"] == f"/queues/weserland/{team}/"
        html = page(scene, team)
        assert html.count('class="nav-link" href="/queues/') == 1
        assert "Other teams" not in html


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR])
def test_who_oversees_the_company_opens_every_queue_of_it(role: Role, scene: Scene) -> None:
    make.ground("elbland", supplier_number="78")
    overseer = make.UserFactory.create(username="over")
    make.MembershipFactory.create(user=overseer, team=scene.world.teams["PRO"], role=role)
    scene.invoice("EX-1")
    browser = browser_of(overseer)
    html = browser.get("/queues/weserland/FIN/").content.decode()
    assert numbers_in(html) == ["EX-1"]
    assert html.count('class="nav-link" href="/queues/') == 7
    assert '<details class="nav-others" open>' in html
    assert browser.get("/queues/elbland/FIN/").status_code == 404


def test_alerts_to_teams_one_only_oversees_are_no_news(scene: Scene) -> None:
    make.NotificationFactory.create(case=scene.invoice(), team=scene.world.teams["FIN"], title="For finance")
    assert "For finance" not in scene.browser("mona").get("/notifications/").content.decode()


def test_an_administrator_without_a_team_sees_the_queues_of_all(scene: Scene) -> None:
    root = make.UserFactory.create(username="ada", is_superuser=True, is_staff=True)
    assert "You are in no team yet" in browser_of(root).get("/").content.decode()
    assert browser_of(root).get("/queues/weserland/WHS/").status_code == 200


def test_the_navigation_counts_what_waits_in_every_queue(scene: Scene) -> None:
    scene.shortage("EX-1", team=scene.world.teams["FIN"])
    html = scene.browser("mona").get("/cases/").content.decode()
    finance = html.partition('href="/queues/weserland/FIN/"')[2].partition("</a>")[0]
    assert '<span class="count">1' in finance


def test_days_are_those_of_the_reader(scene: Scene) -> None:
    case = scene.shortage("EX-1", team=scene.world.teams["SUP"])
    Case.objects.filter(pk=case.pk).update(opened_at="2026-11-23T23:30:00Z")
    assert '<td class="day number">24 Nov</td>' in page(scene, "SUP")


def test_the_fragment_of_a_team_is_the_list_without_its_frame(scene: Scene) -> None:
    scene.invoice("EX-1")
    answer = scene.browser("finn").get("/queues/weserland/FIN/", headers=FRAGMENT)
    assert answer.content.decode().strip().startswith('<section class="queue"')
