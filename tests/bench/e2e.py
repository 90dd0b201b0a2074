"""P3: from the POST of an 855 until its case is seen in the API's list, with the whole product running.

An open loop: each message is due at a moment, however the ones before it fare, and its times count from
that moment. The floor is the POST alone, which answers once the message is stored. One caller reads the list
again and again, so what is seen is seen up to a pause and a reading later; both are in the figures.
"""

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from erp_connectors import clock
from erp_connectors.exchange.models import Interchange
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection import watch
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.people import tokens
from tests.bench.figures import Bar, Figure, Ratio, WrongAnswer
from tests.bench.measuring import analyze, begin_on_tuesday, building
from tests.bench.orders import ITEMS, ORDERED, WANTED_ON, item_of, place_orders, trading_ground
from tests.bench.timing import percentile
from tests.bench.wanted import Wanted
from tests.builders.factories import Ground
from tests.builders.x12 import ack, confirmation_855, po1
from tests.house.running import RunningHouse

RATES = (2, 5, 10, 50)
SECONDS = 5
WARM_UP, WARM_UP_RATE = 6, 2
SENDERS = 16
PAUSE = 0.03
PAGE = 25
WHOLE_READING_EVERY = 20
LONGEST_DRAIN = 120.0
SHORT = Decimal(18)
BAR = Bar(v1=10, moonshot=3)


@dataclass
class Message:
    """One 855 about one order, and its moments by time.perf_counter()."""

    order: str
    payload: bytes
    due: float = 0.0
    answered: float = 0.0
    seen: float | None = None
    interchange: str = ""


@dataclass
class Api:
    """One caller's connection to the running product."""

    port: int
    secret: str
    _kept: threading.local = field(default_factory=threading.local)

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Return status and decoded body; each thread keeps its connection."""
        if not hasattr(self._kept, "line"):
            self._kept.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/edi-x12"}
        self._kept.line.request(method, path, body=body, headers=headers)
        answer = self._kept.line.getresponse()
        return answer.status, json.loads(answer.read())


def measure(wanted: Wanted) -> list[Figure]:
    """Start the product, warm it up, then send at each rate and wait until every case was seen."""
    with RunningHouse(settings.RIGHTLINE_HOME, "--no-demo") as house:
        begin_on_tuesday()
        counts = {rate: min(wanted.n, rate * SECONDS) for rate in RATES}
        with building():
            world = trading_ground()
            messages = _messages(world, WARM_UP + sum(counts.values()))
            secret = tokens.create(
                "bench", company=world.company, scopes=["inbound:write", "cases:read"], now=clock.now()
            ).secret
        analyze()
        _wait_until_looked_at()
        api, path = Api(house.port, secret), f"/api/v1/inbound/{world.edi.code}/"
        _send_and_watch(api, path, messages[:WARM_UP], rate=WARM_UP_RATE)
        figures, start = [], WARM_UP
        for rate, count in counts.items():
            sent = messages[start : start + count]
            drained = _send_and_watch(api, path, sent, rate=rate)
            figures.append(_figure(rate, sent, drained))
            start += count
        _check_nothing_else(messages)
        connections.close_all()
    return figures


def _messages(world: Ground, count: int) -> list[Message]:
    """Record orders, and write for each an 855 that confirms less than was ordered."""
    orders = [f"45{number:08}" for number in range(1, count + 1)]
    place_orders(world, orders, items=ITEMS)
    confirmed = ack("IQ", str(ORDERED - SHORT), on=WANTED_ON)
    return [
        Message(
            order,
            confirmation_855(
                order,
                [
                    po1(
                        "10",
                        str(ORDERED),
                        price="182.40",
                        ids=("BP", item_of(order, ITEMS)),
                        acks=[confirmed],
                    )
                ],
                sender=f"SUP{world.supplier.number}",
                receiver="WESERLAND",
                control=number,
                currency="EUR",
            ),
        )
        for number, order in enumerate(orders, start=1)
    ]


def _wait_until_looked_at() -> None:
    """Wait until the worker has looked at all orders that were recorded."""
    deadline = time.perf_counter() + LONGEST_DRAIN
    while watch.due(SubjectKind.ORDER, clock.now()):
        if time.perf_counter() > deadline:
            raise WrongAnswer("The worker did not look at the orders that were recorded.")
        time.sleep(0.2)


# --- load -----------------------------------------------------------------------------------------


def _send_and_watch(api: Api, path: str, messages: Sequence[Message], *, rate: int) -> float:
    """Send at a rate and watch the list; return how long after the last due moment the last case was seen."""
    unseen = {message.order: message for message in messages}
    gave_up = threading.Event()
    watching = threading.Thread(target=_watch, args=(api, unseen, gave_up))
    began = time.perf_counter() + 0.1
    with ThreadPoolExecutor(SENDERS) as senders:
        watching.start()
        sending = []
        for place, message in enumerate(messages):
            message.due = began + place / rate
            time.sleep(max(0.0, message.due - time.perf_counter()))
            sending.append(senders.submit(_post, api, path, message))
        _finish(sending, gave_up)
    watching.join(LONGEST_DRAIN)
    gave_up.set()
    watching.join()
    return max((message.seen or time.perf_counter()) for message in messages) - messages[-1].due


def _finish(sending: Sequence["Future[None]"], gave_up: threading.Event) -> None:
    try:
        for one in sending:
            one.result()
    except Exception:
        gave_up.set()
        raise


def _post(api: Api, path: str, message: Message) -> None:
    status, answer = api.call("POST", path, message.payload)
    message.answered = time.perf_counter()
    if status != 202:
        raise WrongAnswer(f"A message was answered {status}: {answer}")
    message.interchange = answer["id"]


def _watch(api: Api, unseen: dict[str, Message], gave_up: threading.Event) -> None:
    """Read the newest cases until every message has one; go further back while a page brings news.

    Workers commit out of turn, so a case may lie behind others that were seen: now and then all is read.
    """
    for reading in itertools.count(1):
        if not unseen or gave_up.is_set():
            return
        is_whole = reading % WHOLE_READING_EVERY == 0
        path: str | None = f"/api/v1/cases/?type=quantity_short&page_size={PAGE}"
        while path:
            status, answer = api.call("GET", path)
            if status != 200:
                gave_up.set()
                raise WrongAnswer(f"The list of cases was answered {status}: {answer}")
            found = [unseen.pop(case["order"], None) for case in answer["results"]]
            now = time.perf_counter()
            for message in filter(None, found):
                message.seen = now
            path = _path_of(answer["next"]) if any(found) or is_whole else None
        time.sleep(PAUSE)


def _path_of(address: str | None) -> str | None:
    return None if address is None else "/" + address.split("/", 3)[3]


# --- what came of it ------------------------------------------------------------------------------


def _figure(rate: int, messages: Sequence[Message], drained: float) -> Figure:
    """Return the times of one rate. Raises WrongAnswer for a message without its case, or with two."""
    orders = [message.order for message in messages]
    lost = [message.order for message in messages if message.seen is None]
    lines = CaseLine.objects.filter(case__order__number__in=orders, cleared_at=None)
    found = Counter(lines.values_list("case__order__number", "case__type_code", "quantity"))
    wrong = found - Counter((order, "quantity_short", SHORT) for order in orders)
    if lost or wrong or len(found) != len(orders):
        raise WrongAnswer(
            f"Of {len(orders)} messages at {rate}/s lost: {lost[:3]}; wrong or double: {wrong}."
        )
    posts = [(message.answered - message.due) * 1000 for message in messages]
    cases = [((message.seen or 0.0) - message.due) * 1000 for message in messages]
    p95, floor = percentile(cases, 0.95), percentile(posts, 0.95)
    return Figure(
        area=f"e2e.p95@{rate}/s",
        value=p95,
        unit="ms",
        floor=floor,
        ratio=Ratio.of([(p95, floor)]),
        bar=BAR,
        facts={
            "p50": percentile(cases, 0.5),
            "p99": percentile(cases, 0.99),
            "POST p50": percentile(posts, 0.5),
            "p99 ": percentile(posts, 0.99),
            "messages": len(messages),
            "lost": 0,
            "double": 0,
            "drained after s": drained,
        }
        | _hops(messages),
    )


def _hops(messages: Sequence[Message]) -> dict[str, float]:
    """Return where the time goes: until processed, and from then until the look that opened the case."""
    interchanges = Interchange.objects.in_bulk([message.interchange for message in messages])
    cases = Case.objects.filter(order__number__in=[message.order for message in messages])
    opened = dict(cases.values_list("order__number", "opened_at"))
    to_processed, to_look = [], []
    for message in messages:
        interchange = interchanges[UUID(message.interchange)]
        assert interchange.processed_at is not None
        to_processed.append(interchange.processed_at - interchange.received_at)
        to_look.append(opened[message.order] - interchange.processed_at)
    return {
        "ms to processed": _middle_ms(to_processed),
        "ms on to the look": _middle_ms(to_look),
    }


def _middle_ms(spans: Sequence[timedelta]) -> float:
    return percentile([span.total_seconds() * 1000 for span in spans], 0.5)


def _check_nothing_else(messages: Sequence[Message]) -> None:
    """Raise WrongAnswer unless every message is one interchange and one case, and nothing else is there."""
    counts = (Interchange.objects.count(), Case.objects.count())
    if counts != (len(messages), len(messages)):
        raise WrongAnswer(f"{len(messages)} messages came to {counts[0]} interchanges and {counts[1]} cases.")
