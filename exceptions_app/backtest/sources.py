"""Of what a backtest is: the changes of a draft, or those that would undo a published one."""

from collections.abc import Sequence

from erp_connectors import clock
from erp_connectors.errors import PermanentError
from exceptions_app.audit.record import RIGHTLINE
from exceptions_app.policies.draft_models import DraftState, PolicyChange, PolicyDraft
from exceptions_app.policies.models import PolicyRelease
from exceptions_app.policies.publishing import inverse

DRAFT, RELEASE = "draft", "release"


class NothingToTry(PermanentError):
    """There is no such draft or release, or nothing says what it changed; the text says which."""


def changes_of(draft: PolicyDraft) -> Sequence[PolicyChange]:
    """Return what is tried of a draft; of a published one, what would undo it."""
    changes = list(draft.changes.all())
    if draft.state != DraftState.PUBLISHED:
        return changes
    return [inverse(change, draft, RIGHTLINE, clock.now()) for change in reversed(changes)]


def named(text: str) -> PolicyDraft:
    """Return the draft somebody names: by its id, or by the number of the release it became.

    A plain number is the id of a draft that is not yet published, else a release. `draft:7` and `release:7`
    say which. Raises NothingToTry.
    """
    what, _, number = text.rpartition(":")
    if what not in ("", DRAFT, RELEASE) or not number.isdecimal():
        raise NothingToTry(f"{text} names no draft and no release: say 7, draft:7 or release:7.")
    drafts = PolicyDraft.objects.filter(pk=int(number))
    if what == "":
        drafts = drafts.exclude(state=DraftState.PUBLISHED)
    found = drafts.first() if what != RELEASE else None
    return found or _released(text, what, int(number))


def _released(text: str, what: str, number: int) -> PolicyDraft:
    release = PolicyRelease.objects.filter(number=number).first() if what != DRAFT else None
    if release is None:
        raise NothingToTry(f"There is no draft and no release {text}.")
    draft = PolicyDraft.objects.filter(release=release).first()
    if draft is None:
        raise NothingToTry(f"{release} was set up without a draft: nothing says what it changed.")
    return draft
