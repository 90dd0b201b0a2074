"""What people had agreed by moments that have passed: what is void today counts as never made."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from exceptions_app.cases.models import AgreementRow
from exceptions_app.detection.agreement import AgreementState
from exceptions_app.detection.agreement_rows import PRICE_BASIS
from exceptions_app.detection.types.base import SubjectKind

COUNTING = (AgreementState.PENDING, AgreementState.ACTIVE)


def agreements_by(which: Q, subject: str) -> dict[int, list[AgreementRow]]:
    """Return such agreements in the order in which they were made, by the subject they are about."""
    rows = AgreementRow.objects.filter(which, state__in=COUNTING).select_related("order_line")
    found: dict[int, list[AgreementRow]] = defaultdict(list)
    for row in rows.order_by("pk"):
        pk = row.subject_id if subject == "subject_id" or row.order_line is None else row.order_line.order_id
        if pk is not None:
            found[pk].append(row)
    return found


def price_bases(suppliers: Collection[int]) -> dict[int, list[tuple[datetime, Decimal]]]:
    """Return which price basis was agreed with each supplier, and when, the earliest first."""
    rows = AgreementRow.objects.filter(
        subject_kind=SubjectKind.SUPPLIER,
        subject_id__in=suppliers,
        key=PRICE_BASIS,
        state=AgreementState.ACTIVE,
        quantity__isnull=False,
    )
    found: dict[int, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for row in rows.order_by("made_at", "pk"):
        if row.subject_id is not None and row.quantity is not None:
            found[row.subject_id].append((row.made_at, row.quantity))
    return found
