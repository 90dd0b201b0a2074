"""How drafts and releases of the rules are shown: in sentences, with what the person may do there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exceptions_app.audit.models import Event
from exceptions_app.people.models import User
from exceptions_app.policies import drafts, publishing
from exceptions_app.policies.changes import tables
from exceptions_app.policies.clashes import clashes_of
from exceptions_app.policies.draft_models import Action, DraftState, PolicyChange, PolicyDraft
from exceptions_app.policies.models import PolicyRelease
from exceptions_app.policies.sentences import NOUNS, sentences
from exceptions_app.web.event_view import event_view
from exceptions_app.web.labels import Chip, Text

STATES: dict[str, Chip] = {
    DraftState.WRITTEN: Chip(_("Being written")),
    DraftState.IN_REVIEW: Chip(_("Waiting for review"), "warn"),
    DraftState.APPROVED: Chip(_("Approved"), "info"),
    DraftState.PUBLISHED: Chip(_("Published"), "good"),
    DraftState.WITHDRAWN: Chip(_("Withdrawn")),
}
SCHEDULED = Chip(_("Published at its time"), "info")
ICONS = {Action.ADD: "plus", Action.CHANGE: "pen-line", Action.REMOVE: "minus"}
EVENTS_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A change in words, who wrote it, and where to edit it.

    Why it cannot be made any more, or not together with the rest ("": it can).
    """

    change: PolicyChange
    sentence: str
    icon: str
    conflict: str = ""
    clash: str = ""
    edit_url: str = ""


def chip_of(draft: PolicyDraft) -> Chip:
    """Return the state of a draft as a chip."""
    if draft.state == DraftState.APPROVED and draft.publish_at:
        return SCHEDULED
    return STATES[draft.state]


def changes_of(draft: PolicyDraft, person: User, *, editable: bool = False) -> list[ChangeView]:
    """Return the changes of a draft in sentences; of an open one with what moved meanwhile."""
    changes = list(draft.changes.select_related("changed_by").order_by("table", "pk"))
    moved: dict[Any, str] = {}
    clashing: dict[Any, str] = {}
    if draft.state in drafts.OPEN:
        moved = {each.change.pk: each.words for each in publishing.conflicts_of(changes)}
        clashing = {each.change.pk: each.words for each in clashes_of(changes)}
    return [
        ChangeView(
            change=change,
            sentence=words,
            icon=ICONS[Action(change.action)],
            conflict=moved.get(change.pk, ""),
            clash=clashing.get(change.pk, ""),
            edit_url=_edit_url(draft, change) if editable and person.is_staff else "",
        )
        for change, words in sentences(changes)
    ]


def _edit_url(draft: PolicyDraft, change: PolicyChange) -> str:
    """Return where the row of a change is edited; a removal is taken out instead."""
    if change.action == Action.REMOVE:
        return ""
    which = f"change={change.pk}" if change.action == Action.ADD else f"row={change.row_id}"
    return f"{reverse('web:policy_write', args=[draft.pk, change.table])}?{which}"


def tables_to_edit(draft: PolicyDraft, person: User) -> list[dict[str, Text]]:
    """Return the kinds of rules the person may edit in the administration, with the way there."""
    return sorted(
        (
            {"label": _(NOUNS[name]), "url": reverse("web:policy_write", args=[draft.pk, name])}
            for name in tables()
            if person.is_staff and person.has_perm(f"exceptions_app.change_{name}")
        ),
        key=lambda each: str(each["label"]),
    )


def allowed(draft: PolicyDraft, person: User) -> dict[str, bool]:
    """Return which verbs the person may use on the draft as it is."""
    state = draft.state
    edits = drafts.may(person, "edit_policies", draft)
    reviews = drafts.may(person, "review_policies", draft)
    publishes = drafts.may(person, "publish_policies", draft) and not drafts.why_not_published_by(
        draft, person
    )
    is_second = not drafts.is_author(person, draft) and draft.submitted_by_id != person.pk
    in_review, is_approved = state == DraftState.IN_REVIEW, state == DraftState.APPROVED
    return {
        "name": edits and state == DraftState.WRITTEN,
        "take-out": edits and state == DraftState.WRITTEN,
        "submit": edits and state == DraftState.WRITTEN,
        "rebase": edits and state in drafts.OPEN,
        "reopen": edits and (in_review or is_approved),
        "withdraw": edits and state in drafts.OPEN,
        "approve": reviews and in_review and is_second,
        "ask-back": reviews and (in_review or is_approved),
        "schedule": publishes and is_approved,
        "publish": publishes and is_approved,
        "comment": True,
    }


def kept_from_publishing(draft: PolicyDraft, person: User) -> str:
    """Say why somebody who publishes drafts may not publish this one that is approved; empty: they may."""
    if draft.state != DraftState.APPROVED or not drafts.may(person, "publish_policies", draft):
        return ""
    return drafts.why_not_published_by(draft, person)


def history_of_draft(draft: PolicyDraft) -> list[Any]:
    """Return what happened to a draft, and that it was published, newest first."""
    told = Q(subject_kind=drafts.SUBJECT, subject_id=str(draft.pk))
    if draft.release is not None:
        told |= _of_release(draft.release)
    return _history(told)


def history_of_release(release: PolicyRelease) -> list[Any]:
    """Return what happened to a release, newest first."""
    return _history(_of_release(release))


def _of_release(release: PolicyRelease) -> Q:
    return Q(subject_kind="policy_release", subject_id=str(release.number))


def _history(told: Q) -> list[Any]:
    events = Event.objects.filter(told).select_related("actor").order_by("-at", "-id")
    return [event_view(event) for event in events[:EVENTS_SHOWN]]


def names(people: Iterable[User]) -> str:
    """Return people by their names, in order."""
    return ", ".join(sorted(str(person) for person in people))
