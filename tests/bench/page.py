"""P6: what one page of a queue costs over a trivial view, at few cases and at many.

The processor's time is taken in this process, through the whole WSGI stack, with the database's added; wall
times over HTTP from gunicorn, with four callers at once.
"""

import http.client
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client

from config import env
from config.processes.crew import Crew
from config.processes.programs import Program
from exceptions_app.cases.models import Case, ClockKind, QueueEntry, QueueRole
from exceptions_app.people.models import User
from tests.bench.figures import Bar, Figure, Ratio, WrongAnswer
from tests.bench.measuring import (
    analyze,
    begin_on_tuesday,
    building,
    counted_queries,
    cpu_of,
    database_process,
)
from tests.bench.timing import percentile
from tests.bench.wanted import Wanted
from tests.builders.factories import (
    TUESDAY_TEN,
    CaseFactory,
    CaseLineFactory,
    ClockFactory,
    QueueEntryFactory,
    ground,
    order_line,
)
from tests.builders.many_cases import multiply
from tests.house.running import free_port

FLOOR = "/healthz"
#: One case in ten is open (tests/builders/many_cases): a thousand fill two pages.
FEW, ROWS, CALLERS = 1_000, 50, 4
CPU_BAR = Bar(v1=20, moonshot=8)
QUERIES_BAR = Bar(v1=6, moonshot=6, on_value=True)
P95_BAR = Bar(v1=60, moonshot=20, on_value=True)
CASE = re.compile(rb'<tr [^>]*data-case="([^"]+)"')
LONGEST_START = 60.0


class Queue:
    """A company's queue of so many cases, and the person who looks at it."""

    def __init__(self, code: str, cases: int) -> None:
        world = ground(code)
        line = order_line(world)
        self.reader: User = world.people["bea"]
        self.path = f"/queues/{code}/PRO/"
        self.cases = cases
        team = world.teams["PRO"]
        case = CaseFactory.create(order=line.order, team=team, owner=self.reader)
        CaseLineFactory.create(case=case, order_line=line)
        for kind in ClockKind:
            ClockFactory.create(case=case, kind=kind, calendar=world.calendar, running_since=TUESDAY_TEN)
        QueueEntryFactory.create(case=case, team=team, role=QueueRole.OWNER)
        multiply(case, cases - 1)
        self.team = team

    def cookie(self) -> str:
        """Sign the reader in and return the cookie that proves it."""
        client = Client()
        client.force_login(self.reader)
        return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"

    def most_urgent(self) -> list[str]:
        """Return the numbers the first page has to show, in their order."""
        entries = QueueEntry.objects.filter(team=self.team, is_open=True, role=QueueRole.OWNER)
        ranked = entries.order_by("-priority", "-case_id").values_list("case__number", flat=True)
        return list(ranked[:ROWS])


def measure(wanted: Wanted) -> list[Figure]:
    """Build both queues, check their pages, and measure them beside the floor."""
    begin_on_tuesday()
    with building():
        queues = [Queue("few", min(FEW, wanted.n)), Queue("many", wanted.n)]
    analyze()
    if Case.objects.count() != sum(queue.cases for queue in queues):
        raise WrongAnswer("The cases were not built.")
    cookies = [queue.cookie() for queue in queues]
    figures = _in_process(queues, cookies, wanted)
    connections.close_all()
    return [*figures, *_over_http(queues[-1], cookies[-1], wanted)]


# --- in one process -------------------------------------------------------------------------------


def _in_process(queues: list[Queue], cookies: list[str], wanted: Wanted) -> list[Figure]:
    product = get_wsgi_application()
    queries = [_check(product, queue, cookie) for queue, cookie in zip(queues, cookies, strict=True)]
    database = database_process()
    pairs: list[list[tuple[float, float]]] = [[] for _ in queues]
    for _ in range(wanted.reps):
        for found, queue, cookie in zip(pairs, queues, cookies, strict=True):
            floor = cpu_of(_asking(product, FLOOR, cookie, times=100), database=database) / 100
            page = cpu_of(_asking(product, queue.path, cookie, times=20), database=database) / 20
            found.append((page * 1000, floor * 1000))
    figures = [
        Figure(
            area=f"page.cpu@{queue.cases}",
            value=_middle(page for page, _ in found),
            unit="ms",
            floor=_middle(floor for _, floor in found),
            ratio=Ratio.of(found),
            bar=CPU_BAR,
        )
        for queue, found in zip(queues, pairs, strict=True)
    ]
    flatness = Ratio.of((many[0], few[0]) for few, many in zip(*pairs, strict=True))
    return [
        *figures,
        Figure(
            area="page.queries",
            value=queries[-1],
            unit="queries",
            floor=queries[0],
            bar=QUERIES_BAR,
            facts={f"cpu at {queues[-1].cases} over {queues[0].cases}": flatness.median},
        ),
    ]


def _check(product: WSGIApplication, queue: Queue, cookie: str) -> int:
    """Warm the page up, compare it with what it has to show, and return how many queries it asks."""
    _ask(product, queue.path, cookie)
    with counted_queries() as statements:
        status, body = _ask(product, queue.path, cookie)
    shown = list(dict.fromkeys(number.decode() for number in CASE.findall(body)))
    if status != "200 OK" or shown != queue.most_urgent():
        raise WrongAnswer(f"{queue.path} answered {status} and showed {len(shown)} cases: {shown[:5]}...")
    return len(statements)


def _asking(product: WSGIApplication, path: str, cookie: str, *, times: int) -> Callable[[], None]:
    def ask() -> None:
        for _ in range(times):
            status, _ = _ask(product, path, cookie)
            if status != "200 OK":
                raise WrongAnswer(f"{path} answered {status}.")

    return ask


def _ask(product: WSGIApplication, path: str, cookie: str) -> tuple[str, bytes]:
    environ: dict[str, object] = {"PATH_INFO": path, "HTTP_COOKIE": cookie, "REMOTE_ADDR": "127.0.0.1"}
    setup_testing_defaults(environ)
    told: list[str] = []
    answer = product(environ, lambda status, headers, error=None: told.append(status))  # type: ignore[arg-type]
    try:
        return told[0], b"".join(answer)
    finally:
        answer.close()  # type: ignore[attr-defined]


# --- over HTTP ------------------------------------------------------------------------------------


def _over_http(queue: Queue, cookie: str, wanted: Wanted) -> list[Figure]:
    floors: list[float] = []
    pages: list[float] = []
    pairs = []
    with _web_server() as port:
        _from_callers(port, queue.path, cookie, each=5)
        for _ in range(wanted.reps):
            floor = _from_callers(port, FLOOR, cookie, each=25)
            page = _from_callers(port, queue.path, cookie, each=10)
            pairs.append((percentile(page, 0.95), percentile(floor, 0.95)))
            floors += floor
            pages += page
    return [
        Figure(
            area=f"page.p95@c={CALLERS}",
            value=percentile(pages, 0.95),
            unit="ms",
            floor=percentile(floors, 0.95),
            ratio=Ratio.of(pairs),
            bar=P95_BAR,
            facts={
                "p50": percentile(pages, 0.5),
                "p50 of the floor": percentile(floors, 0.5),
                "pages": len(pages),
            },
        )
    ]


@contextmanager
def _web_server() -> Iterator[int]:
    """Run the product's web server and give its port."""
    port = free_port()
    program = Program(
        name="web",
        arguments=(sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"),
        folder=env.PROJECT,
        environment=dict(os.environ) | {"RIGHTLINE_PROCESS": "web", "PORT": str(port)},
    )
    with Crew() as crew:
        web = crew.start(program)
        deadline = time.monotonic() + LONGEST_START
        while not _answers(port):
            if web.exit_status() is not None or time.monotonic() > deadline:
                raise WrongAnswer("The web server did not start; its own lines are above.")
            time.sleep(0.1)
        yield port


def _answers(port: int) -> bool:
    try:
        caller = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        caller.request("GET", FLOOR)
        return caller.getresponse().status == 200
    except OSError:
        return False


def _from_callers(port: int, path: str, cookie: str, *, each: int) -> list[float]:
    """Have callers ask at once, each so many times over one connection; return the milliseconds of each."""
    found: list[float] = []
    wrong: list[int] = []

    def call() -> None:
        caller = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(each):
            began = time.perf_counter()
            caller.request("GET", path, headers={"Cookie": cookie})
            answer = caller.getresponse()
            answer.read()
            found.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                wrong.append(answer.status)
        caller.close()

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong or len(found) != CALLERS * each:
        raise WrongAnswer(f"{path} answered {wrong[:3]}, and {len(found)} times of {CALLERS * each}.")
    return found


def _middle(values: Iterator[float]) -> float:
    return percentile(list(values), 0.5)
