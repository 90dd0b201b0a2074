"""From rows to what is agreed as detection looks at it: on orders, beyond their lines, and on suppliers."""

from collections.abc import Iterable
from decimal import Decimal

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import LineValues, NewLine
from exceptions_app.cases.models import AgreementRow
from exceptions_app.detection.agreement import Agreement, AgreementKind, AgreementState
from exceptions_app.detection.types.base import SubjectKind

#: The key of an agreement on a supplier that says for how many units its prices are, as its quantity.
PRICE_BASIS = "price_basis"


def agreements_of(order_ids: Iterable[int]) -> dict[int, list[Agreement]]:
    """Return the pending and active agreements of orders, in one query."""
    rows = AgreementRow.objects.filter(
        order_line__order__in=order_ids, state__in=(AgreementState.PENDING, AgreementState.ACTIVE)
    ).select_related("order_line")
    found: dict[int, list[Agreement]] = {}
    for row in rows.order_by("pk"):
        if row.order_line is not None:
            found.setdefault(row.order_line.order_id, []).append(agreement_of(row))
    return found


def agreements_on_no_line(order_ids: Iterable[int]) -> dict[int, list[Agreement]]:
    """Return the pending and active agreements on what documents have beyond the lines of orders."""
    rows = AgreementRow.objects.filter(
        subject_kind=SubjectKind.ORDER,
        subject_id__in=list(order_ids),
        order_line=None,
        state__in=(AgreementState.PENDING, AgreementState.ACTIVE),
    )
    found: dict[int, list[Agreement]] = {}
    for row in rows.order_by("pk"):
        if row.subject_id is not None:
            found.setdefault(row.subject_id, []).append(agreement_of(row))
    return found


def price_bases(supplier_ids: Iterable[int]) -> dict[int, Decimal]:
    """Return for how many units the prices of suppliers are that name no basis, where somebody said so."""
    rows = AgreementRow.objects.filter(
        subject_kind=SubjectKind.SUPPLIER,
        subject_id__in=list(supplier_ids),
        key=PRICE_BASIS,
        state=AgreementState.ACTIVE,
    )
    said = rows.order_by("made_at", "pk").values_list("subject_id", "quantity")
    return {supplier: per for supplier, per in said if supplier is not None and per is not None}


def agreement_of(row: AgreementRow) -> Agreement:
    """Return an agreement row as detection looks at it; one about no order line has no values."""
    return Agreement(
        id=row.pk,
        key=row.key,
        type_code=row.type_code,
        line_number=row.order_line.number if row.order_line else None,
        kind=AgreementKind(row.kind),
        state=AgreementState(row.state),
        answer=row.answer,
        before=None if row.before is None else from_builtins(row.before, LineValues),
        after=None if row.after is None else from_builtins(row.after, LineValues),
        quantity=row.quantity,
        agreed_on=row.agreed_on,
        until=row.until,
        made_at=row.made_at,
        added=None if row.added is None else from_builtins(row.added, NewLine),
    )
