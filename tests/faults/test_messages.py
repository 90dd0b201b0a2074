"""Messages to suppliers through flushed brokers and killed workers: each arrives, under one Message-ID."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from erp_connectors.documents.models import Supplier
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState
from suppliers.messaging.models import MessageState, SupplierMessage
from tests.builders.factories import TUESDAY_TEN
from tests.faults.broker import Broker
from tests.faults.conftest import read_everything
from tests.faults.test_killed_workers import Mortals, Point
from tests.journeys.house import House, offering, order
from tests.journeys.programs import Programs
from tests.peers.mail_server import MailServer, mail_server

pytestmark = [pytest.mark.slow, pytest.mark.proof]

NUMBERS = [f"450001000{place}" for place in range(1, 5)]
MANY = 30

#: Where a worker dies with a message in its hands.
IN_SENDING: tuple[Point, ...] = (
    ("M1 claimed, not handed over", "suppliers.messaging.sending:deliver", "before", "worker"),
    ("M2 taken by the server, not noted", "suppliers.messaging.sending:deliver", "after", "child"),
    ("M3 noted, not told", "exceptions_app.asking.follow:message_ended", "before", "child"),
    ("M4 told, not committed", "exceptions_app.asking.follow:message_ended", "after", "worker"),
)


@pytest.fixture
def server(programs: Programs) -> Iterator[MailServer]:
    """The mail server that the programs send to."""
    with mail_server() as running:
        programs.environment |= {
            "RIGHTLINE_MAIL_HOST": "127.0.0.1",
            "RIGHTLINE_MAIL_PORT": str(running.port),
            "RIGHTLINE_MAIL_TLS": "0",
        }
        yield running


def shortages(house: House) -> list[Case]:
    """Open a case for each order, of a supplier that has a mail address."""
    released = TUESDAY_TEN - timedelta(days=1)
    house.tell_orders(*(order(number, released_at=released) for number in NUMBERS), at=released)
    read_everything()
    Supplier.objects.update(email="orders@nordmann.example")
    for place, number in enumerate(NUMBERS, 1):
        house.post(offering(number, 82, control=place, at=TUESDAY_TEN))
    read_everything()
    return house.open_cases()


def ask(house: House, case: Case) -> None:
    status, said = house.call("bea", f"cases/{case.number}/actions/ask/", {"inquiry": "other"})
    assert status == 200, said


def all_are_sent() -> bool:
    return not SupplierMessage.objects.exclude(state=MessageState.SENT).exists()


def arrivals(server: MailServer) -> Counter[str]:
    """How often each message to the supplier came; what our own people are told is not counted."""
    return Counter(
        str(each.mail["Message-ID"])
        for each in server.received
        if each.recipients == ("orders@nordmann.example",)
    )


def test_every_message_arrives_although_workers_are_killed_with_it_in_their_hands(
    house: House, programs: Programs, broker: Broker, server: MailServer, tmp_path: Path
) -> None:
    cases = shortages(house)
    assert len(cases) == len(NUMBERS)
    for case in cases:
        ask(house, case)
    mortals = Mortals(programs, IN_SENDING, tmp_path / "notes")
    programs.start_beat()
    mortals.wait_until(all_are_sent, "every message is sent", 120)

    assert mortals.died_at == {name for name, *_ in IN_SENDING}
    came = arrivals(server)
    assert set(came) == set(SupplierMessage.objects.values_list("message_id", flat=True))
    assert sorted(came.values()) == [1, 1, 1, 2], "only what the server took, and nobody noted, comes twice"
    told = Counter(Event.objects.filter(kind="message.sent").values_list("case__number", flat=True))
    assert told == {case.number: 1 for case in cases}
    assert {case.state for case in Case.objects.all()} == {CaseState.WAITING_SUPPLIER}


def test_a_flushed_broker_loses_no_message_and_doubles_none(
    house: House, programs: Programs, broker: Broker, server: MailServer
) -> None:
    case = shortages(house)[0]
    programs.start_worker()
    programs.start_beat()
    for place in range(MANY):
        ask(house, case)
        if place in (5, 15, 25):
            broker.flush()
    programs.wait_until(all_are_sent, "every message is sent", 120)
    came = arrivals(server)
    assert set(came) == set(SupplierMessage.objects.values_list("message_id", flat=True))
    assert set(came.values()) == {1}
    assert len(came) == MANY
