"""Scenario 15 in small: somebody approves in the place of another, within what both may."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.exchange.models import Command
from exceptions_app.audit.models import Event
from exceptions_app.notifications.models import Notification
from exceptions_app.people import delegation
from exceptions_app.people.models import Absence, Delegation, Membership, Role
from exceptions_app.people.permissions import NotAllowed, remember_memberships, visible_cases
from exceptions_app.proposals import actions, approvals
from exceptions_app.proposals.models import Approval, Proposal, ProposalState
from tests.builders.factories import (
    TUESDAY_TEN,
    DelegationFactory,
    MembershipFactory,
    UserFactory,
)
from tests.exceptions_app.proposals.shortage import NOWHERE, SPLIT, Shortage, ready, shortage

pytestmark = pytest.mark.django_db
SCENE = partial(shortage, NOWHERE)


@pytest.fixture
def short(scene: Shortage, tmp_path: Path) -> Shortage:
    """Lena of integration acts for Paul up to 10,000; 18 pieces of 182.40 are short: 3,283.20."""
    made = ready(scene, tmp_path)
    lena = UserFactory.create(username="lena", first_name="Lena")
    MembershipFactory.create(user=lena, team=made.world.teams["EDI"])
    made.world.people["lena"] = lena
    let(made, "paul", "lena", limit=Decimal(10000))
    return made


def let(short: Shortage, person: str, to: str, **terms: object) -> Delegation:
    return DelegationFactory.create(person=short.person(person), delegate=short.person(to), **terms)  # type: ignore[no-any-return]


def waits_for(short: Shortage, name: str) -> bool:
    return approvals.open_approvals(short.person(name)).exists()


def test_the_word_names_both_and_so_do_history_and_authorisation(short: Shortage) -> None:
    proposal = short.propose()
    assert waits_for(short, "lena")
    assert short.case in visible_cases(short.person("lena"))
    short.approve(proposal, "lena")
    said = Approval.objects.get()
    assert (said.person, said.given_for) == (short.person("lena"), short.person("paul"))
    assert said.delegation == Delegation.objects.get()
    event = Event.objects.get(kind="proposal.approved")
    assert event.summary.startswith("Approved by Lena Example for Paul Example, Procurement")
    short.approve(proposal, "pia")
    first, second = Command.objects.get().authorisation["approvals"]
    assert (first["name"], first["for"]) == ("Lena Example", "Paul Example")
    assert (second["name"], second["for"]) == ("Pia Example", None)


def test_a_word_in_the_place_of_another_can_be_the_last_one(short: Shortage) -> None:
    proposal = short.approve(short.approve(short.propose(), "pia"), "lena")
    assert proposal.state == ProposalState.EXECUTING
    assert Command.objects.count() == 1


@pytest.mark.parametrize(("limit", "may"), [("3283.20", True), ("3283.19", False)])
def test_it_holds_up_to_the_limit_that_was_named(short: Shortage, limit: str, may: bool) -> None:
    Delegation.objects.update(limit=Decimal(limit))
    proposal = short.propose()
    assert waits_for(short, "lena") is may
    if may:
        short.approve(proposal, "lena")
    else:
        with pytest.raises(NotAllowed, match=r"up to 3,283\.19 EUR; this is 3,283\.20 EUR"):
            short.approve(proposal, "lena")
        short.approve(proposal, "mona")


def test_it_holds_up_to_the_limit_of_whom_she_acts_for(short: Shortage) -> None:
    Membership.objects.filter(user=short.person("paul")).update(limit=Decimal(3000))
    proposal = short.propose()
    assert not waits_for(short, "lena")
    with pytest.raises(NotAllowed):
        short.approve(proposal, "lena")


def test_it_holds_within_the_limit_also_where_a_rule_asks_a_role_alone(short: Shortage) -> None:
    Membership.objects.filter(user=short.person("pia")).update(role=Role.LEAD)
    Delegation.objects.all().delete()
    let(short, "pia", "lena", limit=Decimal(3000))
    proposal = short.propose()
    with pytest.raises(NotAllowed, match=r"acts for Pia Example up to 3,000\.00 EUR"):
        short.approve(proposal, "lena")


def test_it_ends_with_its_last_day(short: Shortage) -> None:
    proposal = short.propose()
    clock.set_now(TUESDAY_TEN + timedelta(days=7))
    assert not waits_for(short, "lena")
    assert short.case not in visible_cases(short.person("lena"))
    with pytest.raises(NotAllowed, match="do not cover"):
        short.approve(proposal, "lena")


def test_it_is_not_passed_on(short: Shortage) -> None:
    let(short, "lena", "wade")
    proposal = short.propose()
    assert not waits_for(short, "wade")
    with pytest.raises(NotAllowed):
        short.approve(proposal, "wade")


def test_nobody_approves_for_who_proposed_or_edited(short: Shortage) -> None:
    proposal = short.propose("paul")
    actions.edit(proposal, inputs={"rest_on": "2027-01-20"}, by=short.by("mona"))
    let(short, "mona", "lena")
    assert not waits_for(short, "lena")
    Membership.objects.filter(user=short.person("pia")).update(team=short.world.teams["PRO"], limit=10**6)
    with pytest.raises(NotAllowed):
        short.approve(proposal, "lena")


def test_who_proposed_does_not_approve_in_the_place_of_another(short: Shortage) -> None:
    let(short, "mona", "bea")
    proposal = short.propose()
    assert not waits_for(short, "bea")
    with pytest.raises(NotAllowed, match="proposed or edited"):
        short.approve(proposal, "bea")


def test_one_word_is_enough_from_a_person_and_whom_they_act_for(short: Shortage) -> None:
    MembershipFactory.create(user=short.person("paul"), team=short.world.teams["PLN"])
    proposal = short.approve(short.propose(), "lena")
    with pytest.raises(NotAllowed, match="Lena Example has approved it for you already"):
        short.approve(proposal, "paul")
    assert not waits_for(short, "paul")
    let(short, "pia", "lena")
    short.approve(proposal, "lena")
    assert Approval.objects.count() == 1
    assert Proposal.objects.get().state == ProposalState.PENDING


def test_her_own_right_goes_before_that_of_another(short: Shortage) -> None:
    MembershipFactory.create(user=short.person("lena"), team=short.world.teams["PRO"], limit=Decimal(5000))
    short.approve(short.propose(), "lena")
    assert Approval.objects.get().given_for is None


def test_whoever_acts_for_somebody_is_asked_and_named_too(short: Shortage) -> None:
    Absence.objects.create(
        person=short.person("paul"), first_day=TUESDAY_TEN.date(), last_day=TUESDAY_TEN.date()
    )
    seen = actions.preview(short.case, resolution="split", inputs=SPLIT, person=short.person("bea"))
    (first, _) = seen.needs
    assert [str(each.delegation.delegate) for each in first.who.stand_ins] == ["Lena Example"]
    assert first.who.away == {short.person("paul").pk}
    short.propose()
    told = Notification.objects.get(person=short.person("lena"))
    assert told.title.startswith("Approval wanted")
    assert "You act for Paul Example." in told.body


def test_rejecting_and_asking_back_take_the_same_right(short: Shortage) -> None:
    proposal = short.propose()
    actions.ask_back(proposal, by=short.by("lena"), comment="Why two weeks?")
    assert Approval.objects.get().given_for == short.person("paul")
    with pytest.raises(NotAllowed):
        actions.reject(proposal, by=short.by("wade"), comment="no")
    actions.reject(proposal, by=short.by("lena"), comment="no")
    assert Proposal.objects.get().state == ProposalState.REJECTED


@pytest.mark.parametrize("what", ["delegation", "limit", "membership"])
def test_what_ends_in_the_middle_of_a_request_counts_no_more(short: Shortage, what: str) -> None:
    proposal, lena = short.propose(), short.person("lena")
    remember_memberships(lena)
    if what == "delegation":
        delegation.end(Delegation.objects.get(), by=short.by("paul"), at=clock.now())
    elif what == "limit":
        Membership.objects.filter(user=short.person("paul")).update(limit=Decimal(3000))
    else:
        Membership.objects.filter(user=short.person("paul")).delete()
    with pytest.raises(NotAllowed):
        short.approve(proposal, "lena")
    with pytest.raises(NotAllowed):
        actions.reject(proposal, by=short.by("lena"), comment="no")
    assert not Approval.objects.exists()


def test_a_limit_that_was_lowered_in_the_middle_of_a_request_covers_no_more(short: Shortage) -> None:
    proposal, paul = short.propose(), short.person("paul")
    remember_memberships(paul)
    Membership.objects.filter(user=paul).update(limit=Decimal(3000))
    with pytest.raises(NotAllowed, match="do not cover"):
        short.approve(proposal, "paul")
