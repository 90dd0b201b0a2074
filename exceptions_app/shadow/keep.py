"""Keeps what types in shadow find: rows that are made, updated and cleared as case lines would be.

Nothing else follows from them: no case, no clock, no task, no notification, no event.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from exceptions_app.cases.about import About
from exceptions_app.cases.lines import deviation_of
from exceptions_app.cases.models import CaseLine
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.deviation import Deviation, OpenLine
from exceptions_app.impact import Impact
from exceptions_app.people.models import Team
from exceptions_app.shadow.models import ShadowFinding

#: What a finding takes from the case line it would have been.
OF_LINE = ("quantity", "unit", "amount", "currency", "expected", "actual", "evidence")
#: What makes it another one: the same values again change nothing.
VALUES = ("quantity", "amount", "expected", "actual")


#: What types in shadow have found of one subject and is still so, by key.
Findings = dict[str, ShadowFinding]


def open_findings(kind: SubjectKind, ids: Collection[int]) -> dict[int, Findings]:
    """Return the open findings of each subject that has any, in one query."""
    found: dict[int, Findings] = {}
    for finding in ShadowFinding.objects.filter(subject_kind=kind, subject_id__in=ids, cleared_at=None):
        found.setdefault(finding.subject_id, {})[finding.key] = finding
    return found


def keep(
    known: Mapping[str, ShadowFinding],
    found: Iterable[Deviation],
    *,
    unjudged: Collection[str],
    make: Callable[[Deviation], ShadowFinding],
    why_gone: Callable[[ShadowFinding], str],
    at: datetime,
) -> None:
    """Bring the findings of a subject up to date with what is `found` in it now.

    `make` says what would open, `why_gone` why a known one is no longer so; what is `unjudged` stays.
    """
    still = set(unjudged)
    for deviation in found:
        still.add(deviation.key)
        finding = known.get(deviation.key)
        if finding is None:
            make(deviation).save()
        elif not _shows(finding, deviation):
            _take_over(finding, make(deviation), at)
    for key, finding in known.items():
        if key not in still:
            finding.cleared_at, finding.cleared_reason = at, why_gone(finding)[:300]
            finding.save(update_fields=["cleared_at", "cleared_reason"])


def finding_of(
    about: About, line: CaseLine, impact: Impact, *, type_code: str, group_key: str, team: Team
) -> ShadowFinding:
    """Return the finding, not yet saved, that stands for a case with this one line."""
    return ShadowFinding(
        company=about.company,
        type_code=type_code,
        subject_kind=about.kind,
        subject_id=about.id,
        group_key=group_key,
        key=line.key,
        supplier=about.supplier,
        order=about.order,
        document=about.document,
        order_line=line.order_line,
        line_number=line.line_number,
        headline=impact.headline[:300],
        at_risk=impact.amount,
        severity=impact.severity,
        team=team,
        release=line.release,
        found_at=line.opened_at,
        updated_at=line.opened_at,
        **{name: getattr(line, name) for name in OF_LINE},
    )


def open_line_of(finding: ShadowFinding) -> OpenLine:
    """Return a finding as its type looks at it to say what ended it."""
    return OpenLine(
        key=finding.key,
        type_code=finding.type_code,
        line_number=finding.line_number or None,
        quantity=finding.quantity,
        amount=finding.amount,
        expected=finding.expected,
        actual=finding.actual,
        evidence=finding.evidence,
    )


def _shows(finding: ShadowFinding, deviation: Deviation) -> bool:
    line = CaseLine(key=finding.key, **{name: getattr(finding, name) for name in OF_LINE})
    shown = deviation_of(line)
    return all(getattr(shown, name) == getattr(deviation, name) for name in VALUES)


def _take_over(finding: ShadowFinding, now: ShadowFinding, at: datetime) -> None:
    for name in (*OF_LINE, "headline", "at_risk", "severity", "team", "release"):
        setattr(finding, name, getattr(now, name))
    finding.updated_at = at
    finding.save()
