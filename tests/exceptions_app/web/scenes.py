"""What page tests look at: the ground of the scenarios, people signed in, cases as rows."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.test import Client

from erp_connectors import clock
from exceptions_app.cases.models import (
    Case,
    CaseLine,
    CaseState,
    Clock,
    ClockKind,
    QueueEntry,
    QueueRole,
    Task,
)
from exceptions_app.people.models import User
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground

#: What htmx says with every request.
FRAGMENT = {"HX-Request": "true"}


@dataclass(frozen=True)
class Scene:
    """The ground, and the browsers of its people."""

    world: Ground

    def browser(self, name: str) -> Client:
        """Return a client in which a person of the ground is signed in."""
        return browser_of(self.world.people[name])

    def shortage(self, number: str = "EX-1", *, amount: str = "3283.20", **values: Any) -> Case:
        """Make a shortage of 18 of 100 in the queue of procurement, with its line, clock and answer."""
        line = make.order_line(self.world, number=f"45{number[3:]:0>8}")
        make.offer(line, (82, date(2026, 12, 2)))
        case: Case = make.CaseFactory.create(
            **{
                "number": number,
                "order": line.order,
                "amount": Decimal(amount),
                "expected_loss": Decimal(amount),
                "priority": Decimal(amount),
                "team": self.world.teams["PRO"],
                "headline": f"18 EA short on {number}",
                "state": CaseState.NEW,
                **values,
            }
        )
        make.CaseLineFactory.create(case=case, order_line=line)
        make.QueueEntryFactory.create(case=case)
        make.ClockFactory.create(
            case=case,
            kind=ClockKind.RESOLVE,
            allowed_minutes=Decimal(960),
            base_minutes=Decimal(960),
            due_at=TUESDAY_TEN + timedelta(days=2),
        )
        return case

    def crowd(self, like: Case, count: int, *, first: int = 1) -> None:
        """Put `count` more cases like this one into the queue, each with a clock and a line."""
        calendar = like.clocks.get(kind=ClockKind.RESOLVE).calendar
        cases = []
        for n in range(first, first + count):
            case = Case(
                **{field.attname: getattr(like, field.attname) for field in Case._meta.concrete_fields}
            )
            case.pk, case.number, case.group_key = None, f"EX-C{n}", f"crowd {n}"
            cases.append(case)
        Case.objects.bulk_create(cases)
        CaseLine.objects.bulk_create(
            CaseLine(case=case, key=case.number, release=case.release, opened_at=case.opened_at)
            for case in cases
        )
        Clock.objects.bulk_create(
            Clock(
                case=case,
                kind=ClockKind.RESOLVE,
                calendar=calendar,
                release=case.release,
                base_minutes=Decimal(960),
                allowed_minutes=Decimal(960),
                running_since=TUESDAY_TEN,
            )
            for case in cases
        )
        QueueEntry.objects.bulk_create(
            QueueEntry(team=case.team, case=case, role=QueueRole.OWNER, priority=case.priority)
            for case in cases
        )

    def ask_supplier(self, case: Case, *, used: Decimal, **values: Any) -> Clock:
        """Let the supplier's clock of four hours run, `used` minutes of it gone; late if that is more."""
        is_late = used > 240
        row: Clock = make.ClockFactory.create(
            **{
                "case": case,
                "kind": ClockKind.SUPPLIER,
                "calendar": case.clocks.get(kind=ClockKind.RESOLVE).calendar,
                "used_minutes": used,
                "due_at": TUESDAY_TEN + timedelta(minutes=int(240 - used)),
                "breached_at": TUESDAY_TEN - timedelta(minutes=int(used - 240)) if is_late else None,
                **values,
            }
        )
        return row

    def tell(self, case: Case, team: str, role: QueueRole = QueueRole.TOLD) -> None:
        """Put the case into the queue of another team."""
        make.QueueEntryFactory.create(case=case, team=self.world.teams[team], role=role)

    def give_task(self, case: Case, team: str, **values: Any) -> Task:
        """Give another team a task on the case, which puts it into its queue."""
        make.QueueEntryFactory.create(case=case, team=self.world.teams[team], role=QueueRole.TASK)
        task: Task = make.TaskFactory.create(case=case, team=self.world.teams[team], **values)
        return task

    def invoice(self, number: str = "EX-1", *, document: str = "INV-77", **values: Any) -> Case:
        """Make a case of finance about an invoice, without an order."""
        head = make.DocumentHeadFactory.create(
            connection=self.world.erp, supplier=self.world.supplier, kind="invoice", number=document
        )
        case: Case = make.CaseFactory.create(
            **{
                "number": number,
                "type_code": "invoice_quantity",
                "headline": f"{number}: billed too much",
                "subject_kind": "invoice",
                "subject_id": head.pk,
                "group_key": f"erp/{document}",
                "document": head,
                "order": None,
                "supplier": self.world.supplier,
                "company": self.world.company,
                "team": self.world.teams["FIN"],
                **values,
            }
        )
        make.QueueEntryFactory.create(case=case)
        return case


def begin() -> None:
    """Begin a test at ten on the Tuesday of the scenarios, with nothing remembered of another."""
    cache.clear()
    clock.set_now(TUESDAY_TEN)


def set_scene() -> Scene:
    """Make the ground, with the clock at ten on the Tuesday of the scenarios."""
    clock.set_now(TUESDAY_TEN)
    return Scene(make.ground())


def browser_of(user: User) -> Client:
    """Return a client in which this person is signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
