"""Publishing a draft: all of it or nothing, under one release, and back again."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.errors import ConflictError
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Clock
from exceptions_app.detection.models import LookOver
from exceptions_app.notifications.models import Notification
from exceptions_app.people.models import Team, User
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.policies import drafts, not_published, publishing, rows
from exceptions_app.policies.draft_models import Action, DraftState, PolicyDraft
from exceptions_app.policies.drafts import UnusableDraft
from exceptions_app.policies.models import (
    EscalationStep,
    PolicyRelease,
    TermRow,
    ToleranceRow,
)
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN, Ground, ground
from tests.exceptions_app.policies.writing import (
    administrator,
    approved,
    begun,
    by,
    published,
    write_change,
    write_new,
    write_removal,
)

pytestmark = pytest.mark.django_db
SCENE = ground
LATER = TUESDAY_TEN + timedelta(hours=6)


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def draft(tolerance: ToleranceRow, ada: User) -> PolicyDraft:
    """A draft that changes a tolerance, removes a term and adds another."""
    term = factories.TermRowFactory.create(confirm_days=5)
    written = begun(ada)
    write_change(written, tolerance, ada, percent="1.5000")
    write_removal(written, term, ada)
    write_new(written, factories.TermRowFactory.build(confirm_days=3), ada)
    return written


def values() -> dict[str, Any]:
    return {
        "percent": ToleranceRow.objects.values_list("percent", flat=True).get(),
        "days": list(TermRow.objects.values_list("confirm_days", flat=True)),
    }


def test_all_changes_are_made_under_one_release(draft: PolicyDraft, ada: User, anton: User) -> None:
    release = published(draft, ada, anton)
    assert values() == {"percent": Decimal("1.5"), "days": [3]}
    assert release.number == 2
    assert {ToleranceRow.objects.get().release, TermRow.objects.get().release} == {release}
    done = PolicyDraft.objects.get()
    assert (done.state, done.release) == (DraftState.PUBLISHED, release)
    assert rows.current().release == release
    assert LookOver.objects.count() == 1


def test_it_comes_out_as_the_draft_was_seen_in_memory(draft: PolicyDraft, ada: User, anton: User) -> None:
    with rows.under(draft.changes.all()) as laid:
        expected = [row.percent for row in laid.tolerances], [row.confirm_days for row in laid.terms]
    published(draft, ada, anton)
    now = rows.current()
    assert ([row.percent for row in now.tolerances], [row.confirm_days for row in now.terms]) == expected


def test_the_history_tells_each_change_with_before_after_who_and_why(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    release = published(draft, ada, anton)
    told = {event.kind: event for event in Event.objects.filter(release=release)}
    assert set(told) == {"policy.published", "policy.changed", "policy.removed", "policy.added"}
    changed = told["policy.changed"]
    assert (changed.before["percent"], changed.after["percent"]) == ("2 %", "1.5 %")
    assert changed.summary == "Tolerance for price mismatch at Nordmann Dichtungen: 2 % becomes 1.5 %"
    assert told["policy.removed"].before["confirm_days"] == "5"
    assert told["policy.added"].after["confirm_days"] == "3"
    assert {(event.actor, event.reason) for event in told.values()} == {(anton, "Agreed in November.")}


def test_a_draft_nobody_approved_is_not_published(draft: PolicyDraft, ada: User) -> None:
    drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)
    with pytest.raises(UnusableDraft, match="in review"):
        publishing.publish_draft(draft.pk, by=by(ada), at=TUESDAY_TEN)
    assert PolicyRelease.objects.count() == 1


# --- what moved meanwhile -----------------------------------------------------------------------------------


def test_a_row_that_moved_meanwhile_is_a_conflict_with_its_way_out(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    approved(draft, ada, anton)
    ToleranceRow.objects.update(percent=Decimal("1.8"))
    with pytest.raises(ConflictError) as problem:
        publishing.publish_draft(draft.pk, by=by(anton), at=TUESDAY_TEN)
    assert str(problem.value) == (
        "Changed meanwhile, by release 1: Tolerance for price mismatch at Nordmann Dichtungen: "
        "2 % becomes 1.8 %. Rebase the draft on what is there, and have it reviewed again."
    )
    assert values() == {"percent": Decimal("1.8"), "days": [5]}
    assert PolicyRelease.objects.count() == 1


def test_rebasing_keeps_what_the_draft_wants_and_lets_all_else_follow(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    approved(draft, ada, anton)
    ToleranceRow.objects.update(percent=Decimal("1.8"), owner="Purchasing")
    TermRow.objects.all().delete()
    rebased = publishing.rebase(draft.pk, by=by(anton), at=TUESDAY_TEN)
    assert rebased.state == DraftState.WRITTEN
    assert publishing.conflicts_of(draft.changes.all()) == []
    assert {change.action for change in draft.changes.all()} == {Action.CHANGE, Action.ADD}
    drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)
    agnes = administrator("agnes")
    drafts.approve(draft.pk, by=by(agnes), at=TUESDAY_TEN)
    publishing.publish_draft(draft.pk, by=by(agnes), at=TUESDAY_TEN)
    row = ToleranceRow.objects.get()
    assert (row.percent, row.owner) == (Decimal("1.5"), "Purchasing")


def test_whoever_rebased_a_draft_does_not_approve_it(draft: PolicyDraft, ada: User, anton: User) -> None:
    publishing.rebase(draft.pk, by=by(anton), at=TUESDAY_TEN)
    drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)
    with pytest.raises(Exception, match="You wrote in this draft"):
        drafts.approve(draft.pk, by=by(anton), at=TUESDAY_TEN)


def test_what_was_done_already_is_taken_out(draft: PolicyDraft, ada: User, anton: User) -> None:
    ToleranceRow.objects.update(percent=Decimal("1.5"))
    publishing.rebase(draft.pk, by=by(anton), at=TUESDAY_TEN)
    assert "tolerancerow" not in {change.table for change in draft.changes.all()}


def test_a_change_that_cannot_be_made_stops_all_of_them(draft: PolicyDraft, ada: User, anton: User) -> None:
    spare = factories.CalendarFactory.create(code="spare", name="Spare")
    write_removal(draft, spare, ada)
    approved(draft, ada, anton)
    Team.objects.filter(code="PRO").update(calendar=spare)
    with pytest.raises(ConflictError, match=r"Calendar “Spare”: team Procurement, Weserland uses it"):
        publishing.publish_draft(draft.pk, by=by(anton), at=TUESDAY_TEN)
    assert values() == {"percent": Decimal(2), "days": [5]}
    assert not Event.objects.filter(kind="policy.changed").exists()


def test_two_rows_where_one_may_be_are_told(world: Ground, ada: User, anton: User) -> None:
    draft = begun(ada)
    step = EscalationStep.objects.filter(team=world.teams["PRO"]).get()
    write_new(draft, factories.EscalationStepFactory.build(team=step.team, level=2), ada)
    write_change(draft, step, ada, level=2)
    with pytest.raises(UnusableDraft, match="level 2: another rule stands there already"):
        approved(draft, ada, anton)


# --- at its time --------------------------------------------------------------------------------------------


def test_it_is_published_at_its_time_by_whoever_set_it(draft: PolicyDraft, ada: User, anton: User) -> None:
    approved(draft, ada, anton)
    drafts.schedule(draft.pk, LATER, by=by(anton), at=TUESDAY_TEN)
    assert publishing.publish_due(LATER - timedelta(seconds=1)) == 0
    assert publishing.publish_due(LATER) == 1
    assert publishing.publish_due(LATER) == 0
    release = PolicyRelease.objects.first()
    assert release is not None
    assert (release.published_by, release.published_at) == (anton, LATER)
    assert values()["percent"] == Decimal("1.5")


def test_what_cannot_be_published_at_its_time_says_why_and_harms_no_other(
    draft: PolicyDraft, ada: User, anton: User, world: Ground
) -> None:
    other = begun(ada, "Slower answers")
    write_new(other, factories.SupplierTimeRowFactory.build(), ada)
    for each in (draft, other):
        approved(each, ada, anton)
        drafts.schedule(each.pk, LATER, by=by(anton), at=TUESDAY_TEN)
    ToleranceRow.objects.update(percent=Decimal("1.8"))
    assert publishing.publish_due(LATER) == 1
    stuck = PolicyDraft.objects.get(pk=draft.pk)
    assert (stuck.state, stuck.publish_at) == (DraftState.APPROVED, None)
    assert "2 % becomes 1.8 %" in stuck.trouble
    assert Event.objects.get(kind="policy.not_published").reason == stuck.trouble
    assert PolicyDraft.objects.get(pk=other.pk).state == DraftState.PUBLISHED


def scheduled(draft: PolicyDraft, ada: User, anton: User) -> None:
    approved(draft, ada, anton)
    drafts.schedule(draft.pk, LATER, by=by(anton), at=TUESDAY_TEN)


def test_whoever_wrote_approved_or_may_publish_a_draft_hears_that_its_time_passed(
    draft: PolicyDraft, ada: User, anton: User, world: Ground
) -> None:
    agnes = administrator("agnes")
    ground("elbeland", supplier_number="78")
    scheduled(draft, ada, anton)
    ToleranceRow.objects.update(percent=Decimal("1.8"))
    publishing.publish_due(LATER)
    publishing.publish_due(LATER)

    told = Notification.objects.order_by("pk")
    assert [each.person for each in told] == [ada, anton, agnes], "each once, and no manager of one company"
    assert {(each.path, each.due_at) for each in told} == {(f"/policies/drafts/{draft.pk}/", LATER)}
    assert "Tighter prices" in told[0].title
    assert "2 % becomes 1.8 %" in told[0].body
    assert "another time" in told[0].body


def test_a_draft_of_one_company_is_told_to_its_managers_too(world: Ground, ada: User, anton: User) -> None:
    company = factories.ToleranceRowFactory.create(company=world.company)
    draft = begun(ada)
    write_removal(draft, company, ada)
    scheduled(draft, ada, anton)
    company.delete()
    publishing.publish_due(LATER)
    assert set(Notification.objects.values_list("person__username", flat=True)) == {"ada", "anton", "mona"}


def test_who_may_not_publish_any_more_publishes_nothing_at_its_time_either(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    scheduled(draft, ada, anton)
    User.objects.filter(pk=anton.pk).update(is_active=False)

    assert publishing.publish_due(LATER) == 0
    assert "may not publish it any more" in PolicyDraft.objects.get(pk=draft.pk).trouble
    assert set(Notification.objects.values_list("person__username", flat=True)) == {"ada", "mona"}


def test_no_auditor_reads_in_the_history_which_rule_of_another_company_stood_in_the_way(
    world: Ground, ada: User, anton: User
) -> None:
    draft = begun(ada)
    for company in (world.company, ground("elbeland", supplier_number="78").company):
        write_removal(draft, factories.ToleranceRowFactory.create(company=company), ada)
    scheduled(draft, ada, anton)
    ToleranceRow.objects.all().delete()
    publishing.publish_due(LATER)

    assert Event.objects.get(kind="policy.not_published").reason == not_published.ON_ITS_PAGE
    assert "removed meanwhile" in PolicyDraft.objects.get(pk=draft.pk).trouble


# --- kept apart from writing --------------------------------------------------------------------------------


def test_whoever_wrote_in_a_draft_does_not_publish_it_now_or_at_a_time(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    approved(draft, ada, anton)
    refusal = "Kept apart: Ada Example wrote the rule, so another person has to publish it"
    with pytest.raises(NotAllowed, match=refusal):
        publishing.publish_draft(draft.pk, by=by(ada), at=TUESDAY_TEN)
    with pytest.raises(NotAllowed, match=refusal):
        drafts.schedule(draft.pk, LATER, by=by(ada), at=TUESDAY_TEN)
    assert PolicyDraft.objects.get().publish_at is None
    assert PolicyRelease.objects.count() == 1


def test_who_stands_in_for_an_author_does_not_publish_it_either(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    clock.set_now(TUESDAY_TEN)
    approved(draft, ada, anton)
    drafts.schedule(draft.pk, LATER, by=by(anton), at=TUESDAY_TEN)
    factories.MembershipFactory.create(user=ada)
    factories.DelegationFactory.create(person=ada, delegate=anton)
    refusal = "Kept apart: Ada Example wrote the rule, so Anton Example may not publish it for them"
    with pytest.raises(NotAllowed, match=refusal):
        publishing.publish_draft(draft.pk, by=by(anton), at=TUESDAY_TEN)
    with pytest.raises(NotAllowed, match=refusal):
        drafts.schedule(draft.pk, LATER, by=by(anton), at=TUESDAY_TEN)
    assert publishing.publish_due(LATER) == 0
    assert refusal in PolicyDraft.objects.get().trouble


def test_whoever_takes_a_release_back_does_not_publish_that(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    release = published(draft, ada, anton)
    back = approved(
        publishing.take_back(release, "Nordmann protests.", by=by(anton), at=TUESDAY_TEN), anton, ada
    )
    with pytest.raises(NotAllowed, match="Anton Example wrote the rule"):
        publishing.publish_draft(back.pk, by=by(anton), at=TUESDAY_TEN)
    assert publishing.publish_draft(back.pk, by=by(ada), at=TUESDAY_TEN).number == 3


# --- taking a release back ----------------------------------------------------------------------------------


def test_taking_a_release_back_restores_every_row_after_review(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    before = values()
    release = published(draft, ada, anton)
    back = publishing.take_back(release, "Nordmann protests.", by=by(anton), at=TUESDAY_TEN)
    assert (back.takes_back, back.title) == (release, "Take back release 2: Tighter prices")
    assert values() != before
    assert published(back, anton, ada).number == 3
    assert values() == before


def test_what_changed_since_a_release_is_a_conflict_of_taking_it_back(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    release = published(draft, ada, anton)
    ToleranceRow.objects.update(percent=Decimal(1))
    back = publishing.take_back(release, "Nordmann protests.", by=by(anton), at=TUESDAY_TEN)
    assert [conflict.change.table for conflict in publishing.conflicts_of(back.changes.all())] == [
        "tolerancerow"
    ]


def test_the_first_set_up_is_not_taken_back(world: Ground, ada: User) -> None:
    with pytest.raises(UnusableDraft, match="set up without a draft"):
        publishing.take_back(PolicyRelease.objects.get(), "Why not", by=by(ada), at=TUESDAY_TEN)


# --- clocks -------------------------------------------------------------------------------------------------


def test_clocks_that_run_on_a_changed_calendar_are_looked_at(world: Ground, ada: User, anton: User) -> None:
    running = factories.ClockFactory.create(calendar=world.calendar, running_since=TUESDAY_TEN, sweep_at=None)
    draft = begun(ada)
    write_change(draft, world.calendar, ada, closed_on=["2026-12-24"])
    published(draft, ada, anton, at=LATER)
    assert Clock.objects.get(pk=running.pk).sweep_at == LATER
