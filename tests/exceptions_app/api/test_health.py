"""Is the process up, is the installation ready, how is it doing; each says what is wrong by name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.db.models.functions import Now
from django.test import Client
from redis.exceptions import ConnectionError as RedisConnectionError

from erp_connectors import clock
from erp_connectors.exchange.models import InterchangeStatus
from exceptions_app import tasks
from exceptions_app.api import health
from exceptions_app.audit.models import UnsealedEvent
from exceptions_app.audit.record import record
from exceptions_app.sla.models import ClockFinding, Heartbeat
from tests.builders import factories

pytestmark = pytest.mark.django_db


def checks(client: Client, status: int) -> dict[str, str]:
    answer = client.get("/readyz")
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert body["ready"] == (status == 200)
    found: dict[str, str] = body["checks"]
    return found


@pytest.fixture
def alive() -> None:
    """A worker was heard just now, and the sweep and the auditor of the clocks ran."""
    tasks.refresh_metrics()
    tasks.sweep_clocks()
    tasks.audit_clocks()


def test_healthz_asks_neither_database_nor_broker(
    client: Client, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_is_only_looked_at(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_an_installation_in_which_work_flows_is_ready(client: Client, alive: None) -> None:
    assert set(checks(client, 200).values()) == {"ok"}


def test_a_worker_that_is_not_heard_is_told(client: Client) -> None:
    cache.delete(health.HEARTBEAT_KEY)
    assert checks(client, 503)["workers"] == "no worker has been heard for 120 s"


def test_the_task_of_the_beat_lets_a_worker_be_heard(client: Client, alive: None) -> None:
    cache.delete(health.HEARTBEAT_KEY)
    tasks.refresh_metrics()
    assert checks(client, 200)["workers"] == "ok"


def test_a_hop_that_has_waited_for_more_than_a_minute_is_named(client: Client, alive: None) -> None:
    now = clock.now()
    factories.InterchangeFactory.create(due_at=now - timedelta(seconds=61))
    factories.WatchFactory.create(due_at=now - timedelta(seconds=30))
    factories.ClockFactory.create(sweep_at=now - timedelta(seconds=61))
    assert checks(client, 503)["backlog"] == "waiting for more than 60 s: interchanges, clocks"


def test_what_is_done_or_due_later_is_no_backlog(client: Client, alive: None) -> None:
    factories.InterchangeFactory.create(due_at=None, status=InterchangeStatus.PROCESSED)
    factories.WatchFactory.create(due_at=clock.now() + timedelta(hours=1))
    assert checks(client, 200)["backlog"] == "ok"


def test_a_stream_that_keeps_failing_is_named(client: Client, alive: None) -> None:
    connection = factories.ConnectionFactory.create(code="erp")
    factories.StreamStateFactory.create(connection=connection, stream="orders", failures=3)
    factories.StreamStateFactory.create(connection=connection, stream="receipts", failures=2)
    assert checks(client, 503)["connections"] == "failing: erp/orders"
    connection.is_active = False
    connection.save()
    assert checks(client, 200)["connections"] == "ok"


def test_a_sweep_or_an_auditor_of_the_clocks_that_does_not_run_is_named(client: Client, alive: None) -> None:
    Heartbeat.objects.filter(name="sweep").update(beaten_at=Now() - timedelta(seconds=61))
    Heartbeat.objects.filter(name="audit").delete()
    told = checks(client, 503)["clocks"]
    assert told == "the sweep has not run for 61 s; the audit has not run yet"


def test_a_clock_that_is_set_forward_silences_nothing_and_alarms_nobody(client: Client, alive: None) -> None:
    clock.set_now(clock.now() + timedelta(days=30))
    assert checks(client, 200)["clocks"] == "ok"


def test_events_that_are_not_sealed_are_told(client: Client, alive: None) -> None:
    record("case.updated", at=clock.now(), summary="x", subject=("case", "EX-1"))
    assert checks(client, 200)["audit"] == "ok"
    UnsealedEvent.objects.update(since=Now() - timedelta(seconds=90))
    assert checks(client, 503)["audit"].startswith("events have waited for their seal for 9")


def test_what_the_auditor_found_is_named_without_naming_a_case(client: Client, alive: None) -> None:
    case = factories.CaseFactory.create()
    finding = ClockFinding.objects.create(kind="sum", case=case, words=case.number, found_at=clock.now())
    assert checks(client, 503)["clocks"] == "1 x Its segments do not add up"
    finding.gone_at = clock.now()
    finding.save()
    assert checks(client, 200)["clocks"] == "ok"


def test_a_broker_that_is_away_is_named_and_the_rest_still_told(
    client: Client, alive: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise RedisConnectionError("away")

    monkeypatch.setattr("exceptions_app.api.health.Redis.ping", away)
    monkeypatch.setattr("exceptions_app.api.health.cache.get", away)
    found = checks(client, 503)
    assert (found["broker"], found["workers"]) == ("ConnectionError", "not known: the cache is away")
    assert (found["database"], found["backlog"]) == ("ok", "ok")


def test_a_heartbeat_that_cannot_be_kept_fails_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise RedisConnectionError("away")

    monkeypatch.setattr("exceptions_app.api.health.cache.set", away)
    tasks.refresh_metrics()


def test_a_database_that_is_away_is_named(
    client: Client, alive: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr("exceptions_app.api.health.connection.cursor", away)
    found = checks(client, 503)
    assert found == {"database": "DatabaseError", "broker": "ok", "workers": "ok"}


def test_metrics_count_what_waits_and_what_is_late(client: Client) -> None:
    now = clock.now()
    factories.InterchangeFactory.create(due_at=now - timedelta(seconds=90))
    case = factories.CaseFactory.create()
    factories.ClockFactory.create(case=case, breached_at=now)
    factories.ClockFactory.create(case=case, kind="supplier", breached_at=now)
    ClockFinding.objects.create(kind="missed", case=case, words=case.number, found_at=now)
    tasks.sweep_clocks()
    factories.CaseFactory.create(state="closed")
    factories.StreamStateFactory.create(failures=1)
    answer = client.get("/metrics")
    assert answer["Content-Type"].startswith("text/plain")
    told = answer.content.decode()
    assert 'rightline_hop_waiting{hop="interchanges"} 1.0' in told
    assert 'rightline_open_cases{type="quantity_short"} 1.0' in told
    assert "rightline_breached_clocks 1.0" in told
    assert "rightline_overdue_answers 1.0" in told
    assert 'rightline_clock_findings{kind="missed"} 1.0' in told
    assert 'rightline_clock_findings{kind="sum"} 0.0' in told
    assert 'rightline_heartbeat_age_seconds{name="audit"} +Inf' in told
    assert 'rightline_heartbeat_age_seconds{name="sweep"} 0.' in told
    assert "rightline_failing_streams 1.0" in told
    age = next(
        line for line in told.splitlines() if line.startswith('rightline_hop_oldest_seconds{hop="inter')
    )
    assert 90 <= float(age.split()[-1]) < 120
