"""Real worker processes, killed in the middle: nothing lost, nothing double."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection as database

from erp_connectors import clock
from erp_connectors.documents.models import Document
from erp_connectors.exchange import inbox
from erp_connectors.exchange.models import Interchange, InterchangeStatus, OutgoingFile, Transaction
from tests.builders.factories import ground
from tests.builders.x12 import Parties, ack, confirmation_segments, interchange, po1

pytestmark = [pytest.mark.slow, pytest.mark.proof, pytest.mark.django_db(transaction=True)]

#: Blocks so small that a worker dies between them, and no way to take the whole at once.
WORKER = """
import django
django.setup()
from erp_connectors.exchange import processing, reading_edi
reading_edi.BLOCK, processing.LIGHT_BYTES = 3, 0
processing.process_due()
"""
TRANSACTIONS = 40
LONGEST = 60.0


def address() -> str:
    """Return the URL of the test database, which another process can use."""
    parts = database.settings_dict
    named = {
        "host": parts["HOST"],
        "port": parts["PORT"],
        "user": parts["USER"],
        "password": parts["PASSWORD"],
    }
    return f"postgresql:///{parts['NAME']}?" + urlencode(
        {name: value for name, value in named.items() if value}
    )


def start_worker() -> subprocess.Popen[bytes]:
    environment = os.environ | {"DATABASE_URL": address(), "RIGHTLINE_PROCESS": "worker"}
    return subprocess.Popen([sys.executable, "-c", WORKER], env=environment, stderr=subprocess.DEVNULL)


def wait_until(holds: Callable[[], bool]) -> None:
    stop_at = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < stop_at
        time.sleep(0.03)


def let_the_lease_run_out() -> None:
    past = clock.now() - timedelta(seconds=1)
    Interchange.objects.filter(status=InterchangeStatus.RECEIVED).update(lease_until=past, due_at=past)


def test_workers_killed_again_and_again_lose_nothing_and_double_nothing() -> None:
    world = ground()
    sets = [
        ("855", confirmation_segments(str(order), [po1("10", "100", acks=[ack("IQ", "82", on="20261202")])]))
        for order in range(TRANSACTIONS)
    ]
    parties = Parties(sender="SUP77", receiver="WESERLAND")
    inbox.receive(interchange(sets, parties=parties), connection=world.edi, channel="api")
    chance = random.Random(7)

    for kill in (1, 2):
        goal = kill * 10 + chance.randrange(5)
        worker = start_worker()
        wait_until(lambda goal=goal: Transaction.objects.count() >= goal)  # type: ignore[misc]
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        let_the_lease_run_out()
    assert Interchange.objects.get().status == InterchangeStatus.RECEIVED
    assert start_worker().wait(timeout=LONGEST) == 0

    taken = Interchange.objects.get()
    assert taken.status == InterchangeStatus.PROCESSED
    positions = taken.transactions.filter(status="applied").order_by("position")
    assert list(positions.values_list("position", flat=True)) == list(range(TRANSACTIONS))
    assert sorted(Document.objects.values_list("key", flat=True)) == sorted(map(str, range(TRANSACTIONS)))
    assert f"AK9*A*{TRANSACTIONS}*{TRANSACTIONS}*{TRANSACTIONS}~".encode() in bytes(
        OutgoingFile.objects.get().payload
    )
