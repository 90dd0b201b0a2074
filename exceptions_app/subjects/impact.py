"""What a case costs that is about no order: what its type puts at stake, and the work on it."""

from collections.abc import Sequence

from exceptions_app.cases.lines import deviation_of
from exceptions_app.cases.models import CaseLine
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.impact import Impact, impact_of
from exceptions_app.policies.lookup import Policies
from exceptions_app.routing.facts import facts_of
from exceptions_app.subjects.subject import Loaded
from exceptions_app.weighing import Weighed


def assess_subject(
    kind: ExceptionType, lines: Sequence[CaseLine], *, loaded: Loaded, policies: Policies
) -> Impact:
    """Return the impact of the open lines (at least one) of a case that is about no order."""
    about = loaded.about
    weighed = [
        Weighed(
            kind=kind,
            deviation=deviation_of(line),
            company_id=about.company.pk,
            policies=policies,
            figures=policies.figures(loaded.scope(line.line_number)),
            row=loaded.lines.get(line.line_number),
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
