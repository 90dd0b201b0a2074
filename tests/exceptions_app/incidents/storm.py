"""Many orders of one supplier short at once, as a strike or a broken machine makes them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from erp_connectors import clock
from erp_connectors.documents.models import Item, OrderLine
from exceptions_app import intake
from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import Case
from exceptions_app.incidents import suggest
from exceptions_app.incidents.models import Incident
from tests.builders.factories import TUESDAY_TEN, Ground, ItemFactory, ground, offer, order_line
from tests.exceptions_app.proposals.shortage import NOWHERE

REQUESTED = date(2026, 12, 2)


@dataclass(kw_only=True)
class Storm:
    """A company and its short orders; `by` makes an actor of a person's short name."""

    world: Ground
    item: Item
    lines: list[OrderLine]

    def by(self, name: str) -> Actor:
        return Actor(person=self.world.people[name], source="test")

    def more(self, count: int, *, short: int = 8) -> None:
        """Let so many more orders come short now."""
        first = len(self.lines)
        new = [
            order_line(
                self.world,
                number=f"45000200{first + place:02}",
                price=Decimal(1),
                item=self.item,
            )
            for place in range(count)
        ]
        for line in new:
            offer(line, (100 - short, REQUESTED))
        self.lines += new
        assert not intake.evaluate([line.order_id for line in new], clock.now()).failures

    def cases(self) -> list[Case]:
        return list(Case.objects.order_by("pk"))

    def incident(self) -> Incident:
        return Incident.objects.get()


def storm(folder: Path, count: int, *, short: int = 8, at: datetime = TUESDAY_TEN) -> Storm:
    """Let `count` orders come short at once, each by 8 pieces of 1.00; the ERP speaks by file."""
    clock.set_now(at)
    world = ground()
    world.erp.settings = {"folder": str(folder)}
    world.erp.save()
    item = ItemFactory.create(connection=world.erp, number="SEAL-KIT", description="Seal kit")
    made = Storm(world=world, item=item, lines=[])
    made.more(count, short=short)
    return made


def noticed() -> Storm:
    """Let five orders come short at once and the sweep suggest them as one incident, for a scene."""
    made = storm(NOWHERE, 5)
    look(TUESDAY_TEN + timedelta(minutes=1))
    Incident.objects.update(number="IN-1")
    return made


def ready(made: Storm, folder: Path, *, at: datetime = TUESDAY_TEN) -> Storm:
    """Begin a test with the storm of its scene, with an ERP that speaks by file in `folder`."""
    clock.set_now(at)
    made.world.erp.settings = {"folder": str(folder)}
    made.world.erp.save()
    return made


def look(at: datetime) -> int:
    """Let the sweep look at `at`."""
    clock.set_now(at)
    return suggest.sweep(at)
