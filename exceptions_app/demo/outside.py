"""Everybody outside one company of the demo, at work on its orders: suppliers, carriers, warehouse, accounts.

Each act is drawn from the seed and the number of acts before it. Whoever acts knows its own papers (the
ledger), the orders of the ERP and the mails it got; what it says goes out as files, and nowhere else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from erp_connectors.canonical.documents import Invoice, OrderState, PurchaseOrder, Receipt
from erp_connectors.connectors.simulator.file_erp import FileErp
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.demo import ledger as books
from exceptions_app.demo.catalogue import DemoCompany, DemoSupplier, Standard
from exceptions_app.demo.ledger import Ledger, Page
from exceptions_app.demo.letters import letters
from exceptions_app.demo.mailbox import Mail, unread
from exceptions_app.demo.parties import honest, kinds
from exceptions_app.demo.parties.misdeeds import Document, Misdeed, Stage, drawn
from exceptions_app.demo.parties.scene import Scene, odd_line, wanted
from exceptions_app.demo.post import Post

#: How often each kind of act happens, where there is something to do for it.
WEIGHTS = {"order": 3, "confirm": 5, "ship": 4, "carry": 2, "receive": 4, "bill": 4}
#: Goods are shipped and received so many business days before they are wanted, at the earliest.
SHIPS_BEFORE, ARRIVES_BEFORE = 4, 2
#: New orders are wanted so soon, in business days.
WANTED_IN = (2, 8)


@dataclass(slots=True)
class Outside:
    """One company's outside at one moment. `misbehave`: in how many of a hundred acts somebody does."""

    demo: DemoCompany
    ledger: Ledger
    erp: FileErp
    post: Post
    mails: Path
    at: datetime
    misbehave: int
    seed: int
    chance: Random = field(default_factory=Random)

    def act(self) -> str:
        """Let one thing happen, and say what; nothing where nobody has anything to do."""
        self.chance = Random(f"{self.seed}/{self.demo.code}/{self.ledger.acts}")
        self.ledger = replace(self.ledger, acts=self.ledger.acts + 1)
        answered = self._answer_mail()
        if answered:
            return answered
        ready = {name: found for name, found in self._ready().items() if found}
        if not ready:
            return ""
        names = sorted(ready)
        name = self.chance.choices(names, [WEIGHTS[each] for each in names])[0]
        deed: Callable[[PurchaseOrder], str] = getattr(self, f"_{name}")
        return deed(self.chance.choice(ready[name]))

    # --- what there is to do ----------------------------------------------------------------------------

    def _ready(self) -> dict[str, list[PurchaseOrder]]:
        """Return, for each kind of act, the orders it could be about; new ones are like any there was."""
        released = [
            order for _, order in sorted(self.erp.orders.items()) if order.state is OrderState.RELEASED
        ]
        pages = self.ledger.pages
        known = [(order, pages[order.number]) for order in released if order.number in pages]
        alive = [(order, page) for order, page in known if not page.is_stuck]
        return {
            "order": released,
            "confirm": [order for order, page in alive if self._has_edi(order) and not page.is_answered],
            "ship": [order for order, page in alive if self._may_ship(order, page)],
            "carry": [order for order, page in alive if _is_under_way(page) and not page.is_tracked],
            "receive": [order for order, page in alive if self._may_arrive(order, page)],
            "bill": [order for order, page in alive if page.is_received and not page.is_billed],
        }

    def _may_ship(self, order: PurchaseOrder, page: Page) -> bool:
        is_due = self._is_due(order, SHIPS_BEFORE)
        return is_due and page.is_answered and page.notice is None and not page.is_received

    def _may_arrive(self, order: PurchaseOrder, page: Page) -> bool:
        is_under_way = page.notice is not None or not self._has_edi(order)
        return is_under_way and not page.is_received and self._is_due(order, ARRIVES_BEFORE)

    def _is_due(self, order: PurchaseOrder, days_before: int) -> bool:
        first = min(wanted(line) for line in order.lines)
        return self._calendar.shift_days(first, -days_before) <= self._today

    # --- what they do -------------------------------------------------------------------------------------

    def _order(self, like: PurchaseOrder) -> str:
        """The ERP releases an order like an earlier one."""
        number, now = str(self.ledger.next_order), self.at.replace(microsecond=0)
        day = self._calendar.shift_days(self._today, self.chance.randint(*WANTED_IN))
        lines = tuple(
            replace(line, schedule=tuple(replace(part, date=day) for part in line.schedule), cancelled=False)
            for line in like.lines
        )
        order = replace(like, number=number, lines=lines, released_at=now, cancelled_at=None)
        self._keep(order)
        pages = {**self.ledger.pages, number: Page()}
        self.ledger = replace(self.ledger, next_order=self.ledger.next_order + 1, pages=pages)
        return f"releases order {number} to {self._supplier(order).name}"

    def _confirm(self, order: PurchaseOrder) -> str:
        scene = self._scene(order)
        return self._say(scene, honest.confirmation(scene), Stage.CONFIRM, Stage.SEND, words="confirms")

    def _ship(self, order: PurchaseOrder) -> str:
        scene = self._scene(order)
        return self._say(scene, honest.ship_notice(scene), Stage.SHIP, words="ships")

    def _carry(self, order: PurchaseOrder) -> str:
        scene, notice = self._scene(order), self.ledger.pages[order.number].notice
        assert notice is not None
        return self._say(scene, honest.status(scene, notice), Stage.CARRY, words="(its carrier) picks up")

    def _receive(self, order: PurchaseOrder) -> str:
        scene, notice = self._scene(order), self.ledger.pages[order.number].notice
        return self._say(
            scene, honest.receipt(scene, notice), Stage.RECEIVE, words="(by the warehouse) delivers"
        )

    def _bill(self, order: PurchaseOrder) -> str:
        scene = self._scene(order)
        return self._say(scene, honest.invoice(scene), Stage.BILL, words="bills")

    def _answer_mail(self) -> str:
        """Let a supplier that was asked confirm what it was asked about; or not, where it misbehaves."""
        for mail in unread(self.mails, self.ledger.read):
            self.ledger = replace(self.ledger, read=(*self.ledger.read, mail.name))
            orders = self._asked_about(mail)
            if orders and self.chance.randrange(100) >= self.misbehave:
                for order in orders:
                    scene = self._scene(order)
                    self._send(scene, [honest.confirmation(scene)], None)
                    page = replace(self.ledger.pages[order.number], is_answered=True, is_stuck=False)
                    self._note(order, page)
                named = ", ".join(order.number for order in orders)
                return f"{self._supplier(orders[0]).name} answers a mail about {named}"
        return ""

    def _asked_about(self, mail: Mail) -> list[PurchaseOrder]:
        named = [self.erp.orders[number] for number in mail.numbers if number in self.erp.orders]
        return [
            order
            for order in named
            if self._has_edi(order)
            and self._supplier(order).email in mail.to
            and order.number in self.ledger.pages
        ]

    # --- saying it ------------------------------------------------------------------------------------------

    def _say(self, scene: Scene, said: Document, *stages: Stage, words: str) -> str:
        """Say what is honest, or what a misdeed makes of it; return it in words."""
        misdeed = self._misdeed(scene.supplier, stages)
        documents: list[Document] = [said]
        if misdeed and misdeed.stage is not Stage.SEND:
            documents = misdeed.act(said, scene)
        if misdeed and misdeed.after_cancel:
            self._keep(replace(scene.order, state=OrderState.CANCELLED, cancelled_at=self.at))
        self._send(scene, documents, misdeed)
        page = books.noted(self.ledger.pages[scene.order.number], said)
        self._note(scene.order, replace(page, is_stuck=misdeed is not None and bool(misdeed.causes)))
        badly = f": {misdeed.does[0].lower()}{misdeed.does[1:].rstrip('.')}" if misdeed else ""
        return f"{scene.supplier.name} {words} {scene.order.number}{badly}"

    def _misdeed(self, supplier: DemoSupplier, stages: Iterable[Stage]) -> Misdeed | None:
        if self.chance.randrange(100) >= self.misbehave:
            return None
        able = [
            each
            for each in kinds.every_misdeed()
            if each.stage in stages
            and not each.undelivered
            and (each.in_edifact or supplier.standard is Standard.X12)
        ]
        return drawn(self.chance, able)

    def _send(self, scene: Scene, documents: list[Document], misdeed: Misdeed | None) -> None:
        """Hand over: receipts and typed bills to the ERP, all else by the computer of the supplier."""
        typed = [each for each in documents if isinstance(each, Invoice) and not scene.supplier.bills_by_edi]
        self.post.receipts += [each for each in documents if isinstance(each, Receipt)]
        self.post.invoices += [
            (scene.supplier.number, honest.typed_in(each, self.demo.clerks)) for each in typed
        ]
        others = [each for each in documents if not isinstance(each, Receipt) and each not in typed]
        sent = letters(self.demo, scene.supplier, others, control=self.ledger.control, at=scene.at)
        self.ledger = replace(self.ledger, control=self.ledger.control + len(sent))
        for letter in sent:
            spoils = misdeed is not None and misdeed.stage is Stage.SEND
            payloads = misdeed.act(letter.payload, scene) if misdeed and spoils else [letter.payload]
            self.post.letters += [
                (f"{place}-{letter.file_name}", payload) for place, payload in enumerate(payloads, start=1)
            ]

    def _keep(self, order: PurchaseOrder) -> None:
        self.erp.keep([order], at=self.at)
        self.post.orders[order.number] = self.erp.orders[order.number]

    def _note(self, order: PurchaseOrder, page: Page) -> None:
        """Keep how far the order has come, for as long as anything is left to do about it."""
        pages = {**self.ledger.pages, order.number: page}
        if page.is_billed and not page.is_stuck:
            del pages[order.number]
        self.ledger = replace(self.ledger, pages=pages)

    def _scene(self, order: PurchaseOrder) -> Scene:
        return Scene(
            supplier=self._supplier(order),
            order=order,
            line=odd_line(order, self.chance),
            at=self.at.astimezone(self._zone),
            calendar=self._calendar,
            random=self.chance,
        )

    # --- whom and when --------------------------------------------------------------------------------------

    def _supplier(self, order: PurchaseOrder) -> DemoSupplier:
        return next(each for each in self.demo.suppliers if each.number == order.supplier)

    def _has_edi(self, order: PurchaseOrder) -> bool:
        return bool(self._supplier(order).edi_id)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.demo.time_zone)

    @property
    def _today(self) -> date:
        return self.at.astimezone(self._zone).date()

    @property
    def _calendar(self) -> BusinessCalendar:
        opens, closes = (time.fromisoformat(text) for text in (self.demo.opens, self.demo.closes))
        return BusinessCalendar(self.demo.code, self._zone, dict.fromkeys(range(5), ((opens, closes),)))


def _is_under_way(page: Page) -> bool:
    return page.notice is not None and not page.is_received
