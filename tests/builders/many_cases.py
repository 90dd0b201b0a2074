"""A hundred thousand cases in seconds: copies of one case, each with all that hangs on it."""

from django.db import connection, transaction
from django.db.models import Model

from exceptions_app.cases.models import Case, CaseLine, Clock, ClockSegment, QueueEntry, QueueRole, Task
from exceptions_app.incidents.models import Incident
from exceptions_app.notifications.models import Notification

OPEN_ONE_IN = 10
#: Of so many cases one is in an incident, and so many come together in each.
IN_INCIDENT_ONE_IN, PER_INCIDENT = 4, 5
#: The owner's queue has every case; of so many one is in the queue of each other team it concerns.
TOLD_ONE_IN = 10
COPIED = (Incident, Case, CaseLine, Clock, ClockSegment, QueueEntry, Task, Notification)
#: A clock that runs has a segment that does.
RUNNING_SEGMENTS = """
    INSERT INTO exceptions_app_clocksegment (clock_id, round, calendar_id, started_at)
    SELECT clock.id, clock.round, clock.calendar_id, clock.running_since FROM exceptions_app_clock AS clock
    WHERE clock.running_since IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM exceptions_app_clocksegment AS segment WHERE segment.clock_id = clock.id
    )
"""


@transaction.atomic
def multiply(case: Case, copies: int, *, open_one_in: int = OPEN_ONE_IN) -> None:
    """Copy `case` so many times with its lines, clocks, tasks, notifications and queue entries.

    The copies differ in number, group, priority and amount. One in `open_one_in` is open, the others are
    closed, their clocks stopped and their tasks done, as in an installation that has run for a while. Where
    the case is in an incident, some of the copies are in incidents like it.
    """
    with connection.cursor() as cursor:
        # What is copied refers to what is there: to look again for every row would take most of the time.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SELECT MAX(id) FROM exceptions_app_case")
        copy_id = f"{cursor.fetchone()[0]} + n"
        spread = "mod(n * 7919, 100000)"
        is_open = f"(mod(n, {open_one_in}) = 0)"
        of_case = {
            "id": copy_id,
            "number": f"'EX-COPY-' || ({copy_id})",
            "group_key": f"'copy ' || ({copy_id})",
            "priority": spread,
            "amount": spread,
            "state": f"CASE WHEN {is_open} THEN source.state ELSE 'closed' END",
            "incident_id": "NULL",
        }
        if case.incident_id is not None:
            cursor.execute("SELECT MAX(id) FROM exceptions_app_incident")
            last = cursor.fetchone()[0]
            bundled = IN_INCIDENT_ONE_IN * PER_INCIDENT
            joined = f"CASE WHEN mod(n, {IN_INCIDENT_ONE_IN}) = 0 THEN {last} + (n - 1) / {bundled} + 1 END"
            of_case["incident_id"] = joined
            of_incident = {"id": f"{last} + n", "number": f"'IN-COPY-' || ({last} + n)"}
            incidents = copies // bundled + 1
            cursor.execute(_copy(Incident, "id", of_incident), [incidents, case.incident_id])
        of_part = {"case_id": copy_id}
        of_clock = of_part | {
            name: f'CASE WHEN {is_open} THEN source."{name}" END'
            for name in ("running_since", "due_at", "sweep_at")
        }
        of_clock["stopped_at"] = f"CASE WHEN {is_open} THEN source.stopped_at ELSE source.running_since END"
        of_entry = {"priority": spread, "is_open": is_open}
        of_task = {"state": f"CASE WHEN {is_open} THEN source.state ELSE 'done' END"}
        to_owner = f"(source.role = '{QueueRole.OWNER}' OR mod(n + source.team_id, {TOLD_ONE_IN}) = 0)"
        cursor.execute(_copy(Case, "id", of_case), [copies, case.pk])
        cursor.execute(_copy(CaseLine, "case_id", of_part), [copies, case.pk])
        cursor.execute(_copy(Clock, "case_id", of_clock), [copies, case.pk])
        cursor.execute(RUNNING_SEGMENTS)
        cursor.execute(_copy(QueueEntry, "case_id", of_part | of_entry, only=to_owner), [copies, case.pk])
        cursor.execute(_copy(Task, "case_id", of_part | of_task), [copies, case.pk])
        cursor.execute(_copy(Notification, "case_id", of_part), [copies, case.pk])
        for model in COPIED:
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))"
            )
            cursor.execute(f"ANALYZE {table}")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def _copy(model: type[Model], key: str, changed: dict[str, str], *, only: str = "TRUE") -> str:
    """Return the statement that copies the rows whose `key` is the case; it takes (copies, case).

    `only`: which of the copies are made.
    """
    columns = [
        field.column
        for field in model._meta.concrete_fields
        if field.column is not None and (field.column != "id" or "id" in changed)
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changed.get(name, f'source."{name}"') for name in columns)
    table = model._meta.db_table
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS source,"
        f" generate_series(1, %s::bigint) AS n WHERE source.{key} = %s AND {only}"
    )
