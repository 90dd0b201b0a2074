"""Writing in drafts as people do, and who they are."""

from datetime import datetime
from typing import Any

from exceptions_app.audit.record import Actor
from exceptions_app.people.models import User
from exceptions_app.policies import drafts, publishing
from exceptions_app.policies.changes import lay_upon, values_of
from exceptions_app.policies.draft_models import Action, PolicyChange, PolicyDraft
from exceptions_app.policies.models import PolicyRelease, PolicyRow
from tests.builders.factories import TUESDAY_TEN, UserFactory


def administrator(name: str) -> User:
    """Return somebody who may do everything."""
    user: User = UserFactory.create(username=name, is_staff=True, is_superuser=True)
    return user


def by(person: User) -> Actor:
    return Actor(person, "web 10.0.0.1")


def begun(person: User, title: str = "Tighter prices") -> PolicyDraft:
    return drafts.begin(title, by=by(person), at=TUESDAY_TEN, reason="Agreed in November.")


def write_change(draft: PolicyDraft, row: PolicyRow, person: User, **values: Any) -> PolicyChange | None:
    """Write other values of a row, named as a change names them; the row itself stays as it is."""
    before = values_of(type(row)._default_manager.get(pk=row.pk))
    other = type(row)(pk=row.pk, release=row.release)
    lay_upon(other, values_of(row) | values)
    return drafts.write(draft.pk, other, Action.CHANGE, before=before, by=by(person), at=TUESDAY_TEN)


def write_new(draft: PolicyDraft, row: PolicyRow, person: User) -> PolicyChange | None:
    return drafts.write(draft.pk, row, Action.ADD, before={}, by=by(person), at=TUESDAY_TEN)


def write_removal(draft: PolicyDraft, row: PolicyRow, person: User) -> PolicyChange | None:
    return drafts.write(draft.pk, row, Action.REMOVE, before=values_of(row), by=by(person), at=TUESDAY_TEN)


def approved(draft: PolicyDraft, author: User, reviewer: User) -> PolicyDraft:
    drafts.submit(draft.pk, by=by(author), at=TUESDAY_TEN)
    return drafts.approve(draft.pk, by=by(reviewer), at=TUESDAY_TEN)


def published(draft: PolicyDraft, author: User, reviewer: User, at: datetime = TUESDAY_TEN) -> PolicyRelease:
    approved(draft, author, reviewer)
    return publishing.publish_draft(draft.pk, by=by(reviewer), at=at)
