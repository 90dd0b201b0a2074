"""The life of one order, as far as it has come: who says what about it, and when. Pure.

Nobody misbehaves more than once in a story, and where somebody does, it ends: so it is still open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Invoice,
    OrderState,
    PurchaseOrder,
    Receipt,
    ShipNotice,
)
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.demo.catalogue import DemoSupplier
from exceptions_app.demo.parties import honest
from exceptions_app.demo.parties.misdeeds import Document, Misdeed, Stage
from exceptions_app.demo.parties.scene import Scene, odd_line, on_day, wanted

Said = TypeVar("Said")
SHARE_TRACKED = 0.3
TRANSIT = 2
#: By how much the prices of a supplier creep whom nobody watches.
CREEP = Decimal("1.008")


class Voice(StrEnum):
    """By which channel something is said: a supplier's EDI, or one of the ERP's extracts."""

    SUPPLIER = "supplier"
    RECEIPTS = "receipts"
    INVOICES = "invoices"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one party says at one moment; `sending` spoils the interchange it is sent in, in `scene`."""

    at: datetime
    voice: Voice
    supplier: DemoSupplier
    documents: tuple[Document | PurchaseOrder, ...]
    sending: Misdeed | None = None
    scene: Scene | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What is to happen to an order: who misbehaves, if anybody, and when it is answered (None: never)."""

    supplier: DemoSupplier
    order: PurchaseOrder
    answered_at: datetime | None
    misdeed: Misdeed | None = None
    creeps: bool = False
    delayed_to: date | None = None


@dataclass(slots=True)
class Teller:
    """Tells stories up to `now`, drawing what chance decides from one source."""

    calendar: BusinessCalendar
    zone: ZoneInfo
    now: datetime
    random: Random

    def tell(self, plot: Plot) -> list[Told]:
        """Return what is said about an order until now, in order of time."""
        line = odd_line(plot.order, self.random)
        scene = Scene(
            supplier=plot.supplier,
            order=plot.order,
            line=line,
            at=self.now,
            calendar=self.calendar,
            random=self.random,
        )
        told = [*self._confirmed(plot, scene), *self._delivered(plot, scene)]
        return sorted((each for each in told if each.at <= self.now), key=lambda each: each.at)

    # --- the answer -------------------------------------------------------------------------------------

    def _confirmed(self, plot: Plot, scene: Scene) -> list[Told]:
        if plot.answered_at is None or not plot.supplier.edi_id:
            return []
        said = honest.confirmation(replace(scene, at=plot.answered_at))
        if plot.creeps:
            said = _crept(said)
        if plot.delayed_to is not None:
            said = _delayed(said, plot.delayed_to)
        documents = self._at(Stage.CONFIRM, plot, scene, said)
        sending = plot.misdeed if plot.misdeed and plot.misdeed.stage is Stage.SEND else None
        told = self._told(plot, Voice.SUPPLIER, plot.answered_at, documents)
        return [replace(told, sending=sending, scene=scene)]

    # --- the goods --------------------------------------------------------------------------------------

    def _delivered(self, plot: Plot, scene: Scene) -> list[Told]:
        """Return what is said from the shipment on, up to where somebody misbehaves."""
        ends = plot.misdeed.stage if plot.misdeed else None
        if ends in (Stage.CONFIRM, Stage.SEND):
            return []
        promised = max(wanted(line) for line in plot.order.lines)
        told: list[Told] = []
        notice = None
        if plot.supplier.edi_id:
            notice, told = self._shipped(plot, scene, promised)
        if ends in (Stage.SHIP, Stage.CARRY):
            return told
        if plot.misdeed is None or not plot.misdeed.undelivered:
            told += self._received(plot, scene, promised, notice)
        return told if ends is Stage.RECEIVE else [*told, *self._billed(plot, scene, promised)]

    def _shipped(self, plot: Plot, scene: Scene, promised: date) -> tuple[ShipNotice, list[Told]]:
        at = on_day(self.calendar.shift_days(promised, -TRANSIT), 11, self.zone, self.random.randint(0, 59))
        scene = replace(scene, at=at)
        said = honest.ship_notice(scene)
        documents = self._at(Stage.SHIP, plot, scene, said)
        told = [self._told(plot, Voice.SUPPLIER, at, documents)]
        if plot.misdeed and plot.misdeed.after_cancel:
            told.append(self._cancelled(plot, at - timedelta(hours=20)))
        is_tracked = plot.misdeed is not None and plot.misdeed.stage is Stage.CARRY
        if is_tracked or (documents and self.random.random() < SHARE_TRACKED):
            scene = replace(scene, at=at + timedelta(hours=self.random.randint(4, 20)))
            statuses = self._at(Stage.CARRY, plot, scene, honest.status(scene, said))
            told.append(self._told(plot, Voice.SUPPLIER, scene.at, statuses))
        return said, told

    def _cancelled(self, plot: Plot, at: datetime) -> Told:
        order = replace(plot.order, state=OrderState.CANCELLED, cancelled_at=at)
        return Told(at=at, voice=Voice.ORDERS, supplier=plot.supplier, documents=(order,))

    def _received(self, plot: Plot, scene: Scene, promised: date, notice: ShipNotice | None) -> list[Told]:
        scene = replace(scene, at=on_day(promised, 10, self.zone, self.random.randint(0, 59)))
        documents: list[Receipt] = self._at(Stage.RECEIVE, plot, scene, honest.receipt(scene, notice))
        return [self._told(plot, Voice.RECEIPTS, scene.at, documents)]

    def _billed(self, plot: Plot, scene: Scene, promised: date) -> list[Told]:
        day = self.calendar.shift_days(promised, 1)
        scene = replace(scene, at=on_day(day, 9, self.zone, self.random.randint(0, 59)))
        documents: list[Invoice] = self._at(Stage.BILL, plot, scene, honest.invoice(scene))
        voice = Voice.SUPPLIER if plot.supplier.bills_by_edi else Voice.INVOICES
        return [self._told(plot, voice, scene.at, documents)]

    @staticmethod
    def _at(stage: Stage, plot: Plot, scene: Scene, said: Said) -> list[Said]:
        """Return what is said at a stage: what is honest, or what the misdeed of the plot makes of it."""
        misdeed = plot.misdeed
        return misdeed.act(said, scene) if misdeed and misdeed.stage is stage else [said]

    @staticmethod
    def _told(plot: Plot, voice: Voice, at: datetime, documents: Sequence[Any]) -> Told:
        return Told(at=at, voice=voice, supplier=plot.supplier, documents=tuple(documents))


def _crept(said: Confirmation) -> Confirmation:
    """Return an answer a little dearer, each line by less than anybody looks at."""

    def dearer(line: ConfirmationLine) -> ConfirmationLine:
        if line.price is None:
            return line
        amount = (line.price.amount * CREEP).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        return replace(line, price=replace(line.price, amount=amount))

    return replace(said, lines=tuple(dearer(line) for line in said.lines))


def _delayed(said: Confirmation, day: date) -> Confirmation:
    """Return an answer that moves everything to one day."""
    lines = tuple(
        replace(line, offered=tuple(replace(part, date=day) for part in line.offered or ()))
        for line in said.lines
    )
    return replace(said, lines=lines, notes=("Strike in our factory: all deliveries are delayed.",))
