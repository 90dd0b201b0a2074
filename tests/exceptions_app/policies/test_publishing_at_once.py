"""Two people at once: one release comes of a draft, and nobody approves what moved under their eyes."""

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection

from erp_connectors.errors import RightlineError
from exceptions_app.people.models import User
from exceptions_app.policies import drafts, publishing
from exceptions_app.policies.draft_models import DraftState, PolicyDraft
from exceptions_app.policies.models import PolicyRelease, ToleranceRow
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.policies.writing import administrator, approved, begun, by, write_change

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], object]) -> list[str]:
    """Do all of it at the same moment, and return what was refused."""
    start, refused = threading.Barrier(len(deeds)), []

    def do(deed: Callable[[], object]) -> None:
        try:
            start.wait()
            deed()
        except RightlineError as problem:
            refused.append(str(problem))
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


@pytest.fixture
def ada(transactional_db: None) -> User:
    return administrator("ada")


@pytest.fixture
def anton(transactional_db: None) -> User:
    return administrator("anton")


def draft_of(ada: User, percent: str) -> PolicyDraft:
    row = ToleranceRow.objects.first() or factories.ToleranceRowFactory.create(
        percent_state="value", percent=Decimal(2)
    )
    draft = begun(ada, f"To {percent}")
    write_change(draft, row, ada, percent=percent)
    return draft


def publish(draft: PolicyDraft, who: User) -> Callable[[], object]:
    return lambda: publishing.publish_draft(draft.pk, by=by(who), at=TUESDAY_TEN)


def test_a_draft_published_by_two_is_published_once(ada: User, anton: User) -> None:
    draft = draft_of(ada, "1.5000")
    approved(draft, ada, anton)
    refused = at_once(publish(draft, administrator("agnes")), publish(draft, anton))
    assert len(refused) == 1
    assert "is published" in refused[0]
    assert list(PolicyRelease.objects.values_list("number", flat=True)) == [2, 1]


def test_of_two_drafts_of_one_rule_the_second_is_told_what_the_first_did(ada: User, anton: User) -> None:
    first, second = draft_of(ada, "1.5000"), draft_of(ada, "1.0000")
    for draft in (first, second):
        approved(draft, ada, anton)
    refused = at_once(publish(first, administrator("agnes")), publish(second, anton))
    assert len(refused) == 1
    assert "Changed meanwhile, by release 2" in refused[0]
    assert sorted(PolicyDraft.objects.values_list("state", flat=True)) == [
        DraftState.APPROVED,
        DraftState.PUBLISHED,
    ]


def test_nobody_approves_another_version_than_was_seen(ada: User, anton: User) -> None:
    draft = draft_of(ada, "1.5000")
    drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)
    seen = PolicyDraft.objects.get().version
    refused = at_once(
        lambda: drafts.reopen(draft.pk, "One more.", by=by(ada), at=TUESDAY_TEN),
        lambda: drafts.approve(draft.pk, by=by(anton), at=TUESDAY_TEN, version=seen),
    )
    left = PolicyDraft.objects.get()
    # Whoever came first: in the end nothing is approved that was taken back.
    assert (left.state, left.approved_by) == (DraftState.WRITTEN, None)
    assert len(refused) <= 1
