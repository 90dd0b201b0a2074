"""The demo's ERP: an honest one behind a folder that remembers its orders from one start to the next."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from erp_connectors.canonical.codec import from_json, to_json
from erp_connectors.canonical.documents import PurchaseOrder
from erp_connectors.connectors.base import Outcome
from erp_connectors.connectors.simulator.file_erp import FileErp


@dataclass(frozen=True, slots=True)
class Memory:
    """What the ERP of one company remembers: its orders, and what it answered to which command."""

    folder: str
    orders: tuple[PurchaseOrder, ...]
    said: dict[str, tuple[Outcome, str]]


def remember(erp: FileErp, path: Path) -> None:
    """Write the ERP's memory, whole or not at all."""
    memory = Memory(str(erp.folder), tuple(erp.orders.values()), erp.said)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(to_json(memory))
    unfinished.replace(path)


def recall(path: Path) -> FileErp:
    """Return the ERP with the memory at `path`."""
    memory = from_json(path.read_bytes(), Memory)
    return FileErp(
        Path(memory.folder), orders={order.number: order for order in memory.orders}, said=dict(memory.said)
    )


def carried_out(erp: FileErp, *, at: datetime) -> tuple[int, dict[str, PurchaseOrder]]:
    """Let the ERP carry out and answer the commands that lie ready.

    Returns how many there were, and the orders they changed, by number.
    """
    before = dict(erp.orders)
    done = erp.work(at=at)
    changed = {number: order for number, order in erp.orders.items() if before[number] is not order}
    return done, changed
