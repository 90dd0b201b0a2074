"""What the workers would do, done here and at once: for stories whose point is not who does it, or when.

The metronome's own sweeps run, each to its end, as a worker would run them. That real workers do the same
beside each other is shown by the stories that start them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils.module_loading import import_string

from config.celery import SWEEPS
from erp_connectors import clock
from tests.builders.factories import TUESDAY_TEN
from tests.journeys import house as houses
from tests.journeys.house import House
from tests.journeys.quiet import what_is_left

MOST_ROUNDS = 20
#: By then every stream is polled again.
A_MINUTE = timedelta(minutes=1)
#: First what brings something in, so that one round suffices as a rule.
PICK_UP = "erp_connectors.tasks.pick_up_folders"
#: Every sweep but those that only look at what the others have done.
WORK = (
    PICK_UP,
    *(
        name
        for name, (queue, _) in SWEEPS.items()
        if queue != "analytics" and name not in (PICK_UP, "config.tasks.note_heartbeat")
    ),
)


def catch_up() -> None:
    """Do all that is due now, in every hop, until nothing is left."""
    for _ in range(MOST_ROUNDS):
        for name in WORK:
            import_string(name).run()
        left = what_is_left()
        if not left:
            return
    raise AssertionError(f"After {MOST_ROUNDS} rounds there is still something to do: {', '.join(left)}.")


def live_until(moment: datetime) -> None:
    """Let it be `moment`, and all be done that is due by then."""
    clock.set_now(moment)
    catch_up()


def open_house(folder: Path, *, at: datetime = TUESDAY_TEN) -> House:
    """Open Weserland; its ERP has told of Nordmann and the seal kit, and people are signed in already."""
    clock.set_now(at)
    house = houses.build(folder)
    house.tell_master_data()
    catch_up()
    house.agree_with_partner()
    return house


@contextmanager
def forgotten() -> Iterator[None]:
    """Undo what is done inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def let_erp_work(house: House) -> int:
    """Let the ERP carry out the commands, those of one order one after the other, and tell of its orders.

    Each time a minute passes. Returns how many commands there were.
    """
    catch_up()
    carried_out = 0
    while done := house.erp.work(at=clock.now()):
        carried_out += done
        house.tell_orders()
        live_until(clock.now() + A_MINUTE)
    return carried_out
