"""What a case costs that is about no order: what its type puts at stake, and the work on it."""

from collections.abc import Sequence

from django.db.models import Q

from erp_connectors.documents.models import PurchaseOrder
from erp_connectors.exchange.models import PartnerProfile, StreamState
from exceptions_app.cases.lines import deviation_of
from exceptions_app.cases.models import CaseLine
from exceptions_app.detection.invoices import InvoiceSnapshot
from exceptions_app.detection.models import Watch
from exceptions_app.detection.types.base import ExceptionType, SubjectKind
from exceptions_app.impact import Impact, impact_of
from exceptions_app.policies.lookup import Policies
from exceptions_app.routing.facts import facts_of
from exceptions_app.subjects.subject import Loaded
from exceptions_app.weighing import Held, Weighed


def assess_subject(
    kind: ExceptionType, lines: Sequence[CaseLine], *, loaded: Loaded, policies: Policies
) -> Impact:
    """Return the impact of the open lines (at least one) of a case that is about no order."""
    about = loaded.about
    held = _held(loaded)
    blinded = _blinded(about.stream) if about.stream is not None else None
    weighed = [
        Weighed(
            kind=kind,
            deviation=deviation_of(line),
            company_id=about.company.pk,
            policies=policies,
            figures=policies.figures(loaded.scope(line.line_number)),
            row=loaded.lines.get(line.line_number),
            held=held,
            is_held_with_another=held is not None and line is not lines[0],
            blinded=blinded,
        )
        for line in lines
    ]
    facts = facts_of(
        kind,
        lines,
        company=about.company,
        today=policies.of(about.company.pk).today,
        supplier=about.supplier,
        buyer=about.buyer,
        connection=about.connection,
        message_kind=about.message_kind,
        order_lines=loaded.lines,
    )
    return impact_of(kind, weighed, uncovered=(), facts=facts)


def _held(loaded: Loaded) -> Held | None:
    """Return the invoice, which is held as a whole whatever of it deviates; None for anything else."""
    if not isinstance(loaded.snapshot, InvoiceSnapshot):
        return None
    invoice = loaded.snapshot.invoice
    terms = invoice.payment_terms
    return Held(
        total=invoice.total,
        currency=invoice.currency or loaded.about.company.currency,
        discount_percent=terms.discount_percent if terms else None,
        said_at=loaded.snapshot.said_at,
    )


def _blinded(stream: StreamState) -> int:
    """Return how many orders cannot be judged that the stream would tell of: of its ERP, or its partners."""
    partners = PartnerProfile.objects.filter(connection=stream.connection_id)
    orders = PurchaseOrder.objects.filter(
        Q(connection=stream.connection_id) | Q(supplier__in=partners.values("supplier"))
    )
    blind = Watch.objects.filter(subject_kind=SubjectKind.ORDER, blind_since__isnull=False)
    return blind.filter(subject_id__in=orders.values("pk")).count()
