"""Publishing drafts: their changes are made in one transaction, under a release of their own.

A row that moved since it was written down is a conflict, told in words. The way out is to rebase: what the
draft wanted stays, laid upon what is there now, and is reviewed again. Taking a release back is a draft with
the inverse changes, which goes the same way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils.translation import gettext, gettext_noop

from erp_connectors.errors import ConflictError
from exceptions_app import sla
from exceptions_app.audit.record import Actor, record
from exceptions_app.cases.models import Clock
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.policies import concerned, drafts, not_published, sentences, shadows
from exceptions_app.policies.changes import (
    changed_fields,
    lay_upon,
    pointed_to,
    tables,
    values_of,
)
from exceptions_app.policies.clashes import clashes_of
from exceptions_app.policies.draft_models import Action, DraftState, PolicyChange, PolicyDraft
from exceptions_app.policies.models import Calendar, PolicyRelease, PolicyRow
from exceptions_app.policies.release import publish

VERBS = {Action.ADD: "added", Action.CHANGE: "changed", Action.REMOVE: "removed"}
WAY_OUT = gettext_noop("Rebase the draft on what is there, and have it reviewed again.")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A change that cannot be made any more as it was written, with why in words."""

    change: PolicyChange
    words: str


# --- publishing ---------------------------------------------------------------------------------------------


@transaction.atomic
def publish_draft(draft_id: int, *, by: Actor, at: datetime, version: int | None = None) -> PolicyRelease:
    """Publish an approved draft as it was seen: all of its changes, or none.

    Raises NotAllowed for whoever wrote in it, or stands in for one who did; ConflictError where a row moved
    meanwhile or a change cannot be made; UnusableDraft where the draft is not approved.
    """
    draft = drafts.locked(draft_id, (DraftState.APPROVED,), version)
    drafts.require_who_wrote_none_of_it(draft, by)
    changes = list(draft.changes.all())
    conflicts = conflicts_of(changes, locking=True)
    if conflicts:
        raise ConflictError(" ".join([*(each.words for each in conflicts), gettext(WAY_OUT)]))
    clashes = clashes_of(changes)
    if clashes:
        raise ConflictError(" ".join(each.words for each in clashes))
    bound = concerned.by_draft(draft, by.person)
    release = publish(draft.title, by=by, at=at, reason=draft.reason, companies=bound)
    for change in sorted(changes, key=_turn):
        _make(change, release, by, at, draft.reason)
    _look_at_clocks(changes, at)
    draft.state, draft.release, draft.trouble = DraftState.PUBLISHED, release, ""
    draft.publish_at = None
    draft.save()
    shadows.end(draft, reason="It is published", by=by, at=at)
    return release


def publish_due(now: datetime) -> int:
    """Publish what is to be published by itself by now, and return how many drafts that were.

    A draft that cannot be published waits for no time any more, and its people hear why.
    """
    due = PolicyDraft.objects.filter(state=DraftState.APPROVED, publish_at__lte=now).order_by("publish_at")
    published = 0
    for draft in due.select_related("publish_by"):
        by = Actor(draft.publish_by, "at its time")
        try:
            _still_may(draft)
            publish_draft(draft.pk, by=by, at=now, version=draft.version)
            published += 1
        except (ConflictError, NotAllowed, drafts.UnusableDraft) as problem:
            not_published.note(draft, str(problem), now)
    return published


def _still_may(draft: PolicyDraft) -> None:
    """Raise NotAllowed where whoever set the time may not publish the draft any more."""
    person = draft.publish_by
    if person is not None and not drafts.may(person, "publish_policies", draft):
        raise NotAllowed(gettext("%(who)s may not publish it any more.") % {"who": person})


def conflicts_of(changes: Iterable[PolicyChange], *, locking: bool = False) -> list[Conflict]:
    """Return which changes cannot be made as they were written, since their rows moved meanwhile."""
    found = []
    for change in changes:
        if change.row_id is None or (change.action == Action.ADD and not _is_there(change)):
            continue
        rows = tables()[change.table]._default_manager.all()
        row = (rows.select_for_update() if locking else rows).filter(pk=change.row_id).first()
        words = _moved(change, row)
        if words:
            found.append(Conflict(change, words))
    return found


# --- ways out -----------------------------------------------------------------------------------------------


@transaction.atomic
def rebase(draft_id: int, *, by: Actor, at: datetime, version: int | None = None) -> PolicyDraft:
    """Write a draft anew upon the rows as they are: each value it changes stays changed, all others follow.

    A change whose row is gone is taken out; so is one that is made already. It has to be reviewed again.
    """
    draft = drafts.locked(draft_id, drafts.OPEN, version)
    told = []
    for conflict in conflicts_of(draft.changes.all()):
        change = conflict.change
        row = tables()[change.table]._default_manager.filter(pk=change.row_id).first()
        told.append((change, conflict.words))
        if row is None or change.action == Action.ADD:
            change.delete()
            continue
        mine = {name: change.after[name] for name in changed_fields(change.before, change.after)}
        change.before = values_of(row)
        change.after = {} if change.action == Action.REMOVE else change.before | mine
        if change.action == Action.CHANGE and change.before == change.after:
            change.delete()
            continue
        change.changed_at, change.changed_by = at, by.person
        change.save()
    drafts.written_anew(draft, told, by=by, at=at)
    return draft


@transaction.atomic
def take_back(release: PolicyRelease, reason: str, *, by: Actor, at: datetime) -> PolicyDraft:
    """Begin a draft that undoes a release: its changes the other way round.

    Raises UnusableDraft for a release that no draft was published as: nothing says what it changed.
    """
    published = PolicyDraft.objects.filter(release=release).first()
    if published is None:
        raise drafts.UnusableDraft(
            f"{release} was set up without a draft: nothing says what it changed. Write a draft instead."
        )
    if not reason.strip():
        raise drafts.UnusableDraft("Say why the release is taken back.")
    title = f"Take back {str(release).lower()}: {release.title}"
    draft = drafts.begin(title, by=by, at=at, reason=reason.strip(), takes_back=release)
    PolicyChange.objects.bulk_create(
        inverse(change, draft, by, at) for change in published.changes.order_by("-pk")
    )
    return draft


def inverse(change: PolicyChange, draft: PolicyDraft, by: Actor, at: datetime) -> PolicyChange:
    """Return the change, not yet saved, that undoes a published one."""
    action = {Action.ADD: Action.REMOVE, Action.REMOVE: Action.ADD, Action.CHANGE: Action.CHANGE}
    inverse = action[Action(change.action)]
    return PolicyChange(
        draft=draft,
        table=change.table,
        row_id=change.row_id,
        company_id=change.company_id,
        action=inverse,
        before={} if inverse == Action.ADD else change.after,
        after={} if inverse == Action.REMOVE else change.before,
        changed_at=at,
        changed_by=by.person,
    )


# --- one change ---------------------------------------------------------------------------------------------


def _moved(change: PolicyChange, row: PolicyRow | None) -> str:
    """Say in words what became of a row since the change was written, "" where nothing did."""
    names = sentences.Names().read([change])
    about = sentences.subject(change, names)
    if change.action == Action.ADD:
        return gettext("%(about)s: it is there already.") % {"about": about}
    if row is None:
        return gettext("%(about)s: it was removed meanwhile.") % {"about": about}
    now = values_of(row)
    moved = {name: now[name] for name in changed_fields(change.before, now)}
    if not moved:
        return ""
    other = PolicyChange(
        table=change.table, action=Action.CHANGE, before=change.before, after=change.before | moved
    )
    told = sentences.sentence(other)
    return gettext("Changed meanwhile, by release %(number)s: %(what)s.") % {
        "number": row.release.number,
        "what": told,
    }


def _is_there(change: PolicyChange) -> bool:
    return tables()[change.table]._default_manager.filter(pk=change.row_id).exists()


def _turn(change: PolicyChange) -> int:
    """Return when a change is made: what others point to is there first, and is removed last.

    Else what is removed makes room for what is changed, and that for what is added.
    """
    if change.table in pointed_to():
        return 4 if change.action == Action.REMOVE else 0
    return (Action.REMOVE, Action.CHANGE, Action.ADD).index(Action(change.action)) + 1


def _make(change: PolicyChange, release: PolicyRelease, by: Actor, at: datetime, reason: str) -> None:
    model = tables()[change.table]
    told, before, after = (
        sentences.in_history(change),
        sentences.told_before(change),
        sentences.told(change),
    )
    try:
        with transaction.atomic():
            if change.action == Action.REMOVE:
                model._default_manager.get(pk=change.row_id).delete()
            else:
                is_new = change.action == Action.ADD
                row = model() if is_new else model._default_manager.get(pk=change.row_id)
                row.pk, row.release = change.row_id, release
                lay_upon(row, change.after)
                row.full_clean(exclude=["release"])
                row.save(force_insert=is_new)
                change.row_id = row.pk
    except (ValidationError, ProtectedError, RestrictedError, IntegrityError) as problem:
        raise ConflictError(f"{told}. This cannot be done: {_why(problem)}") from problem
    change.save()
    record(
        f"policy.{VERBS[Action(change.action)]}",
        at=at,
        summary=told,
        subject=(change.table, str(change.row_id)),
        actor=by,
        companies=concerned.by_change(change),
        before=before,
        after=after,
        reason=reason,
        release=release,
    )


def _why(problem: Exception) -> str:
    if isinstance(problem, ValidationError):
        return " ".join(problem.messages)
    if isinstance(problem, ProtectedError | RestrictedError):
        return "it is in use. Let what uses it follow another rule first."
    return "it contradicts another row. Change that one too, or take this one out."


def _look_at_clocks(changes: Iterable[PolicyChange], at: datetime) -> None:
    """Have every clock looked at that runs on a calendar which was changed."""
    table = Calendar._meta.model_name
    calendars = [each.row_id for each in changes if each.table == table and each.action == Action.CHANGE]
    if calendars:
        sla.look_again(Clock.objects.filter(calendar__in=calendars), at)
