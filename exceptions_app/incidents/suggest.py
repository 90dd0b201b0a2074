"""Suggests incidents: cases of one type at one supplier that arrive together probably have one cause.

Swept by the beat. A suggestion changes nothing but the name its cases carry: each stays in its queue, with
its clocks and its owner, until people decide otherwise.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, QuerySet

from exceptions_app.audit.record import record
from exceptions_app.cases.change import change
from exceptions_app.cases.models import ENDED, Case
from exceptions_app.detection.registry import exception_type
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.incidents.actions import joins
from exceptions_app.incidents.models import LIVE, Incident, IncidentState
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.policies.models import CompanyPolicy

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"

#: What cases have in common that may be one incident: company, supplier, type.
Key = tuple[int, int, str]


def sweep(now: datetime) -> int:
    """Suggest what came together, let later cases join, end what is over; return how many cases joined."""
    joined = sum(
        _bundle(key, policy, now)
        for policy in CompanyPolicy.objects.select_related("company").order_by("pk")
        for key in _keys(policy, now)
    )
    _end(now)
    return joined


def _keys(policy: CompanyPolicy, now: datetime) -> list[Key]:
    """Return where enough cases came together, and where a live incident is young enough for more to join."""
    since = now - timedelta(minutes=policy.incident_minutes)
    counted = _loose(policy, since).values_list("supplier", "type_code").annotate(cases=Count("pk"))
    live = set(
        Incident.objects.filter(company=policy.company, state__in=LIVE, joined_at__gte=since).values_list(
            "supplier", "type_code"
        )
    )
    return [
        (policy.company_id, supplier, type_code)
        for supplier, type_code, cases in counted.order_by("supplier", "type_code")
        if (cases >= policy.incident_cases or (supplier, type_code) in live) and _may_be_bundled(type_code)
    ]


def _may_be_bundled(type_code: str) -> bool:
    return exception_type(type_code).subject is SubjectKind.ORDER


def _loose(policy: CompanyPolicy, since: datetime) -> QuerySet[Case]:
    return Case.objects.filter(
        company=policy.company,
        incident=None,
        left_incident=False,
        supplier__isnull=False,
        opened_at__gte=since,
    ).exclude(state__in=ENDED)


def _bundle(key: Key, policy: CompanyPolicy, now: datetime) -> int:
    """Let the cases of one key join their incident; one at a time, whoever sweeps beside us."""
    company, supplier, type_code = key
    since = now - timedelta(minutes=policy.incident_minutes)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [f"incident {company} {supplier} {type_code}"])
        loose = _loose(policy, since).filter(supplier=supplier, type_code=type_code)
        cases = list(loose.select_related("team").order_by("pk"))
        live = Incident.objects.select_for_update().filter(
            company=company, supplier=supplier, type_code=type_code, state__in=LIVE, joined_at__gte=since
        )
        incident = live.order_by("-joined_at").first()
        if not cases or (incident is None and len(cases) < policy.incident_cases):
            return 0
        if incident is None:
            incident = _suggest(key, cases, now)
        step = joins(incident, f"Came together with others: {incident.number}")
        for case in cases:
            change(case, step, at=now)
        incident.joined_at = now
        incident.save(update_fields=["joined_at"])
    return len(cases)


def _suggest(key: Key, cases: list[Case], now: datetime) -> Incident:
    company, supplier, type_code = key
    number = _next_number()
    incident = Incident.objects.create(
        pk=number,
        number=f"IN-{number}",
        company_id=company,
        supplier_id=supplier,
        type_code=type_code,
        suggested_at=now,
        joined_at=now,
    )
    words = f"{len(cases)} cases came together: {exception_type(type_code).label}, {incident.supplier.name}"
    record(
        "incident.suggested",
        at=now,
        company=incident.company,
        subject=("incident", incident.number),
        summary=words,
        after={"cases": [case.number for case in cases]},
    )
    for team in {case.team for case in cases}:
        Notification.objects.create(
            case=cases[0],
            team=team,
            kind=NotificationKind.ALERT,
            title=f"One incident? {words}"[:300],
            body=f"{incident.number} bundles them. Confirm it, or say that they have nothing in common.",
            created_at=now,
            due_at=now,
        )
    return incident


def _next_number() -> int:
    """Draw from the sequence of the table's key: never twice, gaps allowed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('exceptions_app_incident', 'id'))")
        return int(cursor.fetchone()[0])


def _end(now: datetime) -> None:
    """End the live incidents all of whose cases have ended."""
    over = (
        Incident.objects.filter(state__in=LIVE)
        .select_related("company")
        .exclude(
            pk__in=Case.objects.exclude(state__in=ENDED).filter(incident__isnull=False).values("incident")
        )
    )
    for incident in over:
        ended = Incident.objects.filter(pk=incident.pk, state__in=LIVE)
        if ended.update(state=IncidentState.ENDED, ended_at=now):
            record(
                "incident.ended",
                at=now,
                company=incident.company,
                subject=("incident", incident.number),
                summary="Every case of it has ended",
            )
