"""What drafts in shadow would decide otherwise: noted whenever a subject is looked at, and nothing else.

A finding is made, updated and cleared as those of types in shadow are. Each deviation is weighed alone. Where
no draft is in shadow, nothing is asked and nothing read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import structlog

from erp_connectors.errors import RightlineError
from exceptions_app.backtest.replay import Seen
from exceptions_app.backtest.rules import WEIGHING, changed_rows
from exceptions_app.backtest.weighing import Scales, Weight
from exceptions_app.cases.about import About
from exceptions_app.detection import registry
from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.detect import Detection, detect
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.deviation import Deviation
from exceptions_app.policies import rows
from exceptions_app.policies.lookup import Policies
from exceptions_app.policies.models import TypeMode
from exceptions_app.policies.rows import Rows
from exceptions_app.policies.shadow_models import DraftEffect, DraftFinding, DraftShadow
from exceptions_app.subjects.registry import subject
from exceptions_app.subjects.subject import Loaded

ALIKE = "both decide alike now"
#: What makes a finding another one: the same values again change nothing.
VALUES = ("effect", "headline", "amount", "expected_loss", "live", "tried")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A subject as it was just judged by the live rules."""

    loaded: Loaded
    detection: Detection
    agreements: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A draft in shadow with the rules as it would have them, laid over those that are live."""

    shadow: DraftShadow
    live: Rows
    tried: Rows
    weighs: bool


#: The drafts in shadow by their primary keys, as they were laid over the rows that were read last.
_laid: dict[int, _Draft] = {}


def note(kind: SubjectKind, looked_at: Mapping[int, LookedAt], policies: Policies, at: datetime) -> None:
    """Note what every draft in shadow would decide otherwise of subjects, in their transaction."""
    scales = Scales()
    for shadow in policies.rows.in_shadow:
        wanted = {pk: seen for pk, seen in looked_at.items() if _covers(shadow, seen.loaded.about)}
        try:
            if wanted:
                _note(_draft(shadow, policies.rows), kind, wanted, policies, scales, at)
        except RightlineError as problem:
            log.warning("draft_not_tried", shadow=shadow.pk, problem=str(problem))


def _draft(shadow: DraftShadow, live: Rows) -> _Draft:
    known = _laid.get(shadow.pk)
    if known is None or known.live is not live:
        tried = rows.laid_over(live, [SimpleNamespace(**change) for change in shadow.changes])
        weighs = bool({each.table for each in changed_rows(live, tried)} & WEIGHING)
        known = _laid[shadow.pk] = _Draft(shadow, live, tried, weighs)
    return known


def _covers(shadow: DraftShadow, about: About) -> bool:
    return not shadow.suppliers or (about.supplier is not None and about.supplier.pk in shadow.suppliers)


def _note(
    draft: _Draft,
    kind: SubjectKind,
    looked_at: Mapping[int, LookedAt],
    policies: Policies,
    scales: Scales,
    at: datetime,
) -> None:
    with rows.seeing(draft.tried):
        world = subject(kind).load(looked_at, at)
        known: dict[int, dict[str, DraftFinding]] = {}
        for finding in DraftFinding.objects.filter(
            shadow=draft.shadow, subject_kind=kind, subject_id__in=looked_at, cleared_at=None
        ):
            known.setdefault(finding.subject_id, {})[finding.key] = finding
        for pk, seen in looked_at.items():
            if pk in world.subjects:
                pair = _Pair(draft, seen, policies, world.subjects[pk], world.policies, scales, at)
                _keep(pair, known.get(pk, {}))


class _Pair:
    """One subject under the live rules and under a draft's."""

    def __init__(
        self,
        draft: _Draft,
        seen: LookedAt,
        ours: Policies,
        loaded: Loaded,
        theirs: Policies,
        scales: Scales,
        at: datetime,
    ) -> None:
        self.draft, self.scales, self.at = draft, scales, at
        self.live, self.ours = seen, ours
        found = detect(loaded.snapshot, seen.agreements, at, _types(loaded, theirs))
        self.tried, self.theirs = LookedAt(loaded, found, seen.agreements), theirs

    def unjudged(self) -> frozenset[str]:
        """Return the keys nobody can judge now under either of the rules."""
        return self.live.detection.unjudged | self.tried.detection.unjudged

    def findings(self) -> Iterable[DraftFinding]:
        """Yield what the draft would decide otherwise, not yet saved."""
        if not _is_watched(self.live.detection):
            return
        ours, theirs = self._on(self.live, self.ours), self._on(self.tried, self.theirs)
        for key in sorted((ours.keys() | theirs.keys()) - self.unjudged()):
            was, would = ours.get(key), theirs.get(key)
            if was is not None and would is not None and not self.draft.weighs:
                continue
            before = None if was is None else self._weight(was, self.live, self.ours)
            after = None if would is None else self._weight(would, self.tried, self.theirs)
            effect = _effect(before, after)
            if effect is not None:
                yield self._finding(effect, was or would, before, after)

    def _on(self, seen: LookedAt, policies: Policies) -> dict[str, Deviation]:
        """Return what opens cases, by key."""
        wanted = self.draft.shadow.types
        return {
            each.key: each
            for each in seen.detection.deviations
            if (not wanted or each.type_code in wanted) and _opens(each, seen.loaded, policies)
        }

    def _weight(self, deviation: Deviation, seen: LookedAt, policies: Policies) -> Weight:
        kind = registry.exception_type(deviation.type_code)
        alone = (deviation,)
        return self.scales.weigh(kind, Seen(self.at, seen.loaded, seen.detection, policies, alone, alone))

    def _finding(
        self, effect: DraftEffect, deviation: Deviation | None, was: Weight | None, would: Weight | None
    ) -> DraftFinding:
        shown, about = would or was, self.live.loaded.about
        assert shown is not None
        assert deviation is not None
        return DraftFinding(
            shadow=self.draft.shadow,
            company=about.company,
            effect=effect,
            type_code=deviation.type_code,
            subject_kind=about.kind,
            subject_id=about.id,
            key=deviation.key,
            supplier=about.supplier,
            order=about.order,
            document=about.document,
            line_number=deviation.line_number or "",
            headline=shown.headline,
            amount=shown.amount,
            expected_loss=shown.expected_loss,
            live=_plain(was),
            tried=_plain(would),
            found_at=self.at,
            updated_at=self.at,
        )


def _types(loaded: Loaded, policies: Policies) -> list[Any]:
    scopes = loaded.stands_in
    return [
        kind
        for kind in registry.types_of(loaded.about.kind)
        if kind.is_live and any(policies.mode(kind, scope) is not TypeMode.OFF for scope in scopes)
    ]


def _opens(deviation: Deviation, loaded: Loaded, policies: Policies) -> bool:
    kind = registry.exception_type(deviation.type_code)
    return kind.is_live and policies.mode(kind, loaded.scope(deviation.line_number)) is TypeMode.ON


def _is_watched(detection: Detection) -> bool:
    return detection.view is not None and detection.view.snapshot.watched


def _effect(was: Weight | None, would: Weight | None) -> DraftEffect | None:
    if was is None:
        return DraftEffect.OPENS
    if would is None:
        return DraftEffect.NOT_OPENED
    is_alike = (was.severity, was.team.pk) == (would.severity, would.team.pk)
    return None if is_alike else DraftEffect.DECIDED


def _plain(weight: Weight | None) -> dict[str, Any] | None:
    if weight is None:
        return None
    return {"severity": int(weight.severity), "team": weight.team.name}


def _keep(pair: _Pair, known: Mapping[str, DraftFinding]) -> None:
    """Bring the findings of a subject up to date; what nobody can judge stays."""
    still = set(pair.unjudged())
    for now in pair.findings():
        still.add(now.key)
        finding = known.get(now.key)
        if finding is None:
            now.save()
        elif any(getattr(finding, name) != getattr(now, name) for name in VALUES):
            for name in VALUES:
                setattr(finding, name, getattr(now, name))
            finding.updated_at = pair.at
            finding.save()
    for key, finding in known.items():
        if key not in still:
            finding.cleared_at, finding.cleared_reason = pair.at, ALIKE
            finding.save(update_fields=["cleared_at", "cleared_reason"])
