"""The decision of scenario 1, ready to be made: 82 of 100 offered, an open case, its people, its ERP."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread

from django.db import connection

from erp_connectors import clock
from erp_connectors.canonical.values import Price
from erp_connectors.connectors.base import Answer, Outcome
from erp_connectors.documents.models import OrderLine
from erp_connectors.exchange.answers import record_answer
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app import intake
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions as case_actions
from exceptions_app.cases.models import AgreementRow, Case, CaseLine
from exceptions_app.detection import watch
from exceptions_app.notifications.models import Notification
from exceptions_app.people.models import User
from exceptions_app.proposals import actions, settle
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Proposal
from tests.builders.factories import (
    TUESDAY_TEN,
    Ground,
    ground,
    offer,
    order_line,
)

#: Where the ERP of a scene speaks, until each test gives it a folder of its own.
NOWHERE = Path("no folder yet")
REQUESTED = date(2026, 12, 2)
LATER = date(2026, 12, 16)
SPLIT = {"rest_on": "2026-12-16"}


@dataclass(kw_only=True)
class Shortage:
    """A case with one short line of scenario 1; `by` makes an actor of a person's short name."""

    world: Ground
    line: OrderLine
    case: Case

    def person(self, name: str) -> User:
        return self.world.people[name]

    def by(self, name: str) -> Actor:
        return Actor(person=self.person(name), source="test")

    def propose(
        self, name: str = "bea", resolution: str = "split", inputs: dict[str, object] | None = None
    ) -> Proposal:
        return actions.propose(
            self.case,
            resolution=resolution,
            inputs=SPLIT if inputs is None else inputs,
            reason="18 follow two weeks later",
            by=self.by(name),
        )

    def approve(self, proposal: Proposal, name: str, seen: str | None = None) -> Proposal:
        return actions.approve(proposal, by=self.by(name), values_hash=seen or values_hash(proposal))

    def now(self) -> Case:
        return Case.objects.get(pk=self.case.pk)

    def case_line(self) -> CaseLine:
        return CaseLine.objects.get(case=self.case, order_line=self.line)

    def agreement_states(self) -> list[str]:
        return list(AgreementRow.objects.order_by("pk").values_list("state", flat=True))


def shortage(
    folder: Path,
    *,
    short: int | None = 18,
    ordered: int = 100,
    price: str | None = "182.40",
) -> Shortage:
    """Find `short` pieces missing of one line, on Tuesday at ten (None: it is not answered at all).

    Bea has the case; the ERP speaks by file in `folder`.
    """
    clock.set_now(TUESDAY_TEN)
    world = ground()
    world.erp.settings = {"folder": str(folder)}
    world.erp.save()
    line = order_line(world, quantity=Decimal(ordered), price=None if price is None else Decimal(price))
    if short is not None:
        offer(line, (ordered - short, REQUESTED))
    look(line)
    case = case_actions.take(Case.objects.get(), by=Actor(person=world.people["bea"]))
    return Shortage(world=world, line=line, case=case)


def ready(made: Shortage, folder: Path) -> Shortage:
    """Begin a test with a shortage of its scene: a minute later, with an ERP that speaks by `folder`."""
    clock.set_now(TUESDAY_TEN + timedelta(minutes=1))
    made.world.erp.settings = {"folder": str(folder)}
    made.world.erp.save()
    return made


def late_and_dear(folder: Path) -> Shortage:
    """Find an order answered later for a part of line 10, and dearer for line 20: two cases."""
    made = shortage(folder, short=None)
    offer(made.line, (82, REQUESTED), (18, LATER))
    dearer = order_line(made.world, line="20", price=Decimal(10))
    offer(dearer, (100, REQUESTED), price=Price(Decimal(12), "EUR"))
    look(made.line)
    return made


def look(line: OrderLine) -> None:
    """Have the order of a line looked at, as the watch would."""
    evaluation = intake.evaluate([line.order_id], clock.now())
    assert not evaluation.failures


def add_line(short: Shortage, number: str, *, missing: int, price: str = "1.00") -> OrderLine:
    """Find another line of the same order short by `missing` of 100."""
    line = order_line(short.world, line=number, price=Decimal(price))
    offer(line, (100 - missing, REQUESTED))
    look(line)
    return line


def supplier_offers(short: Shortage, quantity: int) -> None:
    """Let the supplier offer so much now, and have it looked at."""
    offer(short.line, (quantity, REQUESTED), at=TUESDAY_TEN + timedelta(seconds=1))
    look(short.line)


def news(line: OrderLine) -> None:
    """Mark that something happened to the order of a line, as recording a document does."""
    watch.mark("order", [line.order_id])


def told(short: Shortage, name: str) -> list[str]:
    """Return the titles of what a person was told, in order."""
    return list(
        Notification.objects.filter(person=short.person(name)).order_by("pk").values_list("title", flat=True)
    )


def answer(command: Command, outcome: Outcome, words: str = "") -> Command:
    """Let the ERP answer a command that was handed over, and the house hear of it."""
    Command.objects.filter(pk=command.pk, state=CommandState.WAITING).update(state=CommandState.SENDING)
    told = record_answer(
        Answer(key=str(command.pk), outcome=outcome, words=words), connection=command.connection
    )
    assert told == ""
    settled = Command.objects.get(pk=command.pk)
    settle.command_settled(settled)
    return settled


def together(*calls: Callable[[], object]) -> list[Exception]:
    """Make the calls at once, each in a thread and a connection of its own; return what they raised."""
    barrier, raised = Barrier(len(calls)), []

    def meet(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            call()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=meet, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
