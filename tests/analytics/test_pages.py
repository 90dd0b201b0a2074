"""The pages of the rate: numbers, periods, rows behind them, files to take away, and who may see what."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from analytics.facts import ConfirmationFact
from analytics.web import confirmations, urls
from erp_connectors import clock
from exceptions_app.web.access import Permission
from tests.analytics.world import DUE, asked, refresh, some_facts
from tests.builders import factories
from tests.builders.factories import Ground, berlin

pytestmark = pytest.mark.django_db

EVENING = berlin(date(2026, 11, 24), 18)


@pytest.fixture
def world() -> Ground:
    clock.set_now(EVENING)
    return factories.ground()


@pytest.fixture
def mona(client: Client, world: Ground) -> Client:
    client.force_login(world.people["mona"])
    return client


def page(client: Client, name: str, **query: Any) -> HttpResponse:
    path = reverse(f"analytics:{name}")
    answer = client.get(f"{path}?{urlencode(query)}" if query else path)
    assert answer.status_code == 200, answer.content[:500]
    return answer  # type: ignore[return-value]


def text(answer: HttpResponse) -> str:
    return " ".join(answer.content.decode().split())


def shown(client: Client, **query: Any) -> list[str]:
    """Return the numbers of the orders a page of lines shows."""
    rows = page(client, "confirmation_lines", **query).context["rows"]  # type: ignore[attr-defined]
    return [fact.line.order.number for fact in rows]


# --- the rate -----------------------------------------------------------------------------------------------


def test_the_rate_is_shown_with_both_of_its_numbers_and_its_definition(mona: Client, world: Ground) -> None:
    some_facts(world, 8, late=[1, 3])
    asked(world, "silent")
    refresh_one(world)
    words = text(page(mona, "confirmations"))
    assert "66.7" in words
    assert "6 of 9 lines that fell due" in words
    assert "Order lines answered by their due time, of all order lines" in words


def refresh_one(world: Ground) -> None:
    line = asked(world, "unanswered")
    ConfirmationFact.objects.create(
        line=line,
        company=world.company,
        supplier=world.supplier,
        released_at=DUE - timedelta(days=4),
        due_at=DUE,
        is_judged=True,
    )


def test_the_figures_tell_late_missing_and_uncounted_apart(mona: Client, world: Ground) -> None:
    some_facts(world, 5, late=[0])
    refresh_one(world)
    ConfirmationFact.objects.filter(line__order__number="77-4").update(is_judged=False, answered_at=None)
    answer = page(mona, "confirmations")
    answers, unseen = answer.context["answers"], answer.context["unseen"]  # type: ignore[attr-defined]
    assert (answers.on_time, answers.late, answers.missing, unseen) == (3, 1, 1, 1)


def test_the_last_four_weeks_are_shown_unless_others_are_asked_for(mona: Client, world: Ground) -> None:
    some_facts(world, 1)
    answer = page(mona, "confirmations")
    period = answer.context["asked"].period  # type: ignore[attr-defined]
    assert (period.first_day, period.last_day) == (date(2026, 11, 2), date(2026, 11, 29))
    assert 'aria-current="true">4 weeks' in text(answer)
    for weeks, first in ((13, date(2026, 8, 31)), (52, date(2025, 12, 1))):
        period = page(mona, "confirmations", weeks=weeks).context["asked"].period  # type: ignore[attr-defined]
        assert period.first_day == first


def test_a_period_of_days_is_kept_in_every_link(mona: Client, world: Ground) -> None:
    some_facts(world, 1)
    answer = page(mona, "confirmations", since="2026-11-18", until="2026-11-24")
    words = answer.content.decode()
    assert "since=2026-11-18&amp;until=2026-11-24" in words
    weeks = answer.context["weeks"]  # type: ignore[attr-defined]
    assert [week.starts for week in weeks] == [date(2026, 11, 16), date(2026, 11, 23)]
    assert "since=2026-11-18&until=2026-11-22" in weeks[0].url
    assert "since=2026-11-23&until=2026-11-24" in weeks[1].url


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"since": "2026-11-24", "until": "2026-11-18"}, "ends before it begins"),
        ({"since": "yesterday", "until": "2026-11-18"}, "Give both days"),
        ({"since": "2026-02-30", "until": "2026-11-18"}, "Give both days"),
        ({"since": "2026-11-18"}, "Give both days"),
        ({"since": "1066-10-14", "until": "2026-11-18"}, "Give both days"),
        ({"since": "2019-01-01", "until": "2026-11-18"}, "three years"),
    ],
)
def test_a_period_that_is_none_says_so_and_shows_four_weeks(
    mona: Client, world: Ground, query: dict[str, str], words: str
) -> None:
    answer = page(mona, "confirmations", **query)
    assert words in text(answer)
    assert answer.context["asked"].period.weeks == 4  # type: ignore[attr-defined]


@pytest.mark.parametrize("weeks", ["0", "5", "-1", "x", "99999999999"])
def test_a_number_of_weeks_nobody_offered_is_four(mona: Client, world: Ground, weeks: str) -> None:
    assert page(mona, "confirmations", weeks=weeks).context["asked"].period.weeks == 4  # type: ignore[attr-defined]


def test_the_chart_has_a_bar_for_every_week_with_its_numbers_in_words(mona: Client, world: Ground) -> None:
    some_facts(world, 4, late=[0])
    answer = page(mona, "confirmations")
    chart = answer.context["chart"]  # type: ignore[attr-defined]
    assert len(chart.bars) == 4
    assert [bar.height for bar in chart.bars[:3]] == [0, 0, 0]
    last = chart.bars[3]
    assert last.name.startswith("23 Nov 2026: 3 / 4, 75")
    assert last.on_time_height * 4 == pytest.approx(last.height * 3, abs=4)
    assert 'aria-label="23 Nov 2026: 3 / 4' in text(answer)
    assert "<style" not in text(answer)
    assert "style=" not in text(answer)


def test_a_year_of_weeks_is_drawn_without_labels_that_run_into_each_other(
    mona: Client, world: Ground
) -> None:
    some_facts(world, 1)
    chart = page(mona, "confirmations", weeks=52).context["chart"]  # type: ignore[attr-defined]
    assert len(chart.bars) == 52
    assert sum(bool(bar.label) for bar in chart.bars) <= 14


def test_suppliers_come_worst_first_and_the_rest_on_demand(
    mona: Client, world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmations, "SUPPLIERS_SHOWN", 2)
    for number, late in (("A", []), ("B", [0, 1]), ("C", [0])):
        supplier = factories.SupplierFactory.create(
            connection=world.erp, number=number, name=f"Firm {number}"
        )
        some_facts(world, 2, supplier=supplier, late=late)
    answer = page(mona, "confirmations")
    words = text(answer)
    assert words.index("Firm B") < words.index("Firm C")
    assert "Firm A" not in words
    assert "One more supplier" in words
    assert "Firm A" in text(page(mona, "confirmations", all="1"))


def test_without_data_the_page_says_so_and_shows_no_rate(mona: Client, world: Ground) -> None:
    words = text(page(mona, "confirmations"))
    assert "No confirmation fell due" in words
    assert "%" not in words.split("<main")[1].split("</main>")[0]
    assert "weeks=52" in words
    asked(world, "1")
    refresh(world, EVENING, seen_until=berlin(date(2026, 11, 23), 15))
    assert "One line is not counted" in text(page(mona, "confirmations"))


# --- the rows behind it -------------------------------------------------------------------------------------


def test_every_number_opens_its_lines(mona: Client, world: Ground) -> None:
    other = factories.SupplierFactory.create(connection=world.erp, number="88")
    some_facts(world, 3, late=[1])
    some_facts(world, 2, supplier=other)
    assert len(shown(mona)) == 5
    assert shown(mona, late="1") == ["77-1"]
    assert sorted(shown(mona, supplier=other.pk)) == ["88-0", "88-1"]
    assert shown(mona, supplier=other.pk, late="1") == []
    assert shown(mona, since="2026-11-16", until="2026-11-22") == []
    answer = page(mona, "confirmations")
    (week,) = [week for week in answer.context["weeks"] if week.answers.rate.denominator]  # type: ignore[attr-defined]
    assert len(mona.get(week.url).context["rows"]) == 5


def test_a_line_leads_to_its_order_and_says_how_late_it_was(mona: Client, world: Ground) -> None:
    some_facts(world, 1, late=[0])
    refresh_one(world)
    answer = page(mona, "confirmation_lines")
    words = text(answer)
    order = ConfirmationFact.objects.order_by("pk")[0].line.order
    assert reverse("web:order", args=[order.pk]) in words
    assert "2 business hours late" in words
    assert "No answer" in words


def test_pages_of_lines_go_on_where_they_ended(
    mona: Client, world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmations, "LINES_SHOWN", 2)
    some_facts(world, 5)
    ConfirmationFact.objects.filter(line__order__number__in=["77-1", "77-2", "77-3"]).update(due_at=DUE)
    seen, address = [], reverse("analytics:confirmation_lines")
    while address:
        answer = mona.get(address)
        seen += [fact.line.order.number for fact in answer.context["rows"]]
        address = answer.context["next_url"]
    assert len(seen) == len(set(seen)) == 5
    assert seen[0] == "77-4"


@pytest.mark.parametrize(
    "place", ["x", "~", "2026-11-23~1", "2026-13-40T00:00:00Z~1", "2026-11-23T00:00:00Z~x"]
)
def test_a_place_nobody_gave_is_the_beginning(mona: Client, world: Ground, place: str) -> None:
    some_facts(world, 2)
    assert len(shown(mona, after=place)) == 2


def test_an_empty_list_of_late_lines_is_good_news(mona: Client, world: Ground) -> None:
    some_facts(world, 2)
    assert "No line was late" in text(page(mona, "confirmation_lines", late="1"))


# --- files --------------------------------------------------------------------------------------------------


def test_lines_are_taken_away_as_csv_in_which_nothing_is_a_formula(mona: Client, world: Ground) -> None:
    world.supplier.name = "=HYPERLINK(0)"
    world.supplier.save()
    some_facts(world, 3, late=[1])
    answer = page(mona, "confirmation_lines_csv", late="1")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].endswith('rightline-confirmations-2026-11-02-2026-11-29.csv"')
    head, row = answer.content.decode("utf-8-sig").split("\r\n")[:2]
    assert head.startswith("Order,Line,Supplier,Name,Item,Released,Answer due,Answered,Business hours late")
    assert row.startswith("77-1,")
    assert ",'=HYPERLINK(0)," in row
    assert row.endswith(",2026-11-23T16:01:00+01:00,2026-11-23T18:01:00+01:00,2.00")


def test_suppliers_are_taken_away_as_csv(mona: Client, world: Ground) -> None:
    some_facts(world, 3, late=[1])
    answer = page(mona, "confirmation_suppliers_csv")
    assert answer.content.decode("utf-8-sig").split("\r\n")[1] == "77,Nordmann Dichtungen,2,1,0,3,66.7"


# --- who sees what ------------------------------------------------------------------------------------------


def test_only_companies_of_the_persons_memberships_are_counted(client: Client, world: Ground) -> None:
    other = factories.ground("fulda")
    some_facts(world, 2)
    some_facts(other, 3, late=[0])
    client.force_login(world.people["wade"])
    assert page(client, "confirmations").context["answers"].rate.denominator == 2  # type: ignore[attr-defined]
    assert len(shown(client)) == 2
    assert len(shown(client, company="fulda")) == 2
    assert "77-2" not in page(client, "confirmation_lines_csv").content.decode()
    for name in (
        "confirmation_lines",
        "confirmation_lines_csv",
        "confirmations",
        "confirmation_suppliers_csv",
    ):
        answer = client.get(reverse(f"analytics:{name}"), {"supplier": other.supplier.pk})
        assert answer.status_code == 404, name


def test_a_person_of_two_companies_chooses_between_them(client: Client, world: Ground) -> None:
    other = factories.ground("fulda")
    some_facts(world, 2)
    some_facts(other, 3)
    bea = world.people["bea"]
    factories.MembershipFactory.create(user=bea, team=other.teams["PRO"])
    client.force_login(bea)
    answer = page(client, "confirmations")
    assert answer.context["answers"].rate.denominator == 5  # type: ignore[attr-defined]
    assert "All companies" in text(answer)
    assert page(client, "confirmations", company="fulda").context["answers"].rate.denominator == 3  # type: ignore[attr-defined]
    assert page(client, "confirmations", company="nowhere").context["answers"].rate.denominator == 5  # type: ignore[attr-defined]


def test_a_person_without_a_team_sees_no_numbers(client: Client, world: Ground) -> None:
    some_facts(world, 2)
    client.force_login(factories.UserFactory.create())
    assert page(client, "confirmations").context["answers"].rate.denominator == 0  # type: ignore[attr-defined]


def names() -> list[str]:
    return [pattern.name for pattern in urls.urlpatterns]


@pytest.mark.parametrize("name", names())
def test_every_page_asks_to_sign_in_and_only_looks(client: Client, world: Ground, name: str) -> None:
    answer = client.get(reverse(f"analytics:{name}"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(settings.LOGIN_URL)
    client.force_login(world.people["mona"])
    assert client.post(reverse(f"analytics:{name}")).status_code == 405
    (view,) = [pattern.callback for pattern in urls.urlpatterns if pattern.name == name]
    assert view.permission is Permission.SIGNED_IN


@pytest.mark.parametrize("supplier", ["x", "0", "99999999999999999999", "1;2", "٣"])
def test_a_supplier_that_is_not_there_is_404(mona: Client, world: Ground, supplier: str) -> None:
    assert mona.get(reverse("analytics:confirmation_lines"), {"supplier": supplier}).status_code == 404


@pytest.mark.parametrize("name", names())
def test_a_page_takes_as_many_queries_for_21_lines_as_for_3(client: Client, name: str) -> None:
    clock.set_now(EVENING)
    counts = []
    for code, count in (("weserland", 3), ("fulda", 21)):
        world = factories.ground(code)
        some_facts(world, count // 3)
        for number in range(2):
            supplier = factories.SupplierFactory.create(connection=world.erp, number=f"S{number}")
            some_facts(world, count // 3, supplier=supplier, late=[0])
        client.force_login(world.people["mona"])
        page(client, name)
        with CaptureQueriesContext(connection) as queries:
            page(client, name)
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"][:150] for query in queries]


def test_the_navigation_leads_to_the_page(mona: Client, world: Ground) -> None:
    words = text(page(mona, "confirmations"))
    link = words.split('class="nav-link" href="/analytics/confirmations/"')[1].split("</a>")[0]
    assert 'aria-current="page"' in link


# --- in the browser -----------------------------------------------------------------------------------------


@pytest.fixture
def window(live_server: LiveServer, chromium: Browser, client: Client) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a window of the rate for a manager; the console must stay silent."""
    contexts, told = [], []
    clock.set_now(EVENING)
    world = factories.ground()
    some_facts(world, 6, late=[1])

    def opened(theme: str) -> Page:
        mona = world.people["mona"]
        mona.theme = theme
        mona.save()
        client.force_login(mona)
        context = chromium.new_context(
            viewport={"width": 1366, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            base_url=live_server.url,
        )
        contexts.append(context)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        tab = context.new_page()
        tab.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: told.append(str(error)))
        tab.goto(reverse("analytics:confirmations"))
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert told == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_bar_opens_its_lines_by_keyboard(window: Callable[..., Page]) -> None:
    tab = window("light")
    bars = tab.locator(".weeks a")
    assert bars.count() == 4
    bars.last.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/analytics/confirmations/lines/**")
    assert tab.locator("tbody tr").count() == 6
    tab.get_by_role("link", name="Late or missing").click()
    tab.wait_for_url("**late=1**")
    assert tab.locator("tbody tr").count() == 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.proof
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_are_accessible_in_both_themes_and_on_a_phone(
    window: Callable[..., Page], theme: str
) -> None:
    tab = window(theme)
    assert tab.evaluate("document.documentElement.dataset.theme") == theme
    for path in (
        None,
        reverse("analytics:confirmation_lines"),
        "/analytics/confirmations/?since=2026-01-01&until=2026-01-02",
    ):
        if path:
            tab.goto(path)
        if tab.locator(".behind summary").count():
            tab.locator(".behind summary").click()
        for width in (1366, 390):
            tab.set_viewport_size({"width": width, "height": 900})
            tab.wait_for_timeout(250)
            found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
            assert [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found] == []
            assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
