"""Drafts on their way: written, put to review, approved by somebody else; everything with who and why."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from erp_connectors import clock
from erp_connectors.errors import ConflictError
from exceptions_app.audit.models import Event
from exceptions_app.people.models import Role, User
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.policies import drafts, publishing
from exceptions_app.policies.draft_models import Action, DraftState, PolicyDraft
from exceptions_app.policies.drafts import UnusableDraft
from exceptions_app.policies.models import ToleranceRow
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN, Ground, ground
from tests.exceptions_app.policies.writing import (
    administrator,
    approved,
    begun,
    by,
    write_change,
    write_new,
    write_removal,
)

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def state(draft: PolicyDraft) -> str:
    return PolicyDraft.objects.get(pk=draft.pk).state


def kinds() -> list[str]:
    return list(Event.objects.order_by("at", "id").values_list("kind", flat=True))


# --- writing ------------------------------------------------------------------------------------------------


def test_what_is_written_into_a_draft_changes_no_rule(tolerance: ToleranceRow, ada: User) -> None:
    draft = begun(ada)
    change = write_change(draft, tolerance, ada, percent="1.5000")
    assert change is not None
    assert (change.before["percent"], change.after["percent"]) == ("2.0000", "1.5000")
    assert ToleranceRow.objects.get().percent == Decimal(2)
    event = Event.objects.get(kind="policy.draft_changed")
    assert event.summary == f"{draft}: Tolerance for price mismatch at Nordmann Dichtungen: 2 % becomes 1.5 %"
    assert (event.before["percent"], event.after["percent"], event.actor) == ("2 %", "1.5 %", ada)


def test_a_row_stands_in_a_draft_once_with_what_was_written_last(
    tolerance: ToleranceRow, ada: User, anton: User
) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    write_change(draft, tolerance, anton, percent="1.2500")
    change = draft.changes.get()
    assert (change.before["percent"], change.after["percent"]) == ("2.0000", "1.2500")
    assert change.changed_by == anton
    assert set(draft.authors.all()) == {ada, anton}


def test_a_row_that_becomes_what_it_was_is_taken_out(tolerance: ToleranceRow, ada: User) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    assert write_change(draft, tolerance, ada, percent="2.0000") is None
    assert not draft.changes.exists()


def test_a_removal_replaces_a_change_and_keeps_what_it_was(tolerance: ToleranceRow, ada: User) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    write_removal(draft, tolerance, ada)
    change = draft.changes.get()
    assert (change.action, change.before["percent"], change.after) == (Action.REMOVE, "2.0000", {})


def test_every_change_of_the_list_is_another_version(tolerance: ToleranceRow, ada: User) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    with pytest.raises(ConflictError, match="Somebody changed the draft"):
        drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN, version=draft.version)
    seen = PolicyDraft.objects.get(pk=draft.pk).version
    drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN, version=seen)
    assert state(draft) == DraftState.IN_REVIEW


def test_a_change_can_be_taken_out_again(tolerance: ToleranceRow, ada: User) -> None:
    draft = begun(ada)
    change = write_change(draft, tolerance, ada, percent="1.5000")
    assert change is not None
    drafts.take_out(draft.pk, change.pk, by=by(ada), at=TUESDAY_TEN)
    assert not draft.changes.exists()
    with pytest.raises(ConflictError, match="not in the draft"):
        drafts.take_out(draft.pk, change.pk, by=by(ada), at=TUESDAY_TEN)


# --- review -------------------------------------------------------------------------------------------------


def test_nothing_is_put_to_review_that_changes_nothing_or_does_not_say_why(
    tolerance: ToleranceRow, ada: User
) -> None:
    draft = begun(ada)
    with pytest.raises(UnusableDraft, match="changes nothing"):
        drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)
    write_change(draft, tolerance, ada, percent="1.5000")
    drafts.name(draft.pk, "Tighter prices", " ", by=by(ada), at=TUESDAY_TEN)
    with pytest.raises(UnusableDraft, match="Say why"):
        drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)


def test_whoever_ever_wrote_in_a_draft_never_approves_it(
    tolerance: ToleranceRow, ada: User, anton: User
) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    new = write_new(draft, factories.TermRowFactory.build(confirm_days=3), anton)
    assert new is not None
    drafts.take_out(draft.pk, new.pk, by=by(ada), at=TUESDAY_TEN)
    drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)
    for author in (ada, anton):
        with pytest.raises(NotAllowed, match="You wrote in this draft"):
            drafts.approve(draft.pk, by=by(author), at=TUESDAY_TEN)
    assert state(draft) == DraftState.IN_REVIEW
    other = administrator("agnes")
    drafts.approve(draft.pk, by=by(other), at=TUESDAY_TEN)
    assert PolicyDraft.objects.get().approved_by == other


def test_nobody_approves_it_who_stands_in_for_an_author(tolerance: ToleranceRow, ada: User) -> None:
    clock.set_now(TUESDAY_TEN)
    factories.MembershipFactory.create(user=ada)
    agnes = administrator("agnes")
    factories.DelegationFactory.create(person=ada, delegate=agnes)
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)
    with pytest.raises(NotAllowed, match=r"Kept apart: .* wrote the rule, so .* may not publish it for them"):
        drafts.approve(draft.pk, by=by(agnes), at=TUESDAY_TEN)


def test_whoever_put_it_to_review_does_not_approve_it(
    tolerance: ToleranceRow, ada: User, anton: User
) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    drafts.submit(draft.pk, by=by(anton), at=TUESDAY_TEN)
    with pytest.raises(NotAllowed):
        drafts.approve(draft.pk, by=by(anton), at=TUESDAY_TEN)


def test_asking_back_gives_it_to_its_authors_and_voids_an_approval(
    tolerance: ToleranceRow, ada: User, anton: User
) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    approved(draft, ada, anton)
    drafts.schedule(draft.pk, TUESDAY_TEN + timedelta(days=1), by=by(anton), at=TUESDAY_TEN)
    with pytest.raises(UnusableDraft, match="what you ask"):
        drafts.ask_back(draft.pk, "", by=by(anton), at=TUESDAY_TEN)
    drafts.ask_back(draft.pk, "Does Nordmann know?", by=by(anton), at=TUESDAY_TEN)
    back = PolicyDraft.objects.get()
    assert (back.state, back.approved_by, back.publish_at) == (DraftState.WRITTEN, None, None)
    asked = Event.objects.get(kind="policy.asked_back")
    assert (asked.reason, asked.actor) == ("Does Nordmann know?", anton)


VERBS: dict[str, Callable[[int, User], object]] = {
    "submit": lambda pk, who: drafts.submit(pk, by=by(who), at=TUESDAY_TEN),
    "approve": lambda pk, who: drafts.approve(pk, by=by(who), at=TUESDAY_TEN),
    "ask_back": lambda pk, who: drafts.ask_back(pk, "Why?", by=by(who), at=TUESDAY_TEN),
    "reopen": lambda pk, who: drafts.reopen(pk, "More.", by=by(who), at=TUESDAY_TEN),
    "withdraw": lambda pk, who: drafts.withdraw(pk, "No more.", by=by(who), at=TUESDAY_TEN),
    "schedule": lambda pk, who: drafts.schedule(pk, None, by=by(who), at=TUESDAY_TEN),
    "publish": lambda pk, who: publishing.publish_draft(pk, by=by(who), at=TUESDAY_TEN),
    "name": lambda pk, who: drafts.name(pk, "Other", "Why", by=by(who), at=TUESDAY_TEN),
    "rebase": lambda pk, who: publishing.rebase(pk, by=by(who), at=TUESDAY_TEN),
}
ALLOWED = {
    DraftState.WRITTEN: {"submit", "withdraw", "name", "rebase"},
    DraftState.IN_REVIEW: {"approve", "ask_back", "reopen", "withdraw", "rebase"},
    DraftState.APPROVED: {"ask_back", "reopen", "withdraw", "schedule", "publish", "rebase"},
    DraftState.WITHDRAWN: set(),
    DraftState.PUBLISHED: set(),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("before", DraftState)
def test_each_state_allows_its_verbs_and_no_other(
    before: DraftState, verb: str, tolerance: ToleranceRow, ada: User, anton: User
) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    if before is DraftState.IN_REVIEW:
        VERBS["submit"](draft.pk, ada)
    elif before is DraftState.WITHDRAWN:
        VERBS["withdraw"](draft.pk, ada)
    elif before is not DraftState.WRITTEN:
        approved(draft, ada, anton)
        if before is DraftState.PUBLISHED:
            VERBS["publish"](draft.pk, anton)
    if verb in ALLOWED[before]:
        VERBS[verb](draft.pk, anton)
        return
    told = kinds()
    with pytest.raises(UnusableDraft):
        VERBS[verb](draft.pk, anton)
    assert (state(draft), kinds()) == (before, told)


def test_a_time_to_publish_is_one_to_come(tolerance: ToleranceRow, ada: User, anton: User) -> None:
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    approved(draft, ada, anton)
    with pytest.raises(UnusableDraft, match="has passed"):
        drafts.schedule(draft.pk, TUESDAY_TEN, by=by(anton), at=TUESDAY_TEN)


# --- who may what -------------------------------------------------------------------------------------------


def test_a_manager_decides_on_drafts_of_her_company_alone(
    world: Ground, tolerance: ToleranceRow, ada: User
) -> None:
    mona, paul, bea = (world.people[name] for name in ("mona", "paul", "bea"))
    ToleranceRow.objects.update(company=world.company)
    tolerance.refresh_from_db()
    draft = begun(ada)
    write_change(draft, tolerance, ada, percent="1.5000")
    assert drafts.may(mona, "review_policies", draft)
    assert not drafts.may(paul, "review_policies", draft)
    assert [drafts.visible_to(person).count() for person in (mona, paul, bea)] == [1, 1, 0]
    other = ground("elbland", supplier_number="78")
    assert drafts.may(mona, "review_policies", draft)
    # What holds in all companies takes somebody who may decide in each of them.
    write_new(draft, factories.TermRowFactory.build(confirm_days=3), ada)
    assert not drafts.may(mona, "review_policies", draft)
    factories.MembershipFactory.create(user=mona, team=other.teams["PRO"], role=Role.MANAGER)
    assert drafts.may(mona, "review_policies", draft)
    assert drafts.may(ada, "review_policies", draft)


def test_drafts_of_other_companies_are_not_seen(world: Ground, ada: User) -> None:
    other = ground("elbland", supplier_number="78")
    draft = begun(ada)
    write_new(draft, factories.TermRowFactory.build(company=other.company, confirm_days=3), ada)
    assert not drafts.visible_to(world.people["mona"]).exists()
    assert drafts.visible_to(other.people["mona"]).exists()


def test_an_author_without_any_role_sees_and_edits_what_they_wrote(world: Ground) -> None:
    staff = factories.UserFactory.create(username="stefan", is_staff=True)
    draft = begun(staff)
    write_new(draft, factories.TermRowFactory.build(confirm_days=3), staff)
    assert drafts.may(staff, "edit_policies", draft)
    assert not drafts.may(staff, "publish_policies", draft)
    assert drafts.visible_to(staff).get() == draft
