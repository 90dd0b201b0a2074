"""What people do with drafts: write, put to review, ask back, approve, set a time, withdraw.

Each verb locks the draft, refuses what its state does not allow or what somebody changed since it was seen,
and leaves an event that says who and why. Whoever wrote in a draft neither approves nor publishes it.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from erp_connectors.companies import Company
from erp_connectors.errors import ConflictError, PermanentError
from exceptions_app import kept_apart
from exceptions_app.audit.record import Actor, record
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, companies_open
from exceptions_app.policies import concerned, sentences, shadows
from exceptions_app.policies.changes import next_key, table_of, values_of
from exceptions_app.policies.clashes import clashes_of
from exceptions_app.policies.draft_models import Action, DraftState, PolicyChange, PolicyDraft
from exceptions_app.policies.models import PolicyRow

#: A draft that is neither published nor withdrawn.
OPEN = (DraftState.WRITTEN, DraftState.IN_REVIEW, DraftState.APPROVED)
SUBJECT = "policy_draft"


class UnusableDraft(PermanentError):
    """The draft is not in a state for this, or something it needs is missing; the text says which."""


# --- who may what -------------------------------------------------------------------------------------------


def visible_to(person: User) -> QuerySet[PolicyDraft]:
    """Return the drafts the person may see: of their companies alone, and what they wrote in themselves."""
    companies = companies_open(person, "view_policies")
    written = PolicyDraft.objects.filter(authors=person).values("pk")
    if not companies:
        return PolicyDraft.objects.filter(pk__in=written)
    others = _of_others([company.pk for company in companies]).exclude(draft__in=written)
    return PolicyDraft.objects.exclude(pk__in=others.values("draft"))


def of_companies(companies: Collection[int]) -> QuerySet[PolicyDraft]:
    """Return the drafts that say nothing about other companies than these."""
    return PolicyDraft.objects.exclude(pk__in=_of_others(companies).values("draft"))


def _of_others(companies: Collection[int]) -> QuerySet[PolicyChange]:
    return PolicyChange.objects.filter(company__isnull=False).exclude(company__in=companies)


def may(person: User, action: str, draft: PolicyDraft) -> bool:
    """Say whether the person may do `action` (edit_policies, review_policies ...) on the draft as it is.

    That takes the permission in every company the draft says something about; who wrote in it may edit it.
    """
    if not person.is_active:
        return False
    if action == "edit_policies" and is_author(person, draft):
        return True
    allowed = {company.pk for company in companies_open(person, action)}
    touched = set(draft.changes.values_list("company", flat=True))
    if None in touched or not touched:
        touched = set(Company.objects.values_list("pk", flat=True))
    return bool(touched) and touched <= allowed


def is_author(person: User, draft: PolicyDraft) -> bool:
    """Say whether the person ever wrote in the draft."""
    return draft.authors.filter(pk=person.pk).exists()


# --- writing ------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(title: str, *, by: Actor, at: datetime, reason: str = "", takes_back: Any = None) -> PolicyDraft:
    """Begin a draft without changes."""
    draft = PolicyDraft.objects.create(
        title=title[:200],
        reason=reason[:1000],
        created_at=at,
        created_by=by.person,
        changed_at=at,
        takes_back=takes_back,
    )
    _signed(draft, by)
    _tell("policy.drafted", draft, by, at, f"{draft} begun: {draft.title}", reason=reason)
    return draft


@transaction.atomic
def name(
    draft_id: int, title: str, reason: str, *, by: Actor, at: datetime, version: int | None = None
) -> PolicyDraft:
    """Give a draft another title and reason."""
    draft = locked(draft_id, (DraftState.WRITTEN,), version)
    if not title.strip():
        raise UnusableDraft("A draft needs a title: enter what it changes.")
    before = {"title": draft.title, "reason": draft.reason}
    draft.title, draft.reason = title.strip()[:200], reason.strip()[:1000]
    _signed(draft, by)
    _moved(draft, at)
    after = {"title": draft.title, "reason": draft.reason}
    _tell("policy.draft_named", draft, by, at, f"{draft} is called {draft.title}", before=before, after=after)
    return draft


@transaction.atomic
def write(
    draft_id: int,
    row: PolicyRow,
    action: Action,
    *,
    before: dict[str, Any],
    by: Actor,
    at: datetime,
    instead_of: int | None = None,
) -> PolicyChange | None:
    """Write what shall become of a row into a draft: as `row` is now in memory, or that it is removed.

    `before` are its values as they hold (none for a new row). A row stands in a draft once: what is written
    later replaces it, and what comes to nothing is taken out (None). `instead_of` names the change that an
    added row was written by before.
    """
    draft = locked(draft_id, (DraftState.WRITTEN,))
    after = {} if action == Action.REMOVE else values_of(row)
    change = _standing(draft, row, instead_of)
    told = {} if change is None else sentences.told(change)
    if action == Action.REMOVE and change is not None and change.action == Action.ADD:
        _out(draft, change, by, at)
        return None
    if change is None:
        key = next_key(type(row)) if row.pk is None else row.pk
        change = PolicyChange(draft=draft, table=table_of(row), row_id=key, before=before, action=action)
    elif change.action != Action.ADD:
        change.action = action
    change.after, change.changed_at, change.changed_by = after, at, by.person
    change.company_id = _touched(row, before)
    if change.action == Action.CHANGE and change.before == after:
        _out(draft, change, by, at)
        return None
    change.save()
    _signed(draft, by)
    _moved(draft, at)
    _tell(
        "policy.draft_changed",
        draft,
        by,
        at,
        f"{draft}: {sentences.in_history(change)}",
        before=told or sentences.told_before(change),
        after=sentences.told(change),
        change=change,
    )
    return change


@transaction.atomic
def take_out(
    draft_id: int, change_id: int, *, by: Actor, at: datetime, version: int | None = None
) -> PolicyDraft:
    """Take one change out of a draft."""
    draft = locked(draft_id, (DraftState.WRITTEN,), version)
    change = draft.changes.filter(pk=change_id).first()
    if change is None:
        raise ConflictError("This change is not in the draft any more.")
    _out(draft, change, by, at)
    return draft


# --- review -------------------------------------------------------------------------------------------------


@transaction.atomic
def submit(draft_id: int, *, by: Actor, at: datetime, version: int | None = None) -> PolicyDraft:
    """Put a draft to review. Raises UnusableDraft where it changes nothing, or does not say why."""
    draft = locked(draft_id, (DraftState.WRITTEN,), version)
    if not draft.changes.exists():
        raise UnusableDraft("The draft changes nothing yet: write a change into it first.")
    clashes = clashes_of(draft.changes.all())
    if clashes:
        raise UnusableDraft(" ".join(each.words for each in clashes))
    if not draft.reason:
        raise UnusableDraft("Say why the rules are to change: whoever reviews the draft has to know.")
    draft.state, draft.submitted_by = DraftState.IN_REVIEW, by.person
    draft.save()
    _tell("policy.submitted", draft, by, at, f"{draft} put to review: {draft.title}", reason=draft.reason)
    return draft


@transaction.atomic
def approve(
    draft_id: int, *, by: Actor, at: datetime, version: int | None = None, reason: str = ""
) -> PolicyDraft:
    """Approve a draft as it was seen. Raises NotAllowed for whoever wrote in it or put it to review."""
    draft = locked(draft_id, (DraftState.IN_REVIEW,), version)
    _second_person(draft, by)
    draft.state, draft.approved_by, draft.approved_at = DraftState.APPROVED, by.person, at
    draft.save()
    _tell("policy.approved", draft, by, at, f"{draft} approved: {draft.title}", reason=reason)
    return draft


@transaction.atomic
def ask_back(
    draft_id: int, words: str, *, by: Actor, at: datetime, version: int | None = None
) -> PolicyDraft:
    """Give a draft back to its authors with a question; what was approved is approved no more."""
    draft = locked(draft_id, (DraftState.IN_REVIEW, DraftState.APPROVED), version)
    _needs(words, "Say what you ask the authors.")
    _back_to_writing(draft, at)
    _tell("policy.asked_back", draft, by, at, f"{draft} given back to its authors", reason=words)
    return draft


@transaction.atomic
def reopen(draft_id: int, words: str, *, by: Actor, at: datetime, version: int | None = None) -> PolicyDraft:
    """Take a draft back from review to go on writing; an approval is void."""
    draft = locked(draft_id, (DraftState.IN_REVIEW, DraftState.APPROVED), version)
    _needs(words, "Say why you take it back.")
    _back_to_writing(draft, at)
    _tell("policy.reopened", draft, by, at, f"{draft} taken back from review", reason=words)
    return draft


@transaction.atomic
def comment(draft_id: int, words: str, *, by: Actor, at: datetime) -> PolicyDraft:
    """Say something about a draft, in whatever state it is."""
    draft = PolicyDraft.objects.select_for_update().get(pk=draft_id)
    _needs(words, "Write something.")
    _tell("policy.commented", draft, by, at, f"Comment on {draft}", reason=words)
    return draft


@transaction.atomic
def withdraw(
    draft_id: int, words: str, *, by: Actor, at: datetime, version: int | None = None
) -> PolicyDraft:
    """Give a draft up, for a reason; it stays readable."""
    draft = locked(draft_id, OPEN, version)
    _needs(words, "Say why it is withdrawn.")
    draft.state, draft.publish_at, draft.publish_by = DraftState.WITHDRAWN, None, None
    draft.save()
    shadows.end(draft, reason="It is withdrawn", by=by, at=at)
    _tell("policy.withdrawn", draft, by, at, f"{draft} withdrawn: {draft.title}", reason=words)
    return draft


@transaction.atomic
def schedule(
    draft_id: int, moment: datetime | None, *, by: Actor, at: datetime, version: int | None = None
) -> PolicyDraft:
    """Have an approved draft published at a moment to come, or (None) no longer by itself.

    Raises NotAllowed for whoever wrote in it, or stands in for one who did.
    """
    draft = locked(draft_id, (DraftState.APPROVED,), version)
    if moment is not None:
        require_who_wrote_none_of_it(draft, by)
    if moment is not None and moment <= at:
        raise UnusableDraft("This time has passed: choose one to come, or publish now.")
    before = {"publish_at": draft.publish_at.isoformat() if draft.publish_at else None}
    draft.publish_at, draft.publish_by, draft.trouble = moment, by.person if moment else None, ""
    draft.save()
    told = f"{draft} waits for no time"
    if moment:
        told = f"{draft} is published at {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    after = {"publish_at": moment.isoformat() if moment else None}
    _tell("policy.scheduled", draft, by, at, told, before=before, after=after)
    return draft


# --- one draft ----------------------------------------------------------------------------------------------


def written_anew(
    draft: PolicyDraft, moved: Iterable[tuple[PolicyChange, str]], *, by: Actor, at: datetime
) -> None:
    """Note that the changes of a locked draft are others now: it is written again, by this person too.

    `moved` are the changes whose rules had moved, with how in words: told one by one, each to whom it binds.
    """
    _signed(draft, by)
    _back_to_writing(draft, at)
    _tell("policy.rebased", draft, by, at, f"{draft} rebased on what is there")
    for change, words in moved:
        _tell("policy.draft_changed", draft, by, at, f"{draft}, rebased: {words}", change=change)


def locked(draft_id: int, states: Collection[str], version: int | None = None) -> PolicyDraft:
    """Lock a draft that is in one of these states and as it was seen.

    Raises ConflictError where somebody changed it, UnusableDraft where it is in another state.
    """
    draft = PolicyDraft.objects.select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise UnusableDraft("There is no such draft.")
    if version is not None and draft.version != version:
        raise ConflictError("Somebody changed the draft since you opened it: look at it again.")
    if draft.state not in states:
        raise UnusableDraft(f"{draft} is {DraftState(draft.state).label.lower()}: this cannot be done now.")
    return draft


def require_who_wrote_none_of_it(draft: PolicyDraft, by: Actor) -> None:
    """Raise NotAllowed where whoever would publish a draft wrote in it, or stands in for one who did."""
    if by.person is not None:
        kept_apart.require_other(kept_apart.RULE, by.person, draft.authors.all())


def why_not_published_by(draft: PolicyDraft, person: User) -> str:
    """Say in a sentence why the person may not publish the draft because of who wrote it; empty: they may."""
    try:
        require_who_wrote_none_of_it(draft, Actor(person))
    except NotAllowed as refused:
        return str(refused)
    return ""


def _second_person(draft: PolicyDraft, by: Actor) -> None:
    if by.person is None:
        raise NotAllowed("A draft is approved by a person.")
    if is_author(by.person, draft) or by.person.pk == draft.submitted_by_id:
        raise NotAllowed("You wrote in this draft: somebody else has to approve it.")
    kept_apart.require_other(kept_apart.RULE, by.person, draft.authors.all())


def _signed(draft: PolicyDraft, by: Actor) -> None:
    if by.person is not None:
        draft.authors.add(by.person)


def _moved(draft: PolicyDraft, at: datetime) -> None:
    draft.version += 1
    draft.changed_at = at
    draft.save()


def _back_to_writing(draft: PolicyDraft, at: datetime) -> None:
    draft.state = DraftState.WRITTEN
    draft.submitted_by = draft.approved_by = draft.approved_at = None
    draft.publish_at = draft.publish_by = None
    draft.trouble = ""
    _moved(draft, at)


def _standing(draft: PolicyDraft, row: PolicyRow, instead_of: int | None) -> PolicyChange | None:
    of_table = draft.changes.filter(table=table_of(row))
    if row.pk is not None:
        return of_table.filter(row_id=row.pk).first()
    return of_table.filter(pk=instead_of, action=Action.ADD).first() if instead_of else None


def _out(draft: PolicyDraft, change: PolicyChange, by: Actor, at: datetime) -> None:
    if change._state.adding:
        return
    told, before = sentences.in_history(change), sentences.told(change)
    change.delete()
    _signed(draft, by)
    _moved(draft, at)
    _tell("policy.draft_changed", draft, by, at, f"{draft}, taken out: {told}", before=before, change=change)


def company_of(row: PolicyRow) -> int | None:
    """Return the company a row holds in; None where it holds in all."""
    values = values_of(row)
    if "company" in values:
        found: int | None = values["company"]
        return found
    team: Any = getattr(row, "team", None)
    return None if team is None else team.company_id


def _touched(row: PolicyRow, before: dict[str, Any]) -> int | None:
    """Return the company a change is about; None where it is about all, or moves a row to another."""
    held = concerned.by_values(before, values_of(row))
    return held.pop() if len(held) == 1 else None


def _needs(words: str, told: str) -> None:
    if not words.strip():
        raise UnusableDraft(told)


def _tell(
    kind: str,
    draft: PolicyDraft,
    by: Actor,
    at: datetime,
    summary: str,
    *,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    change: PolicyChange | None = None,
) -> None:
    """Tell of a draft those it binds, or of one change of it those who are bound by that."""
    record(
        kind,
        at=at,
        summary=summary,
        subject=(SUBJECT, str(draft.pk)),
        actor=by,
        companies=concerned.by_draft(draft, by.person) if change is None else concerned.by_change(change),
        before=before,
        after=after,
        reason=reason,
    )
