"""Is the process up, is the installation ready, and how is it doing."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Min
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis import Redis
from redis.exceptions import RedisError

from erp_connectors import clock
from erp_connectors.exchange.models import Command, Interchange, OutgoingFile, StreamState
from exceptions_app.audit.models import UnsealedEvent
from exceptions_app.cases.models import ENDED, OUR_CLOCKS, Case, Clock
from exceptions_app.detection.models import Watch
from exceptions_app.notifications.models import Notification
from exceptions_app.sla import heartbeat
from exceptions_app.sla.models import ClockFinding, FindingKind
from suppliers.messaging.models import SupplierMessage

OLDEST_ALLOWED = timedelta(seconds=60)
HEARTBEAT_KEY = "worker-heartbeat"
SILENT_AFTER = 120
HOPS = {
    "interchanges": Interchange,
    "watches": Watch,
    "commands": Command,
    "outgoing": OutgoingFile,
    "notifications": Notification,
    "messages": SupplierMessage,
}

log = logging.getLogger(__name__)


def beat() -> None:
    """Note that a worker is alive; called by a task that beat sends every few seconds.

    A cache that is away is no reason to fail: /readyz tells of it already.
    """
    try:
        cache.set(HEARTBEAT_KEY, clock.now().isoformat(), timeout=SILENT_AFTER)
    except RedisError as error:
        log.warning("The heartbeat was not kept: %s", error)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while this process can answer. Open to everybody."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when work flows, else 503 with what is wrong. Open to all: it names no business data."""
    checks = {"database": _database(), "broker": _broker(), "workers": _workers()}
    if checks["database"] == "ok":
        checks["backlog"] = _backlog(clock.now())
        checks["connections"] = _connections()
        checks["clocks"] = _clocks()
        checks["audit"] = _audit()
    is_ready = all(answer == "ok" for answer in checks.values())
    return JsonResponse({"ready": is_ready, "checks": checks}, status=200 if is_ready else 503)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus metrics: backlog and age per hop, open cases, clocks, heartbeats, broken streams."""
    registry = CollectorRegistry()
    now = clock.now()
    waiting = Gauge("rightline_hop_waiting", "Rows that wait to be worked on", ["hop"], registry=registry)
    age = Gauge(
        "rightline_hop_oldest_seconds", "How long the oldest has been due", ["hop"], registry=registry
    )
    for name, (count, oldest) in _hops(now).items():
        waiting.labels(name).set(count)
        age.labels(name).set((now - oldest).total_seconds() if oldest else 0)
    open_cases = Gauge("rightline_open_cases", "Open cases", ["type"], registry=registry)
    by_type = Case.objects.exclude(state__in=ENDED).values_list("type_code").annotate(Count("pk"))
    for type_code, count in by_type:
        open_cases.labels(type_code).set(count)
    breached = Clock.objects.filter(stopped_at__isnull=True, breached_at__isnull=False)
    ours = breached.filter(kind__in=OUR_CLOCKS).count()
    Gauge("rightline_breached_clocks", "Clocks of ours that ran out", registry=registry).set(ours)
    theirs = breached.exclude(kind__in=OUR_CLOCKS).count()
    Gauge("rightline_overdue_answers", "Suppliers that owe an answer too long", registry=registry).set(theirs)
    found = Gauge("rightline_clock_findings", "What is wrong with clocks", ["kind"], registry=registry)
    for kind in FindingKind:
        found.labels(kind).set(ClockFinding.objects.filter(kind=kind, gone_at=None).count())
    beats = Gauge("rightline_heartbeat_age_seconds", "How long ago it last ran", ["name"], registry=registry)
    for name, passed in heartbeat.ages().items():
        beats.labels(name).set(float("inf") if passed is None else passed.total_seconds())
    unsealed = UnsealedEvent.objects.count()
    Gauge("rightline_unsealed_events", "Events that wait for their seal", registry=registry).set(unsealed)
    failing = StreamState.objects.filter(failures__gt=0, connection__is_active=True).count()
    Gauge("rightline_failing_streams", "Streams whose last read failed", registry=registry).set(failing)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return type(error).__name__
    return "ok"


def _broker() -> str:
    try:
        # The cache is another database of the same server; its address is one the client can read.
        address = str(settings.CACHES["default"]["LOCATION"])
        with Redis.from_url(address, socket_timeout=1, socket_connect_timeout=1) as broker:
            broker.ping()
    except RedisError as error:
        return type(error).__name__
    return "ok"


def _workers() -> str:
    try:
        seen = cache.get(HEARTBEAT_KEY)
    except RedisError:
        return "not known: the cache is away"
    return "ok" if seen else f"no worker has been heard for {SILENT_AFTER} s"


def _backlog(now: datetime) -> str:
    late = [name for name, (_, oldest) in _hops(now).items() if oldest and now - oldest > OLDEST_ALLOWED]
    return "ok" if not late else f"waiting for more than {OLDEST_ALLOWED.seconds} s: {', '.join(late)}"


def _connections() -> str:
    failing = StreamState.objects.filter(failures__gt=2, connection__is_active=True)
    names = sorted(
        {f"{state.connection.code}/{state.stream}" for state in failing.select_related("connection")}
    )
    return "ok" if not names else f"failing: {', '.join(names)}"


def _clocks() -> str:
    """Say whether sweep and auditor run, and whether the auditor found anything; no case is named."""
    wrong = heartbeat.standing_still()
    kinds = (
        ClockFinding.objects.filter(gone_at=None).order_by("kind").values_list("kind").annotate(Count("pk"))
    )
    wrong += [f"{count} x {FindingKind(kind).label}" for kind, count in kinds]
    return "; ".join(wrong) or "ok"


def _audit() -> str:
    """Say whether events are sealed soon after they are told; no event is named."""
    waited = ExpressionWrapper(Now() - F("since"), output_field=DurationField())
    longest = UnsealedEvent.objects.aggregate(longest=Max(waited))["longest"]
    if longest is None or longest <= OLDEST_ALLOWED:
        return "ok"
    return f"events have waited for their seal for {int(longest.total_seconds())} s"


def _hops(now: datetime) -> dict[str, tuple[int, datetime | None]]:
    """Return, for each hop, how many rows are due and since when the oldest is."""
    found: dict[str, tuple[int, datetime | None]] = {}
    for name, model in HOPS.items():
        due: Any = model._default_manager.filter(due_at__lte=now)
        row = due.aggregate(count=Count("pk"), oldest=Min("due_at"))
        found[name] = (row["count"], row["oldest"])
    timers = Clock.objects.filter(sweep_at__lte=now).aggregate(count=Count("pk"), oldest=Min("sweep_at"))
    found["clocks"] = (timers["count"], timers["oldest"])
    return found
