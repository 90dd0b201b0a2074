"""How long cases were with us and with their suppliers: the figures, and the pages that open their cases."""

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics import times
from analytics.kpis import Scope
from analytics.web import times as pages
from erp_connectors import clock
from erp_connectors.documents.models import Supplier
from exceptions_app.cases.models import Case, CaseState, Clock, ClockKind, ClockSegment
from exceptions_app.web.access import Permission
from tests.builders import factories
from tests.builders.factories import Ground, berlin

pytestmark = pytest.mark.django_db
SCENE = factories.ground

EVENING = berlin(date(2026, 11, 24), 18)
MONDAY = berlin(date(2026, 11, 23))


@pytest.fixture
def world(scene: Ground) -> Ground:
    clock.set_now(EVENING)
    return scene


@pytest.fixture
def mona(client: Client, world: Ground) -> Client:
    client.force_login(world.people["mona"])
    return client


def closed_case(
    world: Ground,
    *,
    ours: Sequence[int] = (60,),
    theirs: Sequence[int] = (),
    supplier: Supplier | None = None,
    **values: Any,
) -> Case:
    """Make a closed case whose clocks ran for stretches of so many business minutes."""
    order = factories.PurchaseOrderFactory.create(supplier=supplier or world.supplier)
    case: Case = factories.CaseFactory.create(
        **{
            "order": order,
            "team": world.teams["PRO"],
            "state": CaseState.CLOSED,
            "opened_at": MONDAY,
            "closed_at": MONDAY + timedelta(hours=8),
            **values,
        }
    )
    for kind, stretches in ((ClockKind.RESOLVE, ours), (ClockKind.SUPPLIER, theirs)):
        if stretches:
            made: Clock = factories.ClockFactory.create(case=case, kind=kind, calendar=world.calendar)
            ClockSegment.objects.filter(clock=made).delete()
            ClockSegment.objects.bulk_create(
                ClockSegment(
                    clock=made,
                    round=1,
                    calendar=world.calendar,
                    started_at=MONDAY,
                    ended_at=MONDAY + timedelta(minutes=minutes),
                    minutes=minutes,
                )
                for minutes in stretches
            )
    return case


def figures(world: Ground) -> times.Times:
    return times.times_of(times.cases_closed(scope(world), Case.objects.all()))


def scope(world: Ground) -> Scope:
    return Scope(companies=[world.company.pk], since=MONDAY, until=MONDAY + timedelta(days=7), as_of=EVENING)


def page(client: Client, name: str, **query: Any) -> HttpResponse:
    answer = client.get(reverse(f"analytics:{name}"), query)
    assert answer.status_code == 200
    return answer  # type: ignore[return-value]


def words(answer: HttpResponse) -> str:
    return " ".join(answer.content.decode().split())


def test_the_stretches_of_a_case_add_up_on_either_side(world: Ground) -> None:
    closed_case(world, ours=(60, 30), theirs=(480, 20))

    found = figures(world)

    assert (found.with_us.median, found.with_supplier.median) == (Decimal(90), Decimal(500))


def test_median_and_90th_percentile_are_those_of_a_case(world: Ground) -> None:
    for minutes in range(10, 101, 10):
        closed_case(world, ours=(minutes,))

    found = figures(world)

    assert (found.cases, found.with_us.median, found.with_us.ninth) == (10, Decimal(50), Decimal(90))


def test_only_cases_that_waited_count_for_the_supplier(world: Ground) -> None:
    closed_case(world, theirs=(120,))
    closed_case(world)

    found = figures(world)

    assert (found.cases, found.waited, found.with_supplier.median) == (2, 1, Decimal(120))


def test_what_is_open_dismissed_or_was_closed_at_another_time_is_not_counted(world: Ground) -> None:
    closed_case(world, state=CaseState.IN_PROGRESS, closed_at=None)
    closed_case(world, state=CaseState.DISMISSED)
    closed_case(world, closed_at=MONDAY - timedelta(minutes=1))
    closed_case(world, closed_at=EVENING)

    assert figures(world) == times.Times(
        cases=0, waited=0, with_us=times.Spread(None, None), with_supplier=times.Spread(None, None)
    )


def test_the_slowest_supplier_comes_first_and_its_cases_are_opened(mona: Client, world: Ground) -> None:
    slow = factories.SupplierFactory.create(connection=world.erp, company=world.company, name="Slow AG")
    late = closed_case(world, supplier=slow, theirs=(960,))
    closed_case(world, theirs=(60,))
    shown = page(mona, "times")

    suppliers = shown.context["suppliers"]  # type: ignore[attr-defined]
    assert [each["row"].name for each in suppliers] == ["Slow AG", world.supplier.name]
    assert "16h 00m" in words(shown).replace("\xa0", " ").replace("\u202f", " ")
    opened = mona.get(suppliers[0]["url"])
    assert [row["case"].number for row in opened.context["rows"]] == [late.number]


def test_the_cases_go_on_page_by_page_and_as_a_file(
    mona: Client, world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "CASES_SHOWN", 2)
    numbers = [closed_case(world, theirs=(30,)).number for _ in range(3)]
    first = page(mona, "time_cases")
    second = mona.get(first.context["next_url"])  # type: ignore[attr-defined]
    rows = [*first.context["rows"], *second.context["rows"]]  # type: ignore[attr-defined]
    file = list(csv.reader(io.StringIO(page(mona, "time_cases_csv").content.decode("utf-8-sig"))))

    assert [row["case"].number for row in rows] == numbers[::-1]
    assert [row[0] for row in file[1:]] == numbers[::-1]
    assert {(Decimal(row[-2]), Decimal(row[-1])) for row in file[1:]} == {(Decimal(60), Decimal(30))}


def test_one_counts_and_opens_only_what_one_may_see(client: Client, world: Ground) -> None:
    closed_case(world)
    client.force_login(world.people["wade"])

    assert "No case was closed" in words(page(client, "times"))
    assert page(client, "time_cases").context["rows"] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "2026-11-23T10:00:00~1"}, {"since": "x"}])
def test_any_address_is_borne(mona: Client, world: Ground, query: dict[str, str]) -> None:
    closed_case(world)
    for name in ("times", "time_cases", "time_cases_csv"):
        page(mona, name, **query)


def test_pages_take_as_many_queries_for_many_cases_as_for_few(mona: Client, world: Ground) -> None:
    counts = []
    for more in (2, 8):
        for _ in range(more):
            closed_case(world, theirs=(30,))
        with CaptureQueriesContext(connection) as asked:
            page(mona, "times")
            page(mona, "time_cases")
        counts.append(len(asked))

    assert counts[0] >= counts[1]


def test_every_page_asks_for_signing_in(client: Client) -> None:
    for view in (pages.overview, pages.cases, pages.cases_csv):
        assert view.permission is Permission.SIGNED_IN  # type: ignore[attr-defined]
    assert client.get(reverse("analytics:times")).status_code == 302
