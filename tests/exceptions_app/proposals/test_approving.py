"""Scenario 1's decision: who may propose, who may agree, and what reaches the ERP when they have."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import CommandKind, OrderCommand
from erp_connectors.errors import ConfigurationError, ConflictError, PermanentError, TransientError
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import RIGHTLINE, Actor
from exceptions_app.cases import actions as case_actions
from exceptions_app.cases.change import StaleVersion
from exceptions_app.cases.models import AgreementRow, CaseState, QueueEntry, QueueRole
from exceptions_app.detection.agreements import fingerprint
from exceptions_app.detection.models import Watch
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import Membership, Role
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.playbook import registry
from exceptions_app.playbook.inputs import UnusableInputs
from exceptions_app.playbook.load import line_snapshot
from exceptions_app.policies.models import ApprovalRule, Calendar
from exceptions_app.proposals import actions, approvals, settle
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Approval, Bundle, Proposal, ProposalState
from exceptions_app.proposals.renewal import ValuesMoved
from tests.builders.factories import (
    TUESDAY_TEN,
    ApprovalRuleFactory,
    CaseFactory,
    CompanyFactory,
    MembershipFactory,
    ProposalFactory,
    UserFactory,
    berlin,
    change_line,
    offer,
    steps_asking,
)
from tests.exceptions_app.proposals.shortage import (
    LATER,
    NOWHERE,
    REQUESTED,
    SPLIT,
    Shortage,
    add_line,
    news,
    ready,
    shortage,
    supplier_offers,
    told,
)

pytestmark = pytest.mark.django_db
SCENE = partial(shortage, NOWHERE)


@pytest.fixture
def short(scene: Shortage, tmp_path: Path) -> Shortage:
    """18 of 100 are short."""
    return ready(scene, tmp_path)


# --- the decision of scenario 1 -----------------------------------------------------------------------------


def test_a_decision_above_the_limit_waits_for_everybody_it_needs(short: Shortage) -> None:
    proposal = short.propose()
    assert proposal.state == ProposalState.PENDING
    assert proposal.amount == Decimal("3283.20")
    assert proposal.percent == 18
    assert [(need.team.code, need.min_limit) for need in proposal.needs.order_by("pk")] == [
        ("PRO", Decimal("3283.20")),
        ("PLN", None),
    ]
    assert Command.objects.count() == 0
    assert AgreementRow.objects.count() == 0
    assert short.now().state == CaseState.IN_PROGRESS

    proposal = short.approve(proposal, "paul")
    assert proposal.state == ProposalState.PENDING
    assert Command.objects.count() == 0

    proposal = short.approve(proposal, "pia")
    assert proposal.state == ProposalState.EXECUTING
    command = Command.objects.get()
    content = from_builtins(command.content, OrderCommand)
    assert content.kind is CommandKind.SPLIT_SCHEDULE
    assert content.order_number == "4500010001"
    assert [(part.quantity.value, part.date) for part in content.changes[0].after.schedule] == [
        (Decimal(82), REQUESTED),
        (Decimal(18), LATER),
    ]
    assert command.proposal_id == proposal.pk
    assert command.case_number == short.case.number
    assert short.now().state == CaseState.MONITORING


def test_the_authorisation_of_a_command_names_everybody_who_agreed(short: Shortage) -> None:
    proposal = short.approve(short.approve(short.propose(), "pia"), "paul")
    authorisation = Command.objects.get().authorisation
    assert authorisation == proposal.authorisation
    assert authorisation["kind"] == "approved"
    assert authorisation["release"] == proposal.release.number
    assert authorisation["amount"] == "3283.20"
    assert [(each["team"], each["name"]) for each in authorisation["approvals"]] == [
        ("PLN", "Pia Example"),
        ("PRO", "Paul Example"),
    ]


def test_the_agreement_is_bound_to_the_word_of_the_supplier_and_to_both_values(short: Shortage) -> None:
    proposal = short.approve(short.approve(short.propose(), "pia"), "paul")
    agreement = AgreementRow.objects.get()
    line = proposal.lines.get()
    assert (agreement.kind, agreement.state, agreement.quantity) == ("accepted", "pending", 18)
    assert agreement.agreed_on == LATER
    assert agreement.key == short.case_line().key
    assert agreement.answer == fingerprint(line_snapshot(short.line))
    assert (agreement.before, agreement.after) == (line.before, line.after)
    assert Watch.objects.get(subject_kind="order", subject_id=short.line.order_id).marked > 0


def test_the_proposer_does_not_approve(short: Shortage) -> None:
    proposal = short.propose()
    with pytest.raises(NotAllowed, match="proposed or edited"):
        short.approve(proposal, "bea")
    assert Approval.objects.count() == 0


@pytest.mark.parametrize("name", ["finn", "wade", "cora", "sam", "ed"])
def test_nobody_outside_the_needed_teams_approves(short: Shortage, name: str) -> None:
    proposal = short.propose()
    with pytest.raises(NotAllowed, match="do not cover"):
        short.approve(proposal, name)


def test_a_limit_that_is_too_small_does_not_approve(short: Shortage) -> None:
    MembershipFactory.create(
        user=UserFactory.create(username="ben"), team=short.world.teams["PRO"], limit=Decimal("3283.19")
    )
    short.world.people["ben"] = UserFactory.create(username="ben")
    with pytest.raises(NotAllowed):
        short.approve(short.propose(), "ben")
    Membership.objects.filter(user__username="ben").update(limit=Decimal("3283.20"))
    short.approve(Proposal.objects.get(), "ben")


def test_being_superuser_or_auditor_gives_no_approval(short: Shortage) -> None:
    proposal = short.propose()
    root = UserFactory.create(username="root", is_superuser=True)
    auditor = UserFactory.create(username="auditor")
    MembershipFactory.create(user=auditor, team=short.world.teams["PLN"], role=Role.AUDITOR)
    for person in (root, auditor):
        with pytest.raises(NotAllowed):
            actions.approve(proposal, by=Actor(person=person), values_hash=values_hash(proposal))


def test_somebody_who_left_approves_nothing(short: Shortage) -> None:
    proposal = short.propose()
    paul = short.person("paul")
    paul.is_active = False
    paul.save()
    with pytest.raises(NotAllowed):
        short.approve(proposal, "paul")


def test_one_person_fills_only_one_need(short: Shortage) -> None:
    MembershipFactory.create(user=short.person("paul"), team=short.world.teams["PLN"])
    proposal = short.approve(short.propose(), "paul")
    assert short.approve(proposal, "paul").state == ProposalState.PENDING
    assert Approval.objects.count() == 1
    assert short.approve(proposal, "pia").state == ProposalState.EXECUTING


def test_a_person_fills_the_need_that_the_fewest_others_could(short: Shortage) -> None:
    MembershipFactory.create(user=short.person("paul"), team=short.world.teams["PLN"])
    lena = UserFactory.create(username="lena")
    MembershipFactory.create(user=lena, team=short.world.teams["PRO"], limit=Decimal(10000))
    short.approve(short.propose(), "paul")
    assert Approval.objects.get().need.team.code == "PLN"


def test_approving_twice_makes_one_command(short: Shortage) -> None:
    proposal = short.propose()
    for name in ("paul", "paul", "pia", "pia", "paul"):
        short.approve(proposal, name, values_hash(proposal))
    assert Command.objects.count() == 1
    assert Approval.objects.count() == 2


def test_only_a_person_decides(short: Shortage) -> None:
    with pytest.raises(NotAllowed, match="Only a person"):
        actions.propose(short.case, resolution="split", inputs=SPLIT, reason="", by=RIGHTLINE)
    proposal = short.propose()
    with pytest.raises(NotAllowed, match="Only a person"):
        actions.approve(proposal, by=RIGHTLINE, values_hash=values_hash(proposal))


# --- rules --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"percent_above": Decimal("17.9999")}, True),
        ({"percent_above": Decimal(18)}, False),
        ({"percent_above": None}, True),
        ({"type_code": ""}, True),
        ({"type_code": "confirmation_late"}, False),
        ({"resolutions": ["split", "reduce_line"]}, True),
        ({"resolutions": ["reduce_line"]}, False),
        ({"valid_from": "2026-11-24"}, True),
        ({"valid_from": "2026-11-25"}, False),
        ({"valid_until": "2026-11-24"}, True),
        ({"valid_until": "2026-11-23"}, False),
    ],
)
def test_a_rule_names_an_approver_where_it_holds(
    short: Shortage, changes: dict[str, object], holds: bool
) -> None:
    ApprovalRule.objects.update(**changes)
    teams = [need.team.code for need in short.propose().needs.order_by("pk")]
    assert teams == (["PRO", "PLN"] if holds else ["PRO"])


def test_a_rule_of_another_company_does_not_hold(short: Shortage) -> None:
    ApprovalRule.objects.update(company=CompanyFactory.create(code="elsewhere"))
    assert [need.team.code for need in short.propose().needs.all()] == ["PRO"]


def test_a_rule_may_ask_for_a_role(short: Shortage) -> None:
    ApprovalRule.objects.update(steps=steps_asking("PLN lead"))
    proposal = short.propose()
    with pytest.raises(NotAllowed):
        short.approve(proposal, "pia")
    Membership.objects.filter(user=short.person("pia")).update(role=Role.MANAGER)
    short.approve(proposal, "pia")


def test_a_rule_that_names_a_missing_team_stops_the_decision_aloud(short: Shortage) -> None:
    short.world.teams["CSR"].delete()
    ApprovalRuleFactory.create(name="Quality", asks="CSR")
    seen = actions.preview(short.case, resolution="split", inputs=SPLIT, person=short.person("bea"))
    assert "names team CSR" in seen.problems[0].message
    with pytest.raises(ConfigurationError, match="names team CSR"):
        short.propose()
    assert Proposal.objects.count() == 0


# --- preview and proposing ----------------------------------------------------------------------------------


def test_a_preview_shows_everything_and_changes_nothing(short: Shortage) -> None:
    seen = actions.preview(short.case, resolution="split", inputs=SPLIT, person=short.person("bea"))
    assert (seen.amount, seen.currency, seen.percent) == (Decimal("3283.20"), "EUR", 18)
    assert seen.summary == "Split line 10: 82 EA on 2026-12-02, 18 EA on 2026-12-16"
    assert seen.writes_to_erp
    assert not seen.within_limit
    assert [[str(person) for person in need.people] for need in seen.needs] == [
        ["Paul Example", "Mona Example"],
        ["Pia Example"],
    ]
    assert [need.label for need in seen.needs] == [
        "Procurement: limit of 3,283.20 EUR or more",
        "Planning: Short by more than 10 %",
    ]
    assert (seen.lines[0].before.quantity.value, len(seen.lines[0].after.schedule)) == (100, 2)
    assert not seen.problems
    assert Proposal.objects.count() == 0


def test_a_preview_tells_what_is_wrong_with_the_inputs(short: Shortage) -> None:
    seen = actions.preview(
        short.case, resolution="split", inputs={"rest_on": "2026-11-01"}, person=short.person("bea")
    )
    assert [problem.field for problem in seen.problems] == ["rest_on"]


def test_unusable_inputs_are_not_proposed(short: Shortage) -> None:
    with pytest.raises(UnusableInputs, match="enter a date"):
        short.propose(inputs={})
    assert Proposal.objects.count() == 0
    assert short.now().state == CaseState.ASSIGNED


def test_a_resolution_of_another_type_is_refused(short: Shortage) -> None:
    with pytest.raises(PermanentError, match="does not resolve"):
        short.propose(resolution="confirm_on_behalf")


def test_what_the_erp_cannot_do_is_said_before_it_is_proposed(short: Shortage) -> None:
    short.world.erp.settings |= {"without_commands": ["split_schedule"]}
    short.world.erp.save()
    seen = actions.preview(short.case, resolution="split", inputs=SPLIT, person=short.person("bea"))
    assert [problem.message for problem in seen.problems] == [
        "ERP weserland-erp cannot carry out “split schedule”."
    ]
    with pytest.raises(UnusableInputs):
        short.propose()


def test_only_those_who_work_the_case_propose(short: Shortage) -> None:
    for name in ("pia", "wade", "cora"):
        with pytest.raises(NotAllowed):
            short.propose(name)
    assert registry.resolutions_for(short.case, short.person("pia")) == []


def test_a_stale_form_is_refused(short: Shortage) -> None:
    version = short.now().version
    case_actions.take(short.case, by=short.by("paul"))
    with pytest.raises(StaleVersion, match="Taken by Paul"):
        actions.propose(
            short.case,
            resolution="split",
            inputs=SPLIT,
            reason="",
            by=short.by("bea"),
            expected_version=version,
        )


def test_a_line_is_in_one_proposal_at_a_time(short: Shortage) -> None:
    short.propose()
    with pytest.raises(ConflictError, match="Bea Example: Split line 10"):
        short.propose("paul")
    assert registry.resolutions_for(short.case, short.person("bea")) == []


def test_an_ended_case_takes_no_proposal(short: Shortage) -> None:
    case_actions.dismiss(short.case, reason="agreed by phone", by=short.by("paul"))
    with pytest.raises(NotAllowed, match="dismissed"):
        short.propose()


def test_the_forms_of_a_case_name_what_each_resolution_asks(short: Shortage) -> None:
    forms = registry.resolutions_for(short.case, short.person("bea"))
    assert [form.code for form in forms] == ["split", "reduce_line", "cancel_remainder", "source_elsewhere"]
    assert [field.name for form in forms for field in form.fields] == ["rest_on", "quantity", "source"]
    assert forms[1].fields[0].initial == "82"


def test_each_of_several_lines_has_fields_of_its_own(short: Shortage) -> None:
    add_line(short, "20", missing=40, price="182.40")
    (split, *_) = registry.resolutions_for(short.case, short.person("bea"))
    assert [(field.name, field.line_number) for field in split.fields] == [
        ("rest_on:10", "10"),
        ("rest_on:20", "20"),
    ]
    proposal = short.propose(inputs={"rest_on:10": "2026-12-16", "rest_on:20": "2026-12-18"})
    assert proposal.amount == Decimal("182.40") * 58
    assert proposal.percent == 40


def test_lines_left_out_can_be_decided_by_another_proposal(short: Shortage) -> None:
    add_line(short, "20", missing=5)
    first = short.propose(inputs={"lines": "20", "rest_on": "2026-12-16"})
    assert first.state == ProposalState.EXECUTING
    assert short.now().state == CaseState.IN_PROGRESS
    rest = short.propose(inputs={"rest_on": "2026-12-18"})
    assert [line.order_line.number for line in rest.lines.all()] == ["10"]
    short.approve(short.approve(rest, "paul"), "pia")
    assert Command.objects.count() == 2
    assert short.now().state == CaseState.MONITORING


# --- telling the approvers ----------------------------------------------------------------------------------


def test_the_needed_teams_are_told_and_find_it_in_their_queue(short: Shortage) -> None:
    proposal = short.propose()
    told = Notification.objects.filter(kind=NotificationKind.APPROVAL)
    assert {row.team.code for row in told} == {"PRO", "PLN"}
    assert all(row.due_at is not None for row in told)
    assert QueueEntry.objects.get(team=short.world.teams["PLN"], case=short.case).role == QueueRole.APPROVAL
    short.approve(proposal, "pia")
    assert QueueEntry.objects.get(team=short.world.teams["PLN"], case=short.case).role == QueueRole.TOLD


def test_open_approvals_are_those_a_person_could_give(short: Shortage) -> None:
    proposal = short.propose()
    waiting = {name for name in short.world.people if approvals.open_approvals(short.person(name)).exists()}
    assert waiting == {"paul", "mona", "pia"}
    short.approve(proposal, "paul")
    waiting = {name for name in short.world.people if approvals.open_approvals(short.person(name)).exists()}
    assert waiting == {"pia"}
    short.approve(proposal, "pia")
    assert not approvals.open_approvals(short.person("pia")).exists()


def test_open_approvals_name_each_proposal_once(short: Shortage) -> None:
    MembershipFactory.create(user=short.person("mona"), team=short.world.teams["PLN"])
    short.propose()
    assert approvals.open_approvals(short.person("mona")).count() == 1


def test_a_part_of_one_decision_waits_for_a_limit_that_covers_the_whole(short: Shortage) -> None:
    """Two parts of 1,500 are more than the 2,500 that Bea decides alone, though each is less."""
    bundle = Bundle.objects.create(
        resolution="split", amount=1500, proposed_by=short.person("bea"), created_at=TUESDAY_TEN
    )
    for case in (short.case, CaseFactory.create(number="EX-2", team=short.case.team)):
        ProposalFactory.create(
            case=case, bundle=bundle, amount=1500, state="pending_approval", proposed_by=short.person("bea")
        )

    def who_is_asked() -> set[str]:
        return {name for name in short.world.people if approvals.open_approvals(short.person(name)).exists()}

    assert who_is_asked() == {"paul", "mona"}
    Proposal.objects.filter(case=short.case).update(state="void")
    assert who_is_asked() == {"bea", "paul", "mona"}
    Proposal.objects.filter(case__number="EX-2").update(amount=None)
    assert who_is_asked() == set()


# --- when the values move -----------------------------------------------------------------------------------


def test_an_approval_of_old_values_is_refused_and_shows_both(short: Shortage) -> None:
    proposal = short.propose()
    seen = values_hash(proposal)
    short.approve(proposal, "pia")
    change_line(short.line, (110, REQUESTED))
    news(short.line)
    with pytest.raises(ValuesMoved) as refused:
        short.approve(proposal, "paul", seen)
    (line,) = refused.value.lines
    assert line.number == "10"
    assert "from 100 EA (100 EA on 2026-12-02) at 182.40 EUR" in line.was
    assert "from 110 EA (110 EA on 2026-12-02)" in line.now
    assert "28 EA on 2026-12-16" in line.now
    assert Command.objects.count() == 0

    again = Proposal.objects.get()
    assert again.state == ProposalState.PENDING
    assert again.amount == Decimal("182.40") * 28
    assert not Approval.objects.exists()
    assert values_hash(again) != seen
    short.approve(again, "pia")
    assert short.approve(again, "paul").state == ProposalState.EXECUTING


def test_the_history_keeps_both_values(short: Shortage) -> None:
    proposal = short.propose()
    change_line(short.line, (110, REQUESTED))
    with pytest.raises(ValuesMoved):
        short.approve(proposal, "paul")
    moved = Event.objects.get(kind="proposal.values_moved")
    assert "100 EA" in moved.before["lines"]["10"]
    assert "110 EA" in moved.after["lines"]["10"]


def test_another_version_token_alone_does_not_stop_an_approval(short: Shortage) -> None:
    proposal = short.propose()
    order = short.line.order
    order.version_token = "7"
    order.save()
    change_line(short.line, ("100.000", REQUESTED))
    short.approve(proposal, "paul")
    short.approve(proposal, "pia")
    assert from_builtins(Command.objects.get().content, OrderCommand).version_token == "7"


def test_a_proposal_that_became_impossible_is_void(short: Shortage) -> None:
    proposal = short.propose()
    clock.set_now(berlin(date(2026, 12, 17)))
    with pytest.raises(ValuesMoved, match="2026-12-16 has passed"):
        short.approve(proposal, "paul")
    ended = Proposal.objects.get()
    assert ended.state == ProposalState.VOID
    assert "has passed" in ended.end_reason
    assert Notification.objects.filter(
        person=short.person("bea"), title__startswith="No longer possible"
    ).exists()


def test_news_of_the_order_is_looked_at_before_anybody_decides(short: Shortage) -> None:
    proposal = short.propose()
    offer(short.line, (70, REQUESTED), at=TUESDAY_TEN + timedelta(seconds=1))
    news(short.line)
    with pytest.raises(ValuesMoved, match="30 EA on 2026-12-16"):
        short.approve(proposal, "paul")
    assert Proposal.objects.get().amount == Decimal("182.40") * 30
    assert short.case_line().quantity == 30


def test_a_case_that_heals_while_somebody_approves_leaves_nothing_to_approve(short: Shortage) -> None:
    proposal = short.propose()
    offer(short.line, (100, REQUESTED), at=TUESDAY_TEN + timedelta(seconds=1))
    news(short.line)
    with pytest.raises(NotAllowed, match="void"):
        short.approve(proposal, "paul")
    assert Command.objects.count() == 0
    assert short.now().state == CaseState.CLOSED


def test_nobody_decides_while_the_order_cannot_be_looked_at(
    short: Shortage, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = short.propose()
    news(short.line)
    Calendar.objects.update(hours={})
    with pytest.raises(TransientError, match="could not be looked at"):
        short.approve(proposal, "paul")


def test_healing_voids_what_waits_for_approval(short: Shortage) -> None:
    short.propose()
    settle.case_healed(short.case)
    assert Proposal.objects.get().state == ProposalState.VOID
    assert any(title.startswith("No longer possible") for title in told(short, "bea"))
    assert not approvals.open_approvals(short.person("paul")).exists()


def test_a_new_word_of_the_supplier_asks_again_about_what_waits_for_approval(short: Shortage) -> None:
    short.approve(short.propose(), "pia")
    supplier_offers(short, 70)
    proposal = Proposal.objects.get()
    assert (proposal.state, proposal.amount) == (ProposalState.PENDING, Decimal("182.40") * 30)
    assert not Approval.objects.exists()
    assert any(title.startswith("The values moved") for title in told(short, "bea"))


def test_what_a_case_of_its_type_is_not_decided_by_any_more_is_void_once_the_values_move(
    short: Shortage,
) -> None:
    Proposal.objects.filter(pk=short.propose().pk).update(resolution="update_price")
    supplier_offers(short, 70)
    ended = Proposal.objects.get()
    assert ended.state == ProposalState.VOID
    assert "not decided like that any more" in ended.end_reason


# --- editing, rejecting, asking, withdrawing ----------------------------------------------------------------


def test_who_edits_a_proposal_does_not_approve_it(short: Shortage) -> None:
    proposal = short.propose()
    short.approve(proposal, "pia")
    edited = actions.edit(
        proposal, inputs={"rest_on": "2026-12-18"}, by=short.by("paul"), reason="they said Friday"
    )
    assert edited.state == ProposalState.PENDING
    assert "2026-12-18" in edited.summary
    assert not Approval.objects.exists()
    for name in ("paul", "bea"):
        with pytest.raises(NotAllowed, match="proposed or edited"):
            short.approve(edited, name)
    short.approve(edited, "mona")
    assert short.approve(edited, "pia").state == ProposalState.EXECUTING


def test_a_rejection_ends_the_proposal_and_tells_why(short: Shortage) -> None:
    proposal = short.propose()
    with pytest.raises(NotAllowed, match="Say why"):
        actions.reject(proposal, by=short.by("paul"), comment=" ")
    ended = actions.reject(proposal, by=short.by("pia"), comment="We need all of it in week 49")
    assert ended.state == ProposalState.REJECTED
    assert ended.end_reason == "We need all of it in week 49"
    assert short.now().state == CaseState.IN_PROGRESS
    assert Notification.objects.filter(person=short.person("bea"), title__startswith="Rejected").exists()
    with pytest.raises(NotAllowed, match="rejected"):
        short.approve(proposal, "paul")
    assert short.propose().state == ProposalState.PENDING
    assert Command.objects.count() == 0


@pytest.mark.parametrize("name", ["bea", "finn"])
def test_only_an_approver_rejects_or_asks_back(short: Shortage, name: str) -> None:
    proposal = short.propose()
    with pytest.raises(NotAllowed):
        actions.reject(proposal, by=short.by(name), comment="no")
    with pytest.raises(NotAllowed):
        actions.ask_back(proposal, by=short.by(name), comment="why?")


def test_asking_back_leaves_the_proposal_waiting(short: Shortage) -> None:
    proposal = short.propose()
    actions.ask_back(proposal, by=short.by("paul"), comment="Did they say why?")
    assert Proposal.objects.get().state == ProposalState.PENDING
    assert Notification.objects.filter(
        person=short.person("bea"), body__startswith="Did they say why?"
    ).exists()
    short.approve(proposal, "paul")
    assert short.approve(proposal, "pia").state == ProposalState.EXECUTING


def test_a_withdrawn_proposal_is_void(short: Shortage) -> None:
    proposal = short.propose()
    with pytest.raises(NotAllowed):
        actions.withdraw(proposal, by=short.by("pia"), reason="no")
    ended = actions.withdraw(proposal, by=short.by("bea"), reason="they found more")
    assert (ended.state, ended.end_reason) == (ProposalState.VOID, "they found more")
    with pytest.raises(NotAllowed, match="void"):
        short.approve(proposal, "paul")


def test_a_decision_can_be_withdrawn_until_it_is_sent(short: Shortage) -> None:
    proposal = short.approve(short.approve(short.propose(), "paul"), "pia")
    actions.withdraw(proposal, by=short.by("paul"), reason="they found more")
    assert Command.objects.get().state == CommandState.WITHDRAWN
    assert short.agreement_states() == ["void"]
    assert Proposal.objects.get().state == ProposalState.VOID
    assert short.now().state == CaseState.IN_PROGRESS


def test_a_decision_on_its_way_is_not_withdrawn(short: Shortage) -> None:
    proposal = short.approve(short.approve(short.propose(), "paul"), "pia")
    Command.objects.update(state=CommandState.SENDING)
    with pytest.raises(NotAllowed, match="on its way"):
        actions.withdraw(proposal, by=short.by("paul"), reason="they found more")
    assert Proposal.objects.get().state == ProposalState.EXECUTING
