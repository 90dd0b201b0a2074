"""The journey of the type about a supplier's performance: over many orders, each of which looks fine."""

from tests.builders import x12
from tests.journeys.house import ITEM, OUR_ID, THEIR_ID, WANTED, order
from tests.journeys.types.town import Town


def test_supplier_drift_ends_when_prices_stay_in_control(town: Town) -> None:
    confirms(town, "1", ["182.40"] * 30 + ["183.86"] * 4)
    town.opens("supplier_drift", team="SUP", told="PRO")
    confirms(town, "2", ["182.40"] * 46)
    town.closes("no longer deviates")


def confirms(town: Town, series: str, prices: list[str]) -> None:
    """Let the ERP order seal kits at 182.40, and Nordmann confirm them at these prices, in one file."""
    now = town.a_minute_later()
    placed = [order(f"45{series}00{place:04}", released_at=now) for place in range(len(prices))]
    town.house.tell_orders(*placed, at=now)
    messages = [
        ("855", x12.confirmation_segments(each.number, [loop(price)], currency="EUR", on=now.date()))
        for each, price in zip(placed, prices, strict=True)
    ]
    town.sends(x12.interchange, messages, parties=x12.Parties(sender=THEIR_ID, receiver=OUR_ID))


def loop(price: str) -> list[x12.Segment]:
    """One line accepted as it was ordered, at a price."""
    return x12.po1("10", "100", price=price, ids=("BP", ITEM), acks=[x12.ack("IA", "100", on=WANTED)])
