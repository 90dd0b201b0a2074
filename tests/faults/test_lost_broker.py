"""The broker forgets everything, or is away: rows are the queue, so nothing that was accepted is lost."""

import http.client
import socket
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import local

import pytest
from kombu import Connection, Producer, Queue
from kombu import Consumer as BrokerConsumer
from kombu.message import Message

from config.addresses import redis_url
from config.celery import app
from erp_connectors import clock
from erp_connectors.documents.models import Document, OrderLine, PurchaseOrder
from erp_connectors.exchange.models import Interchange, InterchangeStatus, OutgoingFile, OutgoingStatus
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import ENDED, Case, CaseLine
from exceptions_app.detection import watch
from exceptions_app.detection.models import Watch
from tests.builders.factories import TUESDAY_TEN
from tests.faults.broker import Broker
from tests.faults.conftest import read_everything
from tests.journeys.house import House, offering, order
from tests.journeys.programs import Programs
from tests.journeys.quiet import what_is_left

pytestmark = pytest.mark.slow

RELEASED = TUESDAY_TEN - timedelta(days=1)
ORDERS = [f"45{number:04}" for number in range(200)]
#: Of 600 messages three are about each order: 82 of 100, later 90 or all, and the first said again.
MESSAGES = 3 * len(ORDERS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def messages() -> list[bytes]:
    """The 855s, each an interchange of its own: all first words, then all later ones, then repetitions."""
    later = TUESDAY_TEN + timedelta(minutes=5)
    told = [
        [(number, 82, TUESDAY_TEN) for number in ORDERS],
        [(number, 100 if place % 2 else 90, later) for place, number in enumerate(ORDERS)],
        [(number, 82, TUESDAY_TEN) for number in ORDERS],
    ]
    spoken = [each for words in told for each in words]
    return [
        offering(number, quantity, control=n, at=at) for n, (number, quantity, at) in enumerate(spoken, 1)
    ]


class Gateway:
    """Posts to the inbox over HTTP, on one connection for each of its threads."""

    def __init__(self, house: House, port: int) -> None:
        self.house, self.port = house, port
        self.mine = local()

    def post(self, payload: bytes) -> tuple[int, float]:
        """Post one message; return the status and how many seconds the answer took."""
        if not hasattr(self.mine, "line"):
            self.mine.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        started = time.monotonic()
        headers = {"Authorization": f"Bearer {self.house.token}", "Content-Type": "application/edi-x12"}
        self.mine.line.request("POST", f"/api/v1/inbound/{self.house.edi_connection.code}/", payload, headers)
        answer = self.mine.line.getresponse()
        answer.read()
        return answer.status, time.monotonic() - started


@pytest.fixture
def gateway(house: House, programs: Programs, broker: Broker) -> Gateway:
    """The product is up: web server, worker and metronome."""
    port = free_port()
    worker = programs.start_worker(wait=False)
    programs.start_beat()
    programs.start_web(port, RIGHTLINE_API_CALLS_PER_MINUTE="100000")
    programs.await_worker(worker)
    return Gateway(house, port)


@pytest.mark.proof
def test_a_flush_in_the_middle_of_600_messages_loses_nothing_and_doubles_nothing(
    house: House, gateway: Gateway, programs: Programs, broker: Broker
) -> None:
    house.tell_orders(*(order(number, released_at=RELEASED) for number in ORDERS), at=RELEASED)
    programs.wait_until(lambda: PurchaseOrder.objects.count() == len(ORDERS), "the orders are known")
    with ThreadPoolExecutor(4) as senders:
        sent = [senders.submit(gateway.post, message) for message in messages()]
        for so_far in (MESSAGES // 2, MESSAGES * 3 // 4):
            programs.wait_until(lambda least=so_far: answered(sent) >= least, f"{so_far} are accepted")
            assert answered(sent) < MESSAGES
            broker.flush()
        answers = [each.result() for each in sent]
    assert Counter(status for status, _ in answers) == {202: MESSAGES}
    programs.wait_until(lambda: not what_is_left(), "all of it is read and looked at", 180)
    everything_happened_once(house)


def answered(sent: list[Future[tuple[int, float]]]) -> int:
    """How many messages were answered so far."""
    return sum(each.done() for each in sent)


def everything_happened_once(house: House) -> None:
    received = Interchange.objects.filter(connection=house.edi_connection)
    assert Counter(received.values_list("status", flat=True)) == {InterchangeStatus.PROCESSED: MESSAGES}
    sent = OutgoingFile.objects.filter(kind="997", status=OutgoingStatus.SENT)
    assert sent.count() == len(house.sent_to_partner()) == MESSAGES
    assert Document.objects.filter(kind="confirmation").count() == 2 * len(ORDERS)
    assert OrderLine.objects.exclude(answered_at=TUESDAY_TEN).count() == 0
    still_open = Case.objects.exclude(state__in=ENDED)
    expected = set(ORDERS[::2])
    assert set(still_open.values_list("order__number", flat=True)) == expected
    assert still_open.count() == len(expected)
    short = CaseLine.objects.filter(cleared_at=None, case__in=still_open)
    assert list(short.values_list("quantity", flat=True)) == [Decimal(10)] * len(expected)
    opened = Event.objects.filter(kind="case.opened")
    assert opened.count() == opened.values("case").distinct().count() == Case.objects.count()
    assert Case.objects.count() == Case.objects.values("order").distinct().count()
    assert not Watch.objects.exclude(last_error="").exists()


@pytest.mark.proof
def test_the_inbox_answers_while_the_broker_is_down_and_all_is_read_once_it_is_back(
    house: House, gateway: Gateway, programs: Programs, broker: Broker
) -> None:
    house.tell_orders(order(ORDERS[0], released_at=RELEASED), at=RELEASED)
    programs.wait_until(lambda: house.knows_order(ORDERS[0]), "the order is known")
    read_everything()
    broker.kill()
    answers = [
        gateway.post(
            offering(ORDERS[0], 80 + place, control=place, at=TUESDAY_TEN + timedelta(minutes=place))
        )
        for place in range(1, 6)
    ]
    assert [status for status, _ in answers] == [202] * 5
    assert max(seconds for _, seconds in answers) < 3
    assert Interchange.objects.filter(status=InterchangeStatus.RECEIVED).count() == 5
    assert clock.now() > TUESDAY_TEN

    broker.start()
    # What a worker had in hands is ended with the broker, and is due again when its lease has run out.
    patience = watch.LEASE.total_seconds() + 60
    programs.wait_until(house.open_cases, "a case is open", patience)
    programs.wait_until(lambda: not what_is_left(), "all of it is read and looked at", 90)
    assert house.the_case().lines.get(cleared_at=None).quantity == Decimal(15)
    assert OutgoingFile.objects.filter(kind="997", status=OutgoingStatus.SENT).count() == 5


def test_a_worker_outlives_a_broker_that_goes_while_it_waits_with_a_message_in_hands(
    programs: Programs, broker: Broker
) -> None:
    consumer = app.WorkController(pool_cls="solo").consumer
    consumer.connection = Connection(redis_url(programs.home, database=0, for_celery=True))
    in_hands: list[Message] = []
    channels = (consumer.connection.default_channel, consumer.connection.channel())
    for channel, queue in zip(channels, ("evaluate", "notify"), strict=True):
        waiting = BrokerConsumer(channel, [Queue(queue)])
        waiting.register_callback(lambda body, message: in_hands.append(message))
        waiting.consume()
    Producer(consumer.connection).publish({}, routing_key="evaluate")
    while not in_hands:
        consumer.connection.drain_events(timeout=5)
    with pytest.raises(TimeoutError):
        consumer.connection.drain_events(timeout=0.1)
    broker.kill()
    consumer.on_connection_error_after_connected(ConnectionError("Connection closed by server."))
    assert len(in_hands) == 1
    assert consumer.connection is None
