"""Tries changes of the rules on whom proposals need."""

from datetime import timedelta
from typing import Any

from exceptions_app.backtest.approving import OtherApprovals
from exceptions_app.backtest.run import Run, Span
from exceptions_app.policies.changes import values_of
from exceptions_app.policies.models import PolicyRow
from tests.builders.factories import TUESDAY_TEN, PolicyChangeFactory

SPAN = Span(TUESDAY_TEN.replace(day=1), TUESDAY_TEN + timedelta(hours=1))


def change_of(row: PolicyRow) -> Any:
    """Return the change that sets a row, not saved."""
    if row.pk is None:
        return PolicyChangeFactory.build(
            draft=None, changed_by=None, table=row._meta.model_name, after=values_of(row)
        )
    return PolicyChangeFactory.build(
        draft=None,
        changed_by=None,
        table=row._meta.model_name,
        row_id=row.pk,
        action="change",
        before=values_of(type(row).objects.get(pk=row.pk)),
        after=values_of(row),
    )


def tried(*rows: PolicyRow) -> list[OtherApprovals]:
    run = Run.of([change_of(row) for row in rows], SPAN)
    return [found for found in run.found() if isinstance(found, OtherApprovals)]


def teams(labels: tuple[str, ...]) -> list[str]:
    return [label.partition(":")[0] for label in labels]
