"""What a case costs that is about no order: the money it names, and how bad that is."""

from collections.abc import Sequence
from decimal import Decimal

from exceptions_app.cases.lines import deviation_of
from exceptions_app.cases.models import CaseLine, Severity
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.impact import Impact, amount_of, headline_of
from exceptions_app.policies.lookup import Policies
from exceptions_app.routing.facts import facts_of
from exceptions_app.severity import severity_of
from exceptions_app.subjects.subject import Loaded


def assess_subject(
    kind: ExceptionType, lines: Sequence[CaseLine], *, loaded: Loaded, policies: Policies
) -> Impact:
    """Return the impact of the open lines (at least one) of a case that is about no order."""
    about = loaded.about
    deviations = [deviation_of(line) for line in lines]
    amount = amount_of(deviations, about.company.pk, policies)
    bands = policies.bands(about.company.pk)
    severity = Severity(severity_of(amount or Decimal(0), bands, kind.severity_floor))
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
    return Impact(
        headline=headline_of(kind, deviations),
        amount=amount,
        severity=severity,
        uncovered=(),
        facts=facts | {"severity": int(severity), "amount": amount, "customer_class": None},
    )
