"""Cases of Nordmann that one can ask about, and the row of a message as it is now."""

from datetime import date
from decimal import Decimal
from typing import Any

from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.cases import queue
from exceptions_app.cases.models import Case, CaseState
from suppliers.messaging.models import SupplierMessage
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground

OWN, NORA = "orders-77@example.com", "nora@example.com"


def short_case(world: Ground, number: str = "EX-1", *, line: str = "10", **values: Any) -> Case:
    """Make a shortage of 18 of 100 that is being worked on, with its clocks, in the queue of procurement."""
    order_line = make.order_line(world, number=f"45000100{number[3:]:0>2}", line=line)
    make.offer(order_line, (82, date(2026, 12, 2)))
    fields = {"state": CaseState.IN_PROGRESS, "owner": world.people["bea"], "team": world.teams["PRO"]}
    case: Case = make.CaseFactory.create(number=number, order=order_line.order, **fields | values)
    make.CaseLineFactory.create(case=case, order_line=order_line, quantity=Decimal(18))
    sla.start(case, TUESDAY_TEN)
    queue.sync(case)
    return Case.objects.get(pk=case.pk)


def by(world: Ground, name: str = "bea") -> Actor:
    """Return a person as they act in the browser."""
    return Actor(world.people[name], "web")


def as_is(case: Case) -> Case:
    """Return the case as its row is now."""
    return Case.objects.get(pk=case.pk)


def told(case: Case) -> list[tuple[str, str]]:
    """Return what the history of a case tells, oldest first: kind and summary."""
    return list(Event.objects.filter(case=case).order_by("at", "id").values_list("kind", "summary"))


def the_message() -> SupplierMessage:
    """Return the only message there is."""
    return SupplierMessage.objects.get()
