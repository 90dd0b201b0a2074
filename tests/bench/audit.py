"""P17: verifying the audit chain beside a sequential scan of its events, what sealing costs writers, and how
long an auditor waits.

The scan reads every column as text: that is the least that somebody does who wants to know that none has
changed. Writers insert one event in a transaction each, as verbs of the product do; the floor are the same
inserts without the trigger that has them sealed, and without a sealer.

An auditor of a company with few events among all looks through the list: each search that the screen offers,
with the pages after the first. The floor is one page by its index, in SQL. An export is read beside the scan.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db import connection, transaction

from erp_connectors.companies import Company
from exceptions_app.audit import export, seals
from exceptions_app.audit.models import Event, Seal
from exceptions_app.audit.queries import Search
from exceptions_app.audit.record import record
from exceptions_app.audit.verify import broken_between
from exceptions_app.people.models import Role
from exceptions_app.web.audit import page_of
from tests.bench.figures import Bar, Figure, Ratio, WrongAnswer
from tests.bench.measuring import analyze, begin_on_tuesday, building
from tests.bench.timing import percentile, wall_of
from tests.bench.wanted import Wanted
from tests.builders.factories import TUESDAY_TEN, MembershipFactory, UserFactory, ground

VERIFY_BAR = Bar(v1=0.3, moonshot=0.6, more_is_better=True)
WRITE_BAR = Bar(v1=0.8, moonshot=0.95, more_is_better=True)
WRITES = 2_000
SCAN = "SELECT sum(length(event::text)) FROM exceptions_app_event AS event"
#: What an auditor looks for: everything, some days, a kind, two, nobody's, a subject, words.
SEARCHES = (
    Search(),
    Search(until=TUESDAY_TEN + timedelta(hours=3)),
    Search(kinds=("case.dismissed",)),
    Search(kinds=("case.dismissed", "case.updated")),
    Search(who="nobody"),
    Search(subject="EX-77"),
    Search(text="quantity"),
    Search(text="another day"),
)
#: The company whose auditor looks: one event in a thousand is of it.
FEW = "elbeland"
TAKEN = 20_000
FLOOR = """
SELECT * FROM exceptions_app_event WHERE company_id = %s ORDER BY at DESC, id DESC LIMIT 51
"""
EVENTS = """
INSERT INTO exceptions_app_event (id, at, kind, subject_kind, subject_id, actor_name, summary, before, after,
    reason, source, company_id)
SELECT (lpad(to_hex(1795000000000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
    %s + n * interval '1 second', CASE WHEN n %% 500 = 0 THEN 'case.dismissed' ELSE 'case.updated' END,
    'case', 'EX-' || n, 'Bea Brandt',
    'Line 10: ' || n || ' of 100 EA confirmed for another day than was asked for',
    jsonb_build_object('quantity', n, 'state', 'new', 'headline', repeat('before ', 12)),
    jsonb_build_object('quantity', n + 1, 'state', 'assigned', 'headline', repeat('after ', 12)),
    'as agreed by telephone', 'web 10.0.0.7', CASE WHEN n %% 1000 = 0 THEN %s ELSE %s END
FROM generate_series(1, %s) AS n
"""


def measure(wanted: Wanted) -> list[Figure]:
    """Seal many events, verify them beside a scan, then write more with and without being sealed."""
    begin_on_tuesday()
    with building(), connection.cursor() as cursor:
        few, many = (ground(code, supplier_number=code).company.pk for code in (FEW, "weserland"))
        cursor.execute(EVENTS, [TUESDAY_TEN, few, many, wanted.n])
    sealing = wall_of(_seal_all)
    analyze()
    if Seal.objects.count() != wanted.n:
        raise WrongAnswer("Not every event was sealed.")
    return [_verify(wanted, sealing), _look(wanted), _take(wanted), _write(wanted)]


def _verify(wanted: Wanted, sealing: float) -> Figure:
    def scan() -> None:
        with connection.cursor() as cursor:
            cursor.execute(SCAN)
            cursor.fetchone()

    def verify() -> None:
        if broken_between(0, wanted.n) is not None:
            raise WrongAnswer("The chain does not hold.")

    scan()
    pairs = [(wanted.n / wall_of(verify), wanted.n / wall_of(scan)) for _ in range(wanted.reps)]
    return Figure(
        area=f"audit.verify@{wanted.n}",
        value=percentile([value for value, _ in pairs], 0.5),
        unit="events/s",
        floor=percentile([floor for _, floor in pairs], 0.5),
        ratio=Ratio.of(pairs),
        bar=VERIFY_BAR,
        facts={"sealed per second": round(wanted.n / sealing)},
    )


def _look(wanted: Wanted) -> Figure:
    company = Company.objects.get(code=FEW)
    ivo = UserFactory.create()
    MembershipFactory.create(user=ivo, team=company.teams.get(code="FIN"), role=Role.AUDITOR, limit=None)

    def two_pages(search: Search) -> None:
        first = page_of(ivo, search, {})
        if first.after:
            page_of(ivo, search, {"after": first.after})

    def one_page() -> None:
        with connection.cursor() as cursor:
            cursor.execute(FLOOR, [company.pk])
            cursor.fetchall()

    if len(page_of(ivo, Search(), {}).rows) != min(50, wanted.n // 1000):
        raise WrongAnswer("The page is not that of the company.")
    pairs = [
        (max(wall_of(partial(two_pages, search)) for search in SEARCHES), wall_of(one_page))
        for _ in range(wanted.reps)
    ]
    return Figure(
        area=f"audit.search@{wanted.n}",
        value=1000 * percentile([value for value, _ in pairs], 0.5),
        unit="ms",
        floor=1000 * percentile([floor for _, floor in pairs], 0.5),
        ratio=Ratio.of(pairs),
        facts={"searches": len(SEARCHES), "events of the company": wanted.n // 1000},
    )


def _take(wanted: Wanted) -> Figure:
    head, taken = seals.head(), min(TAKEN, wanted.n)
    sequences = list(range(head.sequence - taken + 1, head.sequence + 1))

    def take() -> None:
        if sum(1 for _ in export.as_lines(sequences, head, {})) != taken + 2:
            raise WrongAnswer("The file has not each event once.")

    def scan() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"{SCAN} WHERE id IN (SELECT event_id FROM exceptions_app_seal WHERE sequence > %s)",
                [head.sequence - taken],
            )
            cursor.fetchone()

    pairs = [(taken / wall_of(take), taken / wall_of(scan)) for _ in range(wanted.reps)]
    return Figure(
        area=f"audit.export@{taken}",
        value=percentile([value for value, _ in pairs], 0.5),
        unit="events/s",
        floor=percentile([floor for _, floor in pairs], 0.5),
        ratio=Ratio.of(pairs),
    )


def _write(wanted: Wanted) -> Figure:
    writes = min(WRITES, wanted.n)
    pairs = []
    for _ in range(wanted.reps):
        floor = writes / _without_seals(lambda: _events(writes))
        pairs.append((writes / _while_sealing(lambda: _events(writes)), floor))
    if Event.objects.count() != Seal.objects.count() + writes * wanted.reps:
        raise WrongAnswer("Something was sealed that should not, or the other way round.")
    return Figure(
        area="audit.write",
        value=percentile([value for value, _ in pairs], 0.5),
        unit="events/s",
        floor=percentile([floor for _, floor in pairs], 0.5),
        ratio=Ratio.of(pairs),
        bar=WRITE_BAR,
        facts={"events in each repetition": writes},
    )


def _events(count: int) -> None:
    for number in range(count):
        with transaction.atomic():
            record(
                "case.updated",
                at=TUESDAY_TEN,
                summary=f"Line 10: {number} of 100 EA",
                subject=("case", f"EX-{number}"),
                before={"quantity": str(number)},
                after={"quantity": str(number + 1)},
            )


def _without_seals(block: Callable[[], None]) -> float:
    _trigger("DISABLE")
    try:
        return wall_of(block)
    finally:
        _trigger("ENABLE")


def _while_sealing(block: Callable[[], None]) -> float:
    """Run the block while a sealer looks as often as the scheduler lets it, and seal what is left."""
    done = threading.Event()

    def seal() -> None:
        while not done.wait(1):
            _seal_all()
        connection.close()

    sealer = threading.Thread(target=seal)
    sealer.start()
    try:
        passed = wall_of(block)
    finally:
        done.set()
        sealer.join()
    _seal_all()
    return passed


def _seal_all() -> None:
    while seals.seal_committed():
        time.sleep(0)


def _trigger(state: str) -> None:
    with connection.cursor() as cursor:
        # PostgreSQL alters no table whose foreign keys are still to be checked.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE exceptions_app_event {state} TRIGGER event_awaits_seal")
