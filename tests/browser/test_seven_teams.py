"""Each of the seven teams works a case of its own to the end, in a window and a theme of its own.

A document comes in and the case is in the queue of its team. Somebody of the team opens it with the keys and
does what its way out asks for with the buttons and fields of the page, others agree where they have to, the
ERP carries out what was decided, and the case is closed and gone from the queue. Every step is a picture.

The ERP is a plain object behind its folder, and what workers do is done by `Outside.go_on`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from erp_connectors import clock
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Invoice,
    InvoiceLine,
    LineAnswer,
    OfferedPart,
    OrderLine,
    PurchaseOrder,
    Receipt,
    ReceiptLine,
)
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.connectors.simulator.file_erp import FileErp
from erp_connectors.documents.models import ItemPack
from erp_connectors.documents.store import record
from erp_connectors.exchange import dispatching, inbox, polling, processing
from erp_connectors.exchange.models import StreamState
from exceptions_app import intake
from exceptions_app.cases.models import AgreementRow, Case, CaseState
from exceptions_app.detection import watch
from exceptions_app.people.models import Role
from exceptions_app.performance.models import PriceObservation
from exceptions_app.tasks import send_messages
from suppliers.messaging.models import SupplierMessage
from tests.browser.conftest import OpenPage
from tests.browser.showroom import furnish
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.proof,
    pytest.mark.django_db(transaction=True),
]

NUMBER, ITEM = "4500010001", "SEAL-KIT"
RELEASED = TUESDAY_TEN - timedelta(hours=20)
YESTERDAY, WEDNESDAY = date(2026, 11, 23), date(2026, 11, 25)
WANTED, LATER = date(2026, 12, 2), date(2026, 12, 16)

Violations = Callable[[Page], list[str]]


def each(value: int, unit: str = "EA") -> Quantity:
    """So many pieces."""
    return Quantity(Decimal(value), unit)


@dataclass
class Outside:
    """Whoever is at the other ends of the wires, and the time that workers need."""

    world: Ground
    erp: FileErp

    def orders(self, quantity: int = 100, *, price: str = "182.40", wanted: date = WANTED) -> None:
        """Let the ERP order seal kits, and tell of it."""
        line = OrderLine(
            number="10",
            item=ITEM,
            description="Seal kit",
            quantity=each(quantity),
            price=Price(Decimal(price), "EUR", Decimal(1), "EA"),
            schedule=(SchedulePart(each(quantity), wanted),),
            warehouse="KAS",
        )
        order = PurchaseOrder(
            number=NUMBER,
            supplier=self.world.supplier.number,
            currency="EUR",
            version=DocumentVersion(RELEASED),
            released_at=RELEASED,
            buyer="BEA",
            lines=(line,),
        )
        self.erp.keep([order], at=RELEASED)
        self.tells_orders()

    def tells_orders(self) -> None:
        """Let the ERP write the extract of its orders, and take it in."""
        path = self.erp.write_orders(at=clock.now())
        inbox.receive(path.read_bytes(), connection=self.world.erp, channel="folder", file_name=path.name)
        path.unlink()
        self.go_on()

    def confirms(self, *parts: tuple[int, date], unit: str = "EA", minute: int = 0) -> None:
        """Let the supplier answer the line."""
        line = ConfirmationLine(
            line_number="10",
            answers=(LineAnswer.CHANGED,),
            offered=tuple(OfferedPart(each(value, unit), day) for value, day in parts),
        )
        said_at = TUESDAY_TEN + timedelta(minutes=minute)
        self.says(
            Confirmation(order_number=NUMBER, version=DocumentVersion(said_at), lines=(line,)),
            by_supplier=True,
        )

    def says(self, document: Any, *, by_supplier: bool = False) -> None:
        """Record a document of the ERP or of the supplier."""
        record(
            document,
            connection=self.world.erp,
            company=self.world.company,
            supplier=self.world.supplier if by_supplier else None,
            received_at=clock.now(),
        )
        self.go_on()

    def observes(self, dearer: Sequence[int]) -> None:
        """Let the supplier confirm so many orders of 10,000.00, each dearer by so much."""
        for difference in dearer:
            place = PriceObservation.objects.count()
            said_at = TUESDAY_TEN - timedelta(days=90 - place)
            order = make.PurchaseOrderFactory.create(
                supplier=self.world.supplier, number=f"45000200{place:02}", released_at=said_at
            )
            PriceObservation.objects.create(
                order=order,
                supplier=self.world.supplier,
                said_at=said_at,
                ordered=Decimal(10_000),
                difference=Decimal(difference),
                currency="EUR",
            )
        watch.mark("supplier", [self.world.supplier.pk])
        self.go_on()

    def carries_out(self) -> None:
        """Let the ERP carry out what lies ready for it, answer, and tell of its orders as they are then."""
        self.go_on()
        assert self.erp.work(at=clock.now()) == 1
        answers = StreamState.objects.filter(connection=self.world.erp, stream="answers")
        polling.poll_due(limit=0)
        StreamState.objects.exclude(pk__in=answers).update(due_at=None)
        answers.update(due_at=clock.now())
        polling.poll_due()
        self.tells_orders()

    def go_on(self) -> None:
        """Do what workers do, until nothing of it is due."""
        processing.process_due()
        while intake.evaluate_due(10):
            continue
        dispatching.dispatch_due()


@pytest.fixture
def outside(transactional_db: None, tmp_path: Path) -> Outside:
    """The showroom without its cases; its ERP speaks by folder, and some teams have rules and people more."""
    clock.set_now(TUESDAY_TEN)
    world = furnish(0, now=TUESDAY_TEN).world
    world.erp.settings = {"folder": str(tmp_path / "erp"), "settle_seconds": 0}
    world.erp.save()
    for name in ("incoming/answers", "outgoing/commands"):
        (tmp_path / "erp" / name).mkdir(parents=True)
    make.ItemFactory.create(connection=world.erp, number=ITEM, description="Seal kit", base_unit="EA")
    make.ContactFactory.create(supplier=world.supplier)
    lena = make.UserFactory.create(username="lena", first_name="Lena")
    make.MembershipFactory.create(user=lena, team=world.teams["PLN"], role=Role.LEAD, limit=Decimal(25_000))
    for position, (code, type_code) in enumerate((("PLN", "backorder"), ("CSR", "date_later"))):
        make.RoutingRuleFactory.create(
            position=position,
            team=world.teams[code],
            condition={"all": [{"fact": "type", "op": "is", "value": type_code}]},
        )
    for code in ("FIN", "PRO"):
        make.ApprovalRuleFactory.create(
            name=f"{code} agrees to what invoices cost",
            type_code="invoice_price",
            percent_above=None,
            asks=code,
        )
    return Outside(world, FileErp(tmp_path / "erp"))


# --- what comes in ------------------------------------------------------------------------------------------


def a_shortage(outside: Outside) -> None:
    outside.orders()
    outside.confirms((82, WANTED))


def a_part_later(outside: Outside) -> None:
    outside.orders(240, price="12.50")
    outside.confirms((100, WANTED), (140, LATER))


def no_ship_notice(outside: Outside) -> None:
    outside.orders(wanted=WEDNESDAY)
    outside.confirms((100, WEDNESDAY))


def a_dear_invoice(outside: Outside) -> None:
    outside.orders(price="10.00", wanted=YESTERDAY)
    received = ReceiptLine(order_number=NUMBER, line_number="10", received=each(100))
    outside.says(
        Receipt(number="GR-1", version=DocumentVersion(TUESDAY_TEN), received_on=YESTERDAY, lines=(received,))
    )
    billed = InvoiceLine(
        order_number=NUMBER, line_number="10", quantity=each(100), price=Price(Decimal(12), "EUR")
    )
    outside.says(
        Invoice(
            number="INV-77",
            version=DocumentVersion(TUESDAY_TEN),
            issued_on=YESTERDAY,
            currency="EUR",
            lines=(billed,),
        ),
        by_supplier=True,
    )


def all_of_it_later(outside: Outside) -> None:
    outside.orders()
    outside.confirms((100, LATER))


def creeping_prices(outside: Outside) -> None:
    outside.observes([0] * 30 + [80] * 10)


def boxes_of_unknown_size(outside: Outside) -> None:
    outside.orders(240)
    outside.confirms((20, WANTED), unit="BX")


# --- what is done about it ----------------------------------------------------------------------------------


@dataclass
class Desk:
    """The page of whoever works the case, those of others who have to agree, and pictures of all of them."""

    page: Page
    outside: Outside
    window: Callable[..., Page]
    violations: Violations
    pictures: Path
    steps: int = 0

    def look(self, name: str, page: Page | None = None) -> None:
        """Take a picture of a page as it is now."""
        self.steps += 1
        (page or self.page).screenshot(path=self.pictures / f"{self.steps}-{name}.png")

    def examine(self, name: str) -> None:
        """Look at what is to be sent: accessible as it is, and no wider than its window."""
        self.look(name)
        assert self.violations(self.page) == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def propose(self, code: str, **entered: str) -> None:
        """Open a way out with the keyboard, fill in what it asks for, and propose it."""
        self.page.locator(f"#resolve-{code} > summary").press("Enter")
        for name, value in entered.items():
            self.page.fill(f"[id='{code}-{name}-10']", value)
        expect(self.page.locator(f"#preview-{code} dl")).to_be_visible()
        self.examine(code)
        self.send(code)

    def send(self, code: str) -> None:
        """Propose what is filled in."""
        self.page.locator(f"#propose-{code} .primary").press("Enter")
        expect(self.page.locator("#decisions .proposal")).to_be_visible()

    def approve(self, who: str) -> None:
        """Let somebody agree who is asked to."""
        page = self.window("/approvals/", who)
        expect(page.locator(".proposal")).to_have_count(1)
        self.look(f"{who}-is-asked", page)
        page.locator("button[value=approve]").press("Enter")
        expect(page.get_by_text("Nothing waits for your approval")).to_be_visible()

    def state(self, words: str) -> None:
        """Wait until the case says this of itself."""
        expect(self.page.locator(".case-chips .chip").first).to_have_text(words)


def split_it(desk: Desk) -> None:
    desk.propose("split", rest_on=f"{LATER}")
    desk.state("Waiting for approval")
    desk.approve("paul")
    desk.approve("pia")
    desk.outside.carries_out()
    (line,) = desk.outside.erp.orders[NUMBER].lines
    assert [(part.quantity.value, part.date) for part in line.schedule] == [(82, WANTED), (18, LATER)]


def accept_the_later_part(desk: Desk) -> None:
    desk.propose("accept_date")
    desk.state("Waiting for approval")
    desk.approve("lena")
    desk.outside.carries_out()
    (line,) = desk.outside.erp.orders[NUMBER].lines
    assert [(part.quantity.value, part.date) for part in line.schedule] == [(100, WANTED), (140, LATER)]


def record_the_shipment(desk: Desk) -> None:
    desk.propose("record_shipment", shipped_on=f"{YESTERDAY}", expected_on=f"{WEDNESDAY}", tracking="1Z 77")
    desk.state("Resolved")
    desk.outside.go_on()


def accept_the_invoice(desk: Desk) -> None:
    desk.propose("accept_as_billed")
    desk.state("Waiting for approval")
    desk.approve("fritz")
    desk.approve("paul")
    desk.outside.go_on()
    assert AgreementRow.objects.get().state == "active"


def ask_for_an_earlier_date(desk: Desk) -> None:
    desk.page.keyboard.press("r")
    expect(desk.page.locator("#ask-subject")).to_be_focused()
    desk.examine("ask")
    desk.page.locator("#ask-form button.primary").press("Enter")
    desk.state("Waiting for supplier")
    send_messages()
    assert SupplierMessage.objects.get().delivered == ["orders-77@example.com"]
    desk.outside.confirms((100, WANTED), minute=5)


def agree_on_a_plan(desk: Desk) -> None:
    page = desk.page
    page.locator("#resolve-improvement_plan > summary").press("Enter")
    form = page.locator("#resolve-improvement_plan")
    form.get_by_label("What the supplier does").fill("Holds the prices of the agreement again.")
    form.get_by_label("Until", exact=True).fill("2027-01-29")
    desk.examine("improvement_plan")
    desk.send("improvement_plan")
    desk.state("Resolved")
    # The plan is only waited for; that prices are in control again ends the case.
    desk.outside.observes([0] * 46)


def say_what_a_box_holds(desk: Desk) -> None:
    desk.propose("add_conversion", holds_BX="12")
    desk.outside.go_on()
    assert ItemPack.objects.get(unit="BX").factor == 12


@dataclass(frozen=True)
class Shift:
    """Somebody of a team, the case that comes in, what is done about it, and how their screen is."""

    team: str
    who: str
    comes_in: Callable[[Outside], None]
    type: str
    work: Callable[[Desk], None]
    theme: str
    width: int


SHIFTS = (
    Shift("PRO", "bea", a_shortage, "Quantity short", split_it, "dark", 1680),
    Shift("PLN", "pia", a_part_later, "Backorder", accept_the_later_part, "light", 1366),
    Shift("WHS", "wade", no_ship_notice, "Ship notice missing", record_the_shipment, "light", 390),
    Shift("FIN", "finn", a_dear_invoice, "Invoice price", accept_the_invoice, "dark", 1366),
    Shift("CSR", "cora", all_of_it_later, "Date later", ask_for_an_earlier_date, "light", 1680),
    Shift("SUP", "sam", creeping_prices, "Supplier drift", agree_on_a_plan, "dark", 390),
    Shift("EDI", "ed", boxes_of_unknown_size, "Unit unknown", say_what_a_box_holds, "dark", 1680),
)


@pytest.mark.parametrize("shift", [pytest.param(shift, id=shift.team) for shift in SHIFTS])
def test_a_team_works_a_case_of_its_own_to_the_end(
    outside: Outside, window: OpenPage, violations: Violations, tmp_path: Path, shift: Shift
) -> None:
    shift.comes_in(outside)
    case = Case.objects.get()
    assert case.team.code == shift.team

    def opened(path: str, who: str, **how: bool) -> Page:
        return window(path, who, width=shift.width, theme=shift.theme, **how)

    page = opened("/", shift.who, with_password=True)
    assert f"/queues/weserland/{shift.team}/" in page.url
    row = page.locator(".case-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(shift.type)
    desk = Desk(page, outside, opened, violations, tmp_path)
    desk.look("queue")

    # With the keys: the first case, mine, open. On a narrow screen it opens as a page.
    page.keyboard.press("j")
    if case.owner is None:
        page.keyboard.press("a")
        expect(page.locator("#toasts")).to_contain_text(f"{case.number} is yours now.")
    page.keyboard.press("Enter")
    expect(page.locator("#case-headline")).to_have_text(case.headline)
    shift.work(desk)

    page.goto(f"/cases/{case.number}/")
    desk.state("Closed")
    desk.look("closed")
    page.goto("/")
    expect(page.get_by_text("Nothing deviates")).to_be_visible()
    assert list(Case.objects.values_list("state", flat=True)) == [CaseState.CLOSED]
