"""Begins and ends to run a draft beside the live rules."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from exceptions_app.audit.record import Actor, record
from exceptions_app.policies import concerned
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.policies.shadow_models import DraftFinding, DraftShadow

SUBJECT = "policy_draft"
IN_A_CHANGE = ("table", "row_id", "action", "before", "after")
NO_LONGER = "the draft is no longer in shadow"


@transaction.atomic
def begin(
    draft: PolicyDraft,
    *,
    types: Collection[str] = (),
    suppliers: Collection[int] = (),
    by: Actor,
    at: datetime,
) -> DraftShadow:
    """Run a draft as it is now beside the live rules, on these types and suppliers (none: all).

    One that runs already is ended first.
    """
    end(draft, reason="begun anew", by=by, at=at)
    shadow = DraftShadow.objects.create(
        draft=draft,
        version=draft.version,
        changes=[
            {name: getattr(change, name) for name in IN_A_CHANGE} for change in draft.changes.order_by("pk")
        ],
        types=sorted(types),
        suppliers=sorted(suppliers),
        began_at=at,
        began_by=by.person,
    )
    after: dict[str, Any] = {"types": shadow.types, "suppliers": shadow.suppliers, "version": draft.version}
    _tell("policy.shadow_began", draft, f"{draft} runs in shadow", by=by, at=at, after=after)
    return shadow


@transaction.atomic
def end(draft: PolicyDraft, *, reason: str, by: Actor, at: datetime) -> None:
    """End the shadow of a draft, if it is in any; what it found and was still so ends with it."""
    running = DraftShadow.objects.select_for_update().filter(draft=draft, ended_at=None)
    for shadow in running:
        shadow.ended_at, shadow.ended_reason = at, reason[:300]
        shadow.save(update_fields=["ended_at", "ended_reason"])
        still = DraftFinding.objects.filter(shadow=shadow, cleared_at=None)
        still.update(cleared_at=at, cleared_reason=NO_LONGER)
        _tell("policy.shadow_ended", draft, f"{draft} no longer runs in shadow", by=by, at=at, reason=reason)


def _tell(
    kind: str,
    draft: PolicyDraft,
    summary: str,
    *,
    by: Actor,
    at: datetime,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    record(
        kind,
        at=at,
        summary=summary,
        subject=(SUBJECT, str(draft.pk)),
        actor=by,
        companies=concerned.by_draft(draft, by.person),
        after=after,
        reason=reason,
    )
