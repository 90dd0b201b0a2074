"""What suppliers, carriers, the warehouse and accounts remember: how far each order has come, for them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from erp_connectors.canonical.codec import from_json, to_json
from erp_connectors.canonical.documents import (
    Confirmation,
    Invoice,
    PurchaseOrder,
    Receipt,
    ShipmentStatus,
    ShipNotice,
)
from exceptions_app.demo.parties.misdeeds import Document
from exceptions_app.demo.stories import Plot
from exceptions_app.demo.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How far one order has come. `is_stuck`: somebody misbehaved, and it rests until people act."""

    is_answered: bool = False
    notice: ShipNotice | None = None
    is_tracked: bool = False
    is_received: bool = False
    is_billed: bool = False
    is_stuck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything remembered of one company. `acts`: how much has happened since the seed.

    `control` is the next number of an interchange, `next_order` that of an order; `read` names the mails that
    were read.
    """

    seed: int
    control: int
    next_order: int
    pages: dict[str, Page]
    acts: int = 0
    read: tuple[str, ...] = ()


def opened(world: World, *, seed: int, control: int) -> Ledger:
    """Return the ledger as the seed leaves it."""
    pages = {plot.order.number: Page(is_stuck=_is_stuck(plot)) for plot in world.plots}
    for told in world.told:
        for document in told.documents:
            if not isinstance(document, PurchaseOrder):
                for number in _orders_of(document):
                    if number in pages:
                        pages[number] = noted(pages[number], document)
    numbers = [int(number) for number in pages]
    return Ledger(seed=seed, control=control, next_order=max(numbers) + 1, pages=pages)


def noted(page: Page, document: Document) -> Page:
    """Return the page after a document was said."""
    match document:
        case Confirmation():
            return replace(page, is_answered=True)
        case ShipNotice():
            return replace(page, notice=document)
        case ShipmentStatus():
            return replace(page, is_tracked=True)
        case Receipt():
            return replace(page, is_received=True)
        case Invoice():
            return replace(page, is_billed=True)


def remember(ledger: Ledger, path: Path) -> None:
    """Write the ledger, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(to_json(ledger))
    unfinished.replace(path)


def recall(path: Path) -> Ledger:
    """Return the ledger at `path`."""
    return from_json(path.read_bytes(), Ledger)


def _is_stuck(plot: Plot) -> bool:
    return plot.misdeed is not None or plot.delayed_to is not None


def _orders_of(document: Document) -> Iterable[str]:
    match document:
        case Confirmation():
            return (document.order_number,)
        case ShipmentStatus():
            return document.order_numbers
    return {line.order_number for line in document.lines if line.order_number}
