"""The demo's ERP: an honest one behind a folder that remembers its orders from one start to the next."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from erp_connectors.canonical.codec import from_json, to_json
from erp_connectors.canonical.documents import PurchaseOrder
from erp_connectors.connectors.base import Outcome, Stream
from erp_connectors.connectors.simulator.extracts import orders_csv
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


def work(path: Path, *, at: datetime) -> int:
    """Let the ERP at `path` carry out the commands that lie ready and write the orders it changed.

    Returns how many commands there were. An extract names the second it was made: call it once a second.
    """
    erp = recall(path)
    before = dict(erp.orders)
    done = erp.work(at=at)
    if done == 0:
        return 0
    changed = [order for number, order in erp.orders.items() if before[number] is not order]
    remember(erp, path)
    if changed:
        erp.write(Stream.ORDERS, orders_csv(changed), at=at)
    return done
