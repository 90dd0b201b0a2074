"""The demo distributor: believable, the same for the same seed, and brought in through the real channels."""

from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import PurchaseOrder
from erp_connectors.clock import ClockOffset
from erp_connectors.companies import Connection
from erp_connectors.documents.models import PurchaseOrder as MirroredOrder
from erp_connectors.exchange.models import Interchange, InterchangeStatus, OutgoingFile
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import ENDED, Case, QueueEntry, Task
from exceptions_app.demo import erp, world
from exceptions_app.demo.catalogue import COMPANIES, TALBRIDGE, WESERLAND
from exceptions_app.demo.places import logins_of, memories
from exceptions_app.demo.seed import seed
from exceptions_app.detection.models import Watch
from exceptions_app.people.models import User
from exceptions_app.policies.models import MessageTemplate
from suppliers.messaging.models import SupplierMessage

MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
HOURS = {day: ((time(8), time(17)),) for day in range(5)}
WEEKDAYS = BusinessCalendar("weekdays", ZoneInfo("Europe/Berlin"), HOURS)


def test_the_same_seed_gives_the_same_world() -> None:
    assert world.build(WESERLAND, WEEKDAYS, seed=7, now=MONDAY) == world.build(
        WESERLAND, WEEKDAYS, seed=7, now=MONDAY
    )
    assert world.build(WESERLAND, WEEKDAYS, seed=7, now=MONDAY) != world.build(
        WESERLAND, WEEKDAYS, seed=8, now=MONDAY
    )


def test_the_world_has_the_size_of_a_distributor() -> None:
    worlds = [world.build(company, WEEKDAYS, seed=7, now=MONDAY) for company in COMPANIES]
    assert sum(len(each.orders) for each in worlds) == 900
    assert sum(len(each.items) for each in worlds) == 1200
    assert sum(len(each.suppliers) for each in worlds) == 25
    assert sum(len(each.company.warehouses) for each in worlds) == 3
    for each in worlds:
        assert len({order.number for order in each.orders}) == len(each.orders)


def test_both_companies_have_an_order_1000_with_a_supplier_77() -> None:
    for company in COMPANIES:
        built = world.build(company, WEEKDAYS, seed=7, now=MONDAY)
        order = next(each for each in built.orders if each.number == "1000")
        assert order.supplier == "77"


def test_the_tour_starts_with_82_of_100_seal_kits_offered() -> None:
    built = world.build(WESERLAND, WEEKDAYS, seed=7, now=MONDAY)
    tour: PurchaseOrder = built.orders[0]
    answer = next(each for each in built.answers if each.order is tour)
    assert (tour.number, tour.lines[0].description) == ("4500010001", "Hydraulic seal kit 40 mm")
    assert (tour.lines[0].quantity.value, answer.lines[0].quantity) == (100, 82)


@pytest.mark.django_db
@pytest.mark.slow
def test_the_seed_fills_the_queue_with_both_types_of_work(tmp_path: Path) -> None:
    companies = [replace(WESERLAND, orders=60, items=400), replace(TALBRIDGE, orders=40, items=400)]
    seed(number=7, now=clock.now(), home=tmp_path, say=lambda line: None, companies=companies)

    assert MirroredOrder.objects.count() == 100
    assert set(Interchange.objects.values_list("status", flat=True)) == {InterchangeStatus.PROCESSED}
    assert set(Case.objects.values_list("type_code", flat=True)) == {"quantity_short", "confirmation_late"}
    assert not Watch.objects.exclude(last_error="").exists()
    assert OutgoingFile.objects.filter(kind="997").exists()
    assert QueueEntry.objects.filter(team__code="PRO", is_open=True).exists()
    tour = Case.objects.get(order__number="4500010001", type_code="quantity_short")
    told = set(Task.objects.filter(case=tour).values_list("team__code", flat=True))
    assert told == {"PLN", "CSR"}
    asked = set(SupplierMessage.objects.values_list("inquiry", "state"))
    assert asked == {("confirmation", "queued")}
    assert Case.objects.filter(state="waiting_supplier").exists()
    assert MessageTemplate.objects.filter(language="de").exists()
    assert not ClockOffset.objects.exists()
    assert User.objects.get(username="bea").check_password("rightline")
    logins = logins_of(tmp_path).read_text()
    for name in ("bea", "lena", "paul", "mona", "pia", "wade", "cora", "finn", "fritz", "sam", "ines"):
        assert name in logins
        assert User.objects.get(username=name).memberships.exists()
    assert not Case.objects.filter(owner=None).exclude(state__in=ENDED).exists(), "somebody has each"
    assert set(Case.objects.filter(route__rule=None).values_list("team__code", flat=True)) <= {"WHS", "FIN"}


@pytest.mark.django_db
@pytest.mark.slow
def test_the_demos_erp_remembers_its_orders_from_one_start_to_the_next(tmp_path: Path) -> None:
    companies = [replace(TALBRIDGE, orders=10, items=300)]
    seed(number=7, now=clock.now(), home=tmp_path, say=lambda line: None, companies=companies)
    (memory,) = memories(tmp_path)
    assert len(erp.recall(memory).orders) == 10
    assert erp.work(memory, at=clock.now()) == 0
    assert Connection.objects.filter(kind="file_drop").count() == 1
