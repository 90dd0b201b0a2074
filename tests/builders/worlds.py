"""Pure worlds for detection: what is found in a set of documents, and agreements made on it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from erp_connectors.canonical.commands import LineValues
from erp_connectors.canonical.documents import Invoice
from erp_connectors.canonical.values import Quantity, SchedulePart
from erp_connectors.documents.heard import HeardDocument
from exceptions_app.detection.agreement import Agreement, AgreementKind, AgreementState
from exceptions_app.detection.agreements import fingerprint, values_of
from exceptions_app.detection.detect import Detection, detect
from exceptions_app.detection.examples import at, invoiced, snapshot
from exceptions_app.detection.invoices import InvoiceSnapshot
from exceptions_app.detection.reconcile import Changes, OpenLine, reconcile
from exceptions_app.detection.registry import types_of
from exceptions_app.detection.snapshot import OrderSnapshot
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.deviation import Deviation

Found = list[tuple[str, str | None, str]]


def found(
    documents: Iterable[HeardDocument], when: str, agreements: Iterable[Agreement] = (), **world: object
) -> Found:
    """Return what deviates at a moment, of any type: (type, quantity, line), sorted."""
    said = tuple(documents)
    of_order = listed(detect(snapshot(*said, **world), tuple(agreements), at(when)))  # type: ignore[arg-type]
    return sorted(
        of_order + [each for one in on_invoices(said, when, **world).values() for each in listed(one)]
    )


def on_invoices(documents: Iterable[HeardDocument], when: str, **world: object) -> dict[str, Detection]:
    """Return what deviates at a moment on each invoice among the documents."""
    said = tuple(documents)
    types = types_of(SubjectKind.INVOICE)
    numbers = {each.key for each in said if isinstance(each.content, Invoice)}
    return {
        number: detect(invoiced(*said, number=number, **world), (), at(when), types)  # type: ignore[arg-type]
        for number in sorted(numbers)
    }


def listed(detection: Detection) -> Found:
    """Return the deviations of a detection as (type, quantity, line), sorted."""
    return sorted(
        (d.type_code, None if d.quantity is None else str(d.quantity), d.line_number or "")
        for d in detection.deviations
    )


def agreement(
    known: OrderSnapshot,
    type_code: str,
    *,
    state: AgreementState = AgreementState.ACTIVE,
    kind: AgreementKind = AgreementKind.ACCEPTED,
    quantity: str | int | None = None,
    agreed_on: str | None = None,
    until: str | None = None,
    after: LineValues | None = None,
    line: str = "10",
    number: int = 1,
    key: str | None = None,
    made: str | None = None,
) -> Agreement:
    """Return an agreement on a line, bound to the words and values of `known`."""
    of_line = next(candidate for candidate in known.lines if candidate.position.line.number == line)
    before = values_of(of_line.position.line)
    return Agreement(
        id=number,
        key=key or f"{type_code}:{line}",
        type_code=type_code,
        line_number=line,
        kind=kind,
        state=state,
        answer=fingerprint(of_line),
        before=before,
        after=after or before,
        quantity=None if quantity is None else Decimal(quantity),
        agreed_on=date.fromisoformat(agreed_on) if agreed_on else None,
        until=date.fromisoformat(until) if until else None,
        made_at=at(made) if made else None,
    )


def scheduled(values: LineValues, *parts: tuple[str | int, str]) -> LineValues:
    """Return values with another schedule, of (quantity, date)."""
    unit = values.quantity.unit
    schedule = tuple(
        SchedulePart(Quantity(Decimal(value), unit), date.fromisoformat(day)) for value, day in parts
    )
    total = sum((part.quantity.value for part in schedule), Decimal(0))
    return replace(values, quantity=Quantity(total, unit), schedule=schedule)


class Desk:
    """The open deviations of an order or invoice, kept as the product keeps its cases."""

    def __init__(self) -> None:
        self.open: dict[str, OpenLine] = {}
        self.history: list[tuple[str, str]] = []

    def evaluate(
        self, known: OrderSnapshot | InvoiceSnapshot, agreements: Sequence[Agreement], as_of: datetime
    ) -> Changes:
        """Detect, reconcile and apply the changes."""
        types = types_of(SubjectKind.INVOICE if isinstance(known, InvoiceSnapshot) else SubjectKind.ORDER)
        changes = reconcile(list(self.open.values()), detect(known, agreements, as_of, types))
        for deviation in (*changes.to_open, *changes.to_update, *changes.to_refresh):
            if deviation.key not in self.open:
                self.history.append(("open", deviation.key))
            self.open[deviation.key] = _open(deviation)
        for cleared in changes.to_clear:
            self.history.append((cleared.reason.value, cleared.line.key))
            del self.open[cleared.line.key]
        return changes


def _open(deviation: Deviation) -> OpenLine:
    return OpenLine(
        key=deviation.key,
        type_code=deviation.type_code,
        line_number=deviation.line_number,
        quantity=deviation.quantity,
        amount=deviation.amount,
        expected=deviation.expected,
        actual=deviation.actual,
        evidence=deviation.evidence,
    )
