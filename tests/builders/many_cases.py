"""A hundred thousand cases in seconds: copies of one case, each with its line, clocks and queue entry."""

from django.db import connection, transaction
from django.db.models import Model

from exceptions_app.cases.models import Case, CaseLine, Clock, ClockSegment, QueueEntry

OPEN_ONE_IN = 10
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
    """Copy `case` so many times; the copies differ in number, group, priority and amount.

    One in `open_one_in` is open, the others are closed and their clocks stopped, as in an installation that
    has run for a while.
    """
    with connection.cursor() as cursor:
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
        }
        of_part = {"case_id": copy_id}
        of_clock = of_part | {
            name: f'CASE WHEN {is_open} THEN source."{name}" END'
            for name in ("running_since", "due_at", "sweep_at")
        }
        of_clock["stopped_at"] = f"CASE WHEN {is_open} THEN source.stopped_at ELSE source.running_since END"
        of_entry = {"priority": spread, "is_open": is_open}
        cursor.execute(_copy(Case, "id", of_case), [copies, case.pk])
        cursor.execute(_copy(CaseLine, "case_id", of_part), [copies, case.pk])
        cursor.execute(_copy(Clock, "case_id", of_clock), [copies, case.pk])
        cursor.execute(RUNNING_SEGMENTS)
        cursor.execute(_copy(QueueEntry, "case_id", of_part | of_entry), [copies, case.pk])
        for model in (Case, CaseLine, Clock, ClockSegment, QueueEntry):
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))"
            )
            cursor.execute(f"ANALYZE {table}")


def _copy(model: type[Model], key: str, changed: dict[str, str]) -> str:
    """Return the statement that copies the rows whose `key` is the case; it takes (copies, case)."""
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
        f" generate_series(1, %s::bigint) AS n WHERE source.{key} = %s"
    )
