"""The world of the demo: believable, the same for the same seed."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from exceptions_app.calendars import BusinessCalendar
from exceptions_app.demo import world
from exceptions_app.demo.catalogue import COMPANIES, WESERLAND
from exceptions_app.demo.parties.kinds import every_misdeed

MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOURS = {day: ((time(8), time(17)),) for day in range(5)}
WEEKDAYS = BusinessCalendar("weekdays", ZoneInfo("Europe/Berlin"), HOURS)


def test_the_same_seed_gives_the_same_world() -> None:
    small = replace(WESERLAND, orders=50, items=310)
    one, same, other = (world.build(small, WEEKDAYS, seed=seed, now=MONDAY) for seed in (7, 7, 8))
    assert one == same
    assert one != other


def test_the_world_has_the_size_of_a_distributor() -> None:
    worlds = [world.build(company, WEEKDAYS, seed=7, now=MONDAY) for company in COMPANIES]
    assert sum(len(each.orders) for each in worlds) == 900
    assert sum(len(each.items) for each in worlds) == 1200
    assert sum(len(each.suppliers) for each in worlds) == 25
    assert sum(len(each.company.warehouses) for each in worlds) == 3
    for each in worlds:
        assert len({order.number for order in each.orders}) == len(each.orders)


def test_nothing_is_told_that_has_not_happened_yet_and_every_misdeed_has() -> None:
    for now in (MONDAY, SUNDAY):
        built = world.build(WESERLAND, WEEKDAYS, seed=7, now=now)
        assert {plot.misdeed.code for plot in built.plots if plot.misdeed} >= {
            misdeed.code for misdeed in every_misdeed()
        }
        assert max(told.at for told in built.told) <= now
        assert [told.at for told in built.told] == sorted(told.at for told in built.told)


def test_both_companies_have_an_order_1000_with_a_supplier_77() -> None:
    for company in COMPANIES:
        built = world.build(company, WEEKDAYS, seed=7, now=MONDAY)
        order = next(each for each in built.orders if each.number == "1000")
        assert order.supplier == "77"


def test_the_tour_starts_with_82_of_100_seal_kits_offered() -> None:
    built = world.build(WESERLAND, WEEKDAYS, seed=7, now=MONDAY)
    tour = built.orders[0]
    answer = next(
        document
        for told in built.told
        for document in told.documents
        if getattr(document, "order_number", "") == tour.number
    )
    (offered,) = answer.lines[0].offered
    items = [line.item for order in built.orders for line in order.lines]
    assert items.count(tour.lines[0].item) == 1
    assert (tour.number, tour.lines[0].description) == ("4500010001", "Hydraulic seal kit 40 mm")
    assert (tour.lines[0].quantity.value, offered.quantity.value) == (100, 82)
