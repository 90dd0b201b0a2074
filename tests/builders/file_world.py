"""A connection whose ERP speaks by file, with that ERP at the other end of its folder."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from erp_connectors import clock
from erp_connectors.canonical.commands import CommandKind, LineChange, LineValues, NewLine, OrderCommand
from erp_connectors.canonical.documents import OrderLine
from erp_connectors.canonical.documents import PurchaseOrder as ErpOrder
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.companies import Connection
from erp_connectors.connectors.compare import values_of
from erp_connectors.connectors.simulator.file_erp import FileErp
from erp_connectors.documents.models import PurchaseOrder
from erp_connectors.exchange import inbox, outbox, polling
from erp_connectors.exchange.models import Command, Interchange, StreamState
from erp_connectors.exchange.processing import process_interchange
from tests.builders.factories import TUESDAY_TEN, ConnectionFactory, SupplierFactory, WarehouseFactory

WITHIN_LIMIT = {"kind": "within_limit", "person": "bea", "limit": "2500", "currency": "EUR", "release": 1}


def each(value: int | str) -> Quantity:
    """So many pieces."""
    return Quantity(Decimal(value), "EA")


def an_order(number: str = "4500010001", **changes: Any) -> ErpOrder:
    """An order of 100 EA at 182.40, wanted on 2026-12-02."""
    line = OrderLine(
        number="10",
        item="SEAL-1",
        quantity=each(100),
        price=Price(Decimal("182.40"), "EUR", Decimal(1), "EA"),
        schedule=(SchedulePart(each(100), date(2026, 12, 2)),),
        warehouse="KAS",
    )
    version = DocumentVersion(TUESDAY_TEN - timedelta(days=1))
    order = ErpOrder(number=number, supplier="77", currency="EUR", version=version, lines=(line,))
    return replace(order, **changes)


def with_price(order: ErpOrder, price: str) -> ErpOrder:
    """The order with another price on its line."""
    line = order.lines[0]
    assert line.price is not None
    return replace(order, lines=(replace(line, price=replace(line.price, amount=Decimal(price))),))


def split(order: ErpOrder, first: int = 82, rest: int = 18) -> OrderCommand:
    """The command that splits the line: the rest comes on 2026-12-16."""
    line = order.lines[0]
    after = replace(
        values_of(line),
        schedule=(
            SchedulePart(each(first), date(2026, 12, 2)),
            SchedulePart(each(rest), date(2026, 12, 16)),
        ),
    )
    return OrderCommand(
        kind=CommandKind.SPLIT_SCHEDULE,
        order_number=order.number,
        changes=(LineChange(line_number=line.number, before=values_of(line), after=after),),
        version_token=order.version_token,
        reason="Split as the supplier confirmed.",
    )


def replaced(order: ErpOrder, *, number: str = "20") -> OrderCommand:
    """The command that cancels the line and orders 18 EA of another item on a line of that number."""
    line = order.lines[0]
    values = LineValues(
        quantity=each(18),
        schedule=(SchedulePart(each(18), date(2026, 12, 16)),),
        price=Price(Decimal("180.00"), "EUR", Decimal(1), "EA"),
    )
    after = replace(values_of(line), cancelled=True)
    return OrderCommand(
        kind=CommandKind.REPLACE_LINE,
        order_number=order.number,
        changes=(LineChange(line_number=line.number, before=values_of(line), after=after),),
        version_token=order.version_token,
        reason="Their substitute fits.",
        additions=(NewLine(line_number=number, item="GASKET", values=values, instead_of=line.number),),
    )


@dataclass
class FileWorld:
    """The connection with its ERP, and the clock that both go by."""

    connection: Connection
    erp: FileErp
    order: ErpOrder

    @classmethod
    def make(cls, folder: Path, **settings: Any) -> "FileWorld":
        """Build it, with one order in the ERP and in the mirror, at ten on a Tuesday."""
        clock.set_now(TUESDAY_TEN)
        for name in ("incoming/answers", "outgoing/commands"):
            (folder / name).mkdir(parents=True)
        connection = ConnectionFactory(settings={"folder": str(folder), "settle_seconds": 0} | settings)
        SupplierFactory(connection=connection, number="77")
        WarehouseFactory(company=connection.company)
        world = cls(connection, FileErp(folder), an_order())
        world.erp.keep([world.order], at=TUESDAY_TEN - timedelta(days=1))
        world.read()
        return world

    def read(self) -> Interchange:
        """Let the ERP write an extract of its orders, and take it in; returns the interchange as it ended."""
        return self.take_in(self.erp.write_orders(at=clock.now()))

    def take_in(self, path: Path) -> Interchange:
        """Take a file in as the folder channel does, and process it."""
        received = inbox.receive(
            path.read_bytes(), connection=self.connection, channel="folder", file_name=path.name
        )
        path.unlink()
        process_interchange(received.interchange.pk)
        return Interchange.objects.get(pk=received.interchange.pk)

    def take_answers(self) -> None:
        """Poll the answers that lie ready, and nothing else."""
        polling.poll_due(limit=0)
        streams = StreamState.objects.filter(connection=self.connection)
        streams.exclude(stream="answers").update(due_at=None)
        streams.filter(stream="answers").update(due_at=clock.now())
        polling.poll_due()

    # --- what the conformance suite asks of a world

    def hide(self, secret: str) -> None:
        """Put a secret into the settings: a folder needs none, so it stands where it does no harm."""
        self.connection.settings["words"] = {"tier": {secret: "A"}}
        self.connection.save()

    def keep(self, *orders: ErpOrder) -> None:
        """Put orders, or changes of them, into the ERP."""
        self.erp.keep(orders, at=clock.now())

    def say_unreadably(self, number: str) -> None:
        """Give the order a line in a unit that nobody has translated."""
        order = self.erp.orders[number]
        line = replace(order.lines[0], quantity=replace(order.lines[0].quantity, unit="Gebinde"))
        self.keep(replace(order, lines=(line,)))

    def refuse(self, number: str, words: str) -> None:
        """Have the ERP refuse every command on this order with these words."""
        self.erp.refusals[number] = words

    def lose_answers(self) -> None:
        """Have the ERP carry commands out and say nothing."""
        self.erp.loses_answers = True

    def forbid(self, kind: str) -> None:
        """Declare that this ERP cannot carry out commands of this kind."""
        self.connection.settings["without_commands"] = [kind]
        self.connection.save()

    def work(self) -> None:
        """Let the ERP carry out the commands that lie ready, and take its answers in."""
        self.erp.work(at=clock.now())
        self.take_answers()

    def in_erp(self, number: str) -> ErpOrder:
        """The order as the ERP has it."""
        return self.erp.orders[number]

    def effects(self) -> list[str]:
        """The keys of the commands that changed an order."""
        return self.erp.effects

    def traces(self) -> list[str]:
        """The command files that lie ready."""
        return [path.read_text() for path in (self.erp.folder / "outgoing" / "commands").iterdir()]

    # --- what tests look at

    def mirrored(self, number: str = "4500010001") -> PurchaseOrder:
        """The order as the mirror has it."""
        return PurchaseOrder.objects.get(connection=self.connection, number=number)

    def decide(self, command: OrderCommand | None = None) -> Command:
        """Queue a command, by default the split of the order."""
        command = command or split(self.order)
        order = self.mirrored(command.order_number)
        return outbox.enqueue(
            command, order=order, authorisation=WITHIN_LIMIT, case_number="EX-1", proposal_id=None
        )

    def pass_time(self, **span: float) -> datetime:
        """Let the clock of everybody run ahead."""
        moment = clock.now() + timedelta(**span)
        clock.set_now(moment)
        return moment


def state_of(command: Command) -> str:
    """The command's state in the database now."""
    return str(Command.objects.get(pk=command.pk).state)
