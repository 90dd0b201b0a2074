"""How suppliers misbehave when they ship, and carriers on the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from erp_connectors.canonical.documents import (
    ShipmentEvent,
    ShipmentStatus,
    ShipNotice,
    ShipNoticeLine,
    StatusEvent,
)
from erp_connectors.canonical.values import ItemIds, Quantity
from exceptions_app.demo.parties.misdeeds import Stage, misdeed
from exceptions_app.demo.parties.scene import Scene, wanted

TROUBLE = (
    (ShipmentEvent.DAMAGED, "Pallet fell over in the terminal"),
    (ShipmentEvent.CUSTOMS_HOLD, "Papers are missing"),
    (ShipmentEvent.REFUSED, "Gate was closed"),
    (ShipmentEvent.FAILED_ATTEMPT, "Nobody was there"),
)
PLACES = ("HANNOVER", "LEIPZIG", "ROTTERDAM", "DOVER")


@misdeed(Stage.SHIP, causes="ship_notice_short", share=4)
def ships_less(honest: ShipNotice, scene: Scene) -> list[ShipNotice]:
    """Ships less of one line than confirmed, and calls it complete."""
    return [_with_line(honest, scene, lambda quantity: scene.share(quantity, 95, 90, 80, 60))]


@misdeed(Stage.SHIP, causes="ship_notice_over", share=1)
def ships_more(honest: ShipNotice, scene: Scene) -> list[ShipNotice]:
    """Ships more of one line than ordered."""
    return [_with_line(honest, scene, lambda quantity: scene.share(quantity, 110, 125))]


@misdeed(Stage.SHIP, causes="ship_notice_missing", share=5)
def ships_without_a_word(honest: ShipNotice, scene: Scene) -> list[ShipNotice]:
    """Sends no notice in time."""
    return []


@misdeed(Stage.SHIP, causes="ship_notice_conflict", share=1)
def announces_another_item(honest: ShipNotice, scene: Scene) -> list[ShipNotice]:
    """Names another item than the order for one line."""
    other = ItemIds(buyer=f"{scene.line.item}-B", supplier=f"{scene.line.supplier_item or 'X'}-B")
    return [_with_line(honest, scene, lambda quantity: quantity, ids=other)]


@misdeed(Stage.SHIP, causes="shipment_delayed", share=5, due=(0, 2))
def announces_a_later_arrival(honest: ShipNotice, scene: Scene) -> list[ShipNotice]:
    """Ships in time by a slower way."""
    return [replace(honest, expected_on=scene.shifted(_promised(scene), 3, 7))]


@misdeed(Stage.SHIP, causes="delivery_overdue", share=5, due=(-6, -3))
def never_ships(honest: ShipNotice, scene: Scene) -> list[ShipNotice]:
    """Lets the promised day pass without a word."""
    return []


@misdeed(Stage.SHIP, causes="shipped_after_cancel", share=1, due=(0, 2), after_cancel=True)
def ships_what_was_cancelled(honest: ShipNotice, scene: Scene) -> list[ShipNotice]:
    """Ships although the order was cancelled."""
    return [honest]


@misdeed(Stage.CARRY, causes="carrier_exception", share=4)
def gets_into_trouble(honest: ShipmentStatus, scene: Scene) -> list[ShipmentStatus]:
    """Reports that something happened to the goods on their way."""
    kind, reason = scene.random.choice(TROUBLE)
    place = scene.random.choice(PLACES)
    event = StatusEvent(kind=kind, at=scene.at, place=place, reason=reason[:3].upper())
    return [replace(honest, events=(*honest.events, event))]


@misdeed(Stage.CARRY, causes="shipment_delayed", share=4)
def falls_behind(honest: ShipmentStatus, scene: Scene) -> list[ShipmentStatus]:
    """States a later arrival than was promised."""
    day = scene.shifted(_promised(scene), 3, 6)
    event = StatusEvent(kind=ShipmentEvent.DELAYED, at=scene.at, eta=day, reason="NS")
    return [replace(honest, events=(*honest.events, event))]


def _promised(scene: Scene) -> date:
    return max(wanted(line) for line in scene.order.lines)


def _with_line(
    honest: ShipNotice,
    scene: Scene,
    quantity: Callable[[Quantity], Quantity],
    ids: ItemIds | None = None,
) -> ShipNotice:
    def said(line: ShipNoticeLine) -> ShipNoticeLine:
        if line.line_number != scene.line.number or line.shipped is None:
            return line
        return replace(line, shipped=quantity(line.shipped), ids=ids or line.ids)

    return replace(honest, lines=tuple(said(line) for line in honest.lines))
