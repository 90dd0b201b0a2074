"""What a journey of one exception type is told in: documents come in, time passes, people decide.

Everything from outside takes its real way in: extracts of the ERP and files of the supplier lie in folders,
single documents are posted to the API. What the workers would do is done in process, until nothing is left.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils.module_loading import import_string

from erp_connectors import clock
from erp_connectors.canonical.documents import Invoice, InvoiceLine, PurchaseOrder, Receipt, ReceiptLine
from erp_connectors.canonical.master import ItemRecord, SupplierItem
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity
from erp_connectors.connectors.base import Outcome, Stream
from erp_connectors.connectors.simulator import extracts
from erp_connectors.documents.identity import Recordable
from erp_connectors.documents.models import DocumentHead
from erp_connectors.exchange import canonical_json, polling
from exceptions_app.cases.models import Case, Clock, QueueEntry, Task, TaskState
from exceptions_app.notifications.models import Notification
from exceptions_app.policies.models import ApprovalRule, PolicyRelease
from exceptions_app.policies.standard import standard_approvals
from exceptions_app.proposals.lifecycle import OPEN
from exceptions_app.proposals.models import Proposal
from tests.builders import edifact, x12
from tests.builders.factories import BERLIN, MembershipFactory, UserFactory
from tests.journeys import house as houses
from tests.journeys.at_once import MOST_ROUNDS, WORK
from tests.journeys.house import ITEM, OUR_ID, PRICE, SUPPLIER, THEIR_ID, WANTED, House, order
from tests.journeys.quiet import what_is_left

NUMBER = "4500010001"
#: What runs in a town whenever something happens: all that workers do, but for what a journey does itself.
BY_ITSELF = {"erp_connectors.tasks.poll_connections", "exceptions_app.tasks.watch_streams"}
SWEEPS = [name for name in WORK if name not in BY_ITSELF]
PARTIES = edifact.Parties(sender=THEIR_ID, receiver=OUR_ID, sender_qualifier="ZZ", receiver_qualifier="ZZ")
#: Who looks into the queue of a team, and decides there.
SOMEBODY = {
    "PRO": "bea",
    "PLN": "pia",
    "WHS": "wade",
    "FIN": "finn",
    "CSR": "cora",
    "SUP": "sam",
    "EDI": "ed",
}


class Town:
    """One company with the ends of its wires; `case` is the one that a journey is about."""

    case: Case

    def __init__(self, house: House) -> None:
        self.house = house
        self.control = 0
        self.opened: set[str] = set()

    @classmethod
    def found(cls, folder: Path, *, at: datetime) -> "Town":
        """Open the company at a moment; its ERP has told of Nordmann and of the seal kit."""
        clock.set_now(at)
        town = cls(houses.build(folder))
        town.house.tell_master_data()
        polling.poll_due()
        town.catch_up()
        town.house.agree_with_partner()
        ApprovalRule.objects.all().delete()
        standard_approvals(town.house.company, PolicyRelease.objects.get(), owner="Administrator")
        town.house.people["walt"] = walt = UserFactory.create(username="walt")
        MembershipFactory.create(user=walt, team=town.house.teams["WHS"], role="lead", limit=Decimal(25_000))
        for name, person in town.house.people.items():
            town.house.clients[name] = Client()
            town.house.clients[name].force_login(person)
        return town

    # --- time ---------------------------------------------------------------------------------------

    def it_is(self, moment: datetime) -> None:
        """Let time pass until a moment, and the workers do what falls due."""
        assert moment > clock.now()
        clock.set_now(moment)
        polling.poll_due()
        self.catch_up()

    def a_minute_later(self) -> datetime:
        """Let a minute pass, so that what is said next is newer than what was said before."""
        moment = (clock.now() + timedelta(minutes=1)).replace(microsecond=0)
        clock.set_now(moment)
        return moment

    def catch_up(self) -> None:
        """Do what the workers would, until nothing is left to do.

        But for polling: how far the ERP was read matters as time passes, and its answers once it gives them.
        Streams are watched where that is what a journey is about.
        """
        for _ in range(MOST_ROUNDS):
            for name in SWEEPS:
                import_string(name).run()
            if not what_is_left():
                return
        raise AssertionError(f"After {MOST_ROUNDS} rounds there is still to do: {what_is_left()}")

    # --- the ERP ------------------------------------------------------------------------------------

    def orders(self, number: str = NUMBER, *, wanted: date = WANTED, **values: Any) -> PurchaseOrder:
        """Let the ERP release an order of 100 seal kits, and tell of it; `values` are fields of the order."""
        released = order(number, released_at=self.a_minute_later(), wanted=wanted)
        return self.erp_changes(replace(released, **values))

    def erp_changes(self, changed: PurchaseOrder) -> PurchaseOrder:
        """Let the ERP keep an order as it is now, and tell of it."""
        self.house.tell_orders(changed, at=self.a_minute_later())
        self.catch_up()
        return self.house.erp.orders[changed.number]

    def also_sells(self, item: str, supplier_item: str, **values: Any) -> None:
        """Let the ERP tell of another item, which Nordmann calls by a name of its own."""
        name = SupplierItem(supplier=SUPPLIER, number=supplier_item)
        record = ItemRecord(
            number=item,
            description="Gasket",
            base_unit="EA",
            version=DocumentVersion(self.a_minute_later()),
            supplier_items=(name,),
            **values,
        )
        self.house.tell_items(record)
        self.catch_up()

    def order_in_erp(self, number: str = NUMBER) -> dict[str, tuple[str, int, str]]:
        """The lines the ERP has: item, quantity, and whether it is open, by number."""
        return {
            line.number: (line.item, int(line.quantity.value), "cancelled" if line.cancelled else "open")
            for line in self.house.erp.orders[number].lines
        }

    def erp_refuses(self, words: str) -> None:
        """Let the ERP refuse the one command that lies ready, in these words."""
        self.house.erp.refusals[NUMBER] = words
        assert self.house.erp.work(at=self.a_minute_later()) == 1
        polling.poll_due()
        self.catch_up()
        del self.house.erp.refusals[NUMBER]

    def erp_answers_and_does_nothing(self) -> None:
        """Let the ERP say of the one command that lies ready that it is done, and keep its order as it is."""
        (path,) = (self.house.erp.folder / "outgoing" / "commands").glob("*.json")
        self.a_minute_later()
        self.house.erp.answer(json.loads(path.read_bytes())["command"], Outcome.APPLIED, "")
        path.unlink()
        polling.poll_due()
        self.catch_up()

    def customers_wait(self) -> None:
        """Let the ERP tell that nothing is on hand, and that a customer of class A waits for 95 pieces."""
        self.house.tell_stock(0)
        self.house.tell_demand(("SO-881", "A", 95), due_on=date(2026, 12, 3))
        self.catch_up()

    def receives(self, *receipts: Receipt) -> None:
        """Let the ERP tell of receipts."""
        self.a_minute_later()
        self.house.extract(Stream.RECEIPTS, extracts.receipts_csv(receipts))
        self.catch_up()

    def is_billed(self, *invoices: Invoice) -> None:
        """Let the ERP tell of invoices and credit notes of Nordmann."""
        self.a_minute_later()
        self.house.extract(Stream.INVOICES, extracts.invoices_csv((SUPPLIER, each) for each in invoices))
        self.catch_up()

    def erp_carries_out(self) -> None:
        """Let the ERP carry out the one command that lies ready, answer it, and tell of its orders."""
        assert self.house.erp.work(at=self.a_minute_later()) == 1
        polling.poll_due()
        self.house.tell_orders()
        self.catch_up()

    # --- the supplier and others who speak -------------------------------------------------------------

    def answers(self, *acks: x12.Segment, line: str = "10", at: datetime | None = None, **said: Any) -> None:
        """Let Nordmann answer one line by an 855, written now or `at`; `said` is what its PO1 loop says."""
        values = {"price": PRICE, "ids": ("BP", ITEM)} | said
        loop = x12.po1(line, "100", acks=acks, **values)
        written = {"at": at.astimezone(BERLIN)} if at else {}
        self.sends(x12.confirmation_855, NUMBER, [loop], currency="EUR", **written)

    def sends(self, write: Callable[..., bytes], *content: Any, **values: Any) -> None:
        """Let Nordmann put an X12 file into its mailbox, written by one of the builders of `x12`."""
        self.a_minute_later()
        self.control += 1
        parties = {} if "parties" in values else {"sender": THEIR_ID, "receiver": OUR_ID}
        values = {"at": clock.now().astimezone(BERLIN), "control": self.control} | parties | values
        self.drops(f"{self.control}.x12", write(*content, **values))

    def sends_edifact(self, write: Callable[..., bytes], *content: Any, **values: Any) -> None:
        """Let Nordmann put an EDIFACT file into its mailbox, written by one of the builders of `edifact`."""
        self.a_minute_later()
        self.control += 1
        parties = {"parties": PARTIES, "control": str(self.control)}
        values = {"at": clock.now().astimezone(BERLIN)} | parties | values
        self.drops(f"{self.control}.edi", write(*content, **values))

    def drops(self, name: str, payload: bytes) -> None:
        """Let these bytes lie in the mailbox, and be read."""
        self.house.drop(name, payload)
        self.catch_up()

    def posts(self, document: Recordable, **more: str) -> None:
        """Let an integration post one canonical document to the API; `more` names the supplier who speaks."""
        body = json.loads(canonical_json.write_document(document)) | more
        status, said = self.house.call("ed", "documents/", body)
        assert status == 202, said
        self.catch_up()

    # --- the people -------------------------------------------------------------------------------------

    def decides(self, resolution: str, *, approved_by: Sequence[str] = (), **inputs: str) -> None:
        """Let the owning team propose a resolution, and exactly these people approve it before it counts."""
        person = SOMEBODY[self.case.team.code]
        wanted = {"case": self.case.number, "resolution": resolution, "inputs": inputs}
        status, proposal = self.house.call(person, "proposals/", wanted)
        assert status == 201, proposal
        for name in approved_by:
            assert proposal["state"] == "pending_approval", proposal
            seen = {"values_hash": proposal["values_hash"]}
            path = f"proposals/{proposal['id']}/actions/approve/"
            status, proposal = self.house.call(name, path, seen)
            assert status == 200, proposal
        assert proposal["state"] in ("executing", "settled"), proposal
        self.catch_up()

    def matches(self, order: str, line: str) -> None:
        """Let the owning team say by hand, on the page for that, which order line the only loose line is."""
        head = DocumentHead.objects.exclude(loose={}).get()
        person = self.house.as_(SOMEBODY[self.case.team.code])
        entered = {"line": "0", "chosen": f"{order}|{line}", "reason": "Nordmann said so."}
        assert person.post(f"/documents/{head.pk}/lines/", entered).status_code == 302
        self.catch_up()

    # --- what comes of it -------------------------------------------------------------------------------

    def is_quiet(self) -> None:
        """Nothing is open."""
        open_cases = [(case.type_code, case.headline) for case in self.house.open_cases()]
        assert not open_cases, open_cases

    def opens(self, type_code: str, *, team: str, told: str = "", tasks: str = "") -> Case:
        """Exactly one case is open, of this type, in the queue of its team; others told or given tasks."""
        cases = self.house.open_cases()
        assert [case.type_code for case in cases] == [type_code]
        (self.case,) = cases
        self.opened.add(self.case.number)
        assert self.case.team.code == team
        news = Notification.objects.filter(case=self.case, kind__in=["alert", "task"])
        assert sorted(news.values_list("kind", "team__code")) == sorted(
            [*(("alert", code) for code in told.split()), *(("task", code) for code in tasks.split())]
        )
        to_do = Task.objects.filter(case=self.case, state=TaskState.OPEN)
        assert sorted(to_do.values_list("team__code", flat=True)) == sorted(tasks.split())
        in_queues = QueueEntry.objects.filter(case=self.case, is_open=True)
        assert sorted(in_queues.values_list("team__code", flat=True)) == sorted(
            [team, *told.split(), *tasks.split()]
        )
        assert self.case.number in self.house.queue(SOMEBODY[team], team)
        return self.case

    def works_again(self, *, state: str = "rejected") -> str:
        """The case is in work again after a decision came to nothing; return the words for it."""
        case = Case.objects.get(pk=self.case.pk)
        assert case.state == "in_progress"
        return Proposal.objects.filter(case=case, state=state).latest("created_at").end_reason

    def is_resolved(self) -> bool:
        """Say whether all of the case is decided, and nobody has to work on it."""
        return Case.objects.get(pk=self.case.pk).state == "resolved"

    def waits_until(self, moment: datetime) -> bool:
        """Let time pass until then, and say whether only this case is open, decided, all the while."""
        was_resolved = self.is_resolved()
        self.it_is(moment)
        open_cases = [case.number for case in self.house.open_cases()]
        return was_resolved and self.is_resolved() and open_cases == [self.case.number]

    def closes(self, reason: str, *, leaves: str = "") -> None:
        """The case closed itself for this reason, and nothing stays open but the work that a team is left."""
        self.is_quiet()
        case = Case.objects.get(pk=self.case.pk)
        assert (case.state, case.close_reason) == ("closed", reason), case.close_reason
        assert set(Case.objects.values_list("number", flat=True)) == self.opened
        to_do = Task.objects.filter(state=TaskState.OPEN).values_list("team__code", "outlives_case")
        assert list(to_do) == [(code, True) for code in leaves.split()]
        in_queues = QueueEntry.objects.filter(is_open=True).values_list("team__code", flat=True)
        assert list(in_queues) == leaves.split()
        assert not Clock.objects.filter(running_since__isnull=False).exists()
        assert not Proposal.objects.filter(state__in=OPEN).exists()


def receipt(*lines: ReceiptLine, number: str = "GR-1", on: date | None = None, **values: Any) -> Receipt:
    """A receipt that the ERP books now, of the goods of these lines."""
    now = clock.now().replace(microsecond=0)
    day = on or now.astimezone(BERLIN).date()
    return Receipt(number=number, version=DocumentVersion(now), received_on=day, lines=lines, **values)


def received(
    quantity: int, *, line: str | None = "10", order: str | None = NUMBER, **values: Any
) -> ReceiptLine:
    """What was booked of an order line."""
    return ReceiptLine(order_number=order, line_number=line, received=pieces(quantity), **values)


def bill(*lines: InvoiceLine, number: str = "I-1", **values: Any) -> Invoice:
    """An invoice, or a credit note, that Nordmann writes now over these lines."""
    now = clock.now().replace(microsecond=0)
    said = {"version": DocumentVersion(now), "issued_on": now.astimezone(BERLIN).date(), "currency": "EUR"}
    return Invoice(number=number, lines=lines, **(said | values))


def billed(quantity: int, *, price: str = PRICE, line: str = "10", order: str = NUMBER) -> InvoiceLine:
    """What is billed, or credited, of an order line."""
    cost = Price(Decimal(price), None, Decimal(1), "EA")
    return InvoiceLine(order_number=order, line_number=line, quantity=pieces(quantity), price=cost)


def pieces(value: int | str) -> Quantity:
    """So many pieces."""
    return houses.each(Decimal(value))
