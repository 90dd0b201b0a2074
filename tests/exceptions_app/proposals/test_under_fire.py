"""Approvals under fire: several people, the supplier and the rules at the very same moment.

Each has a connection of their own. In each round a proposal that waits is met by some of: two approvers, the
same one twice, who proposed it, a stand-in within or beyond what was passed on, an approval from an old link,
an edit, a withdrawal, a refusal, news of the supplier, a changed order, published rules, a delegation that
ends. Who of them comes through is for the database to decide; each command has one valid authorisation.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.errors import RightlineError
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app import intake
from exceptions_app.cases.models import Case
from exceptions_app.people import delegation
from exceptions_app.people.models import Delegation, User
from exceptions_app.policies import publishing
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.policies.models import ApprovalRule
from exceptions_app.proposals import actions, approvals
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.builders.factories import (
    TUESDAY_TEN,
    DelegationFactory,
    change_line,
    offer,
    order_line,
    steps_asking,
)
from tests.exceptions_app.policies.writing import administrator, approved, begun, by, write_change
from tests.exceptions_app.proposals.shortage import REQUESTED, Shortage, look, together
from tests.exceptions_app.proposals.test_interleaving import ASKS, PRICE, check_authorisation, everybody

#: So many rounds in so many parts; and so many every day.
PARTS, ROUNDS, EVERYDAY = 5, 40, 3
#: How many meet in a round.
AT_ONCE = 5
#: 18 pieces are short; what was passed on to Lena covers that or not.
ENOUGH, TOO_LITTLE = Decimal(90000), Decimal(1500)

Act = Callable[[], object]


@dataclass
class House:
    """The people, and who may write rules; every round has an order of its own."""

    short: Shortage
    ada: User
    anton: User
    rounds: int = 0
    met: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)

    def begin(self) -> Shortage:
        """Find 18 of 100 pieces short of another order."""
        self.rounds += 1
        line = order_line(self.short.world, number=f"46{self.rounds:08}", price=PRICE)
        offer(line, (82, REQUESTED))
        look(line)
        return replace(self.short, line=line, case=Case.objects.get(order=line.order))


def open_house(folder: Path) -> House:
    short = everybody(folder)
    return House(short=short, ada=administrator("ada"), anton=administrator("anton"))


@dataclass
class Round:
    """What meets in one round: `old` is what a link of before an edit leads to, `seen` what is there now."""

    house: House
    made: Shortage
    chance: random.Random
    proposal: Proposal
    old: str
    seen: str
    draft: PolicyDraft
    passed_on: Delegation
    agreed_before: str
    came_through: list[str] = field(default_factory=list)

    def do(self, name: str) -> Act:
        """Return one of the acts; once it is done, it is noted that it came through."""

        def act() -> None:
            self.acts()[name]()
            self.came_through.append(name)

        return act

    def approve(self, name: str, seen: str = "") -> Act:
        return lambda: self.made.approve(self.proposal, name, seen or self.seen)

    def acts(self) -> dict[str, Act]:
        made, proposal = self.made, self.proposal
        return {
            **{name: self.approve(name) for name in ("paul", "mona", "pia", "finn", "lena")},
            "paul again": self.approve("paul"),
            "pia again": self.approve("pia"),
            "lena again": self.approve("lena"),
            "one's own": self.approve(proposal.proposed_by.username),
            "old link of pia": self.approve("pia", self.old),
            "old link of paul": self.approve("paul", self.old),
            "edit": lambda: actions.edit(proposal, inputs={"rest_on": "2027-01-20"}, by=made.by("bea")),
            "withdraw": lambda: actions.withdraw(
                proposal, by=made.by(proposal.proposed_by.username), reason="no"
            ),
            "reject": lambda: actions.reject(proposal, by=made.by("mona"), comment="no"),
            "supplier": self.supplier_says_otherwise,
            "order": lambda: change_line(made.line, (110, REQUESTED)),
            "rules": lambda: publishing.publish_draft(self.draft.pk, by=by(self.house.anton), at=clock.now()),
            "delegation": lambda: delegation.end(self.passed_on, by=made.by("paul"), at=clock.now()),
        }

    def supplier_says_otherwise(self) -> None:
        offer(self.made.line, (80, REQUESTED), at=TUESDAY_TEN + timedelta(seconds=1))
        # What cannot be looked at now, since somebody decides just now, is looked at again.
        intake.evaluate([self.made.line.order_id], clock.now())


def prepare(house: House, seed: int) -> Round:
    """Let somebody propose and edit, perhaps somebody agree before, and have a draft of rules ready."""
    chance, made = random.Random(seed), house.begin()
    proposer = chance.choice(("bea", "bea", "paul", "mona"))
    Delegation.objects.filter(ended_at=None).update(ended_at=clock.now())
    passed_on: Delegation = DelegationFactory.create(
        person=made.person("paul"),
        delegate=made.person("lena"),
        limit=chance.choice((ENOUGH, TOO_LITTLE)),
    )
    proposal = made.propose(proposer)
    old = values_hash(proposal)
    proposal = actions.edit(proposal, inputs={"rest_on": "2027-01-10"}, by=made.by(proposer))
    before = chance.choice(("", "paul", "pia"))
    has_agreed = bool(before) and comes_through(lambda: made.approve(proposal, before))
    return Round(
        house=house,
        made=made,
        chance=chance,
        proposal=Proposal.objects.get(pk=proposal.pk),
        old=old,
        seen=values_hash(proposal),
        draft=draft_of_rules(house, chance),
        passed_on=passed_on,
        agreed_before=before if has_agreed else "",
    )


def draft_of_rules(house: House, chance: random.Random) -> PolicyDraft:
    """Have other rules ready to be published."""
    rule = ApprovalRule.objects.get()
    other = chance.choice([asks for asks in ASKS.values() if asks])
    draft = begun(house.ada, "Who agrees to shortages")
    wanted = steps_asking("\n".join(" or ".join(teams) for teams in other))
    if wanted == rule.steps:
        wanted = steps_asking("FIN manager")
    write_change(draft, rule, house.ada, steps=wanted)
    return approved(draft, house.ada, house.anton)


def comes_through(act: Act) -> bool:
    """Say whether an act was not refused."""
    try:
        act()
    except RightlineError:
        return False
    return True


def play(house: House, seed: int) -> None:
    """Let some of them meet, and hold what came of it against the rules."""
    meeting = prepare(house, seed)
    chosen = meeting.chance.sample(sorted(meeting.acts()), k=AT_ONCE)
    house.met.update(chosen)
    raised = together(*(meeting.do(name) for name in chosen))
    told = f"seed {seed}: {', '.join(chosen)}"
    assert all(isinstance(error, RightlineError) for error in raised), (told, raised)
    try:
        check_who_came_through(meeting)
        check_what_came_of_it(meeting)
    except AssertionError as broken:
        raise AssertionError(told) from broken
    house.ends[str(Proposal.objects.get(pk=meeting.proposal.pk).state)] += 1


def check_who_came_through(meeting: Round) -> None:
    """Say that nobody agreed to their own, from an old link, or beyond what was passed on to them."""
    came, proposer = set(meeting.came_through), meeting.proposal.proposed_by.username
    assert not came & {"one's own", proposer, f"{proposer} again"}
    for name in ("pia", "paul"):
        # Whoever has agreed already changes nothing with an old link, and is not refused.
        agreed = {meeting.agreed_before} | came
        assert f"old link of {name}" not in came or agreed & {name, f"{name} again"}
    may_stand_in = meeting.passed_on.limit == ENOUGH and "paul" not in (proposer, meeting.agreed_before)
    assert may_stand_in or not came & {"lena", "lena again"}


def check_what_came_of_it(meeting: Round) -> None:
    """Say that a proposal has a command if it is agreed to and none if not, each as the rules want it."""
    proposal = Proposal.objects.get(pk=meeting.proposal.pk)
    commands = Command.objects.filter(proposal_id=proposal.pk)
    waiting = commands.filter(state=CommandState.WAITING).count()
    assert waiting == (1 if proposal.state == ProposalState.EXECUTING else 0)
    for command in commands:
        check_authorisation(command)
        assert command.authorisation["kind"] == "approved"
        for word in command.authorisation["approvals"]:
            assert word["for"] is None or meeting.passed_on.limit == ENOUGH
    # Nobody's word counts for other values than there are.
    given = approvals.Approval.objects.filter(need__proposal=proposal, decision="approved")
    assert {each.values_hash for each in given} <= {values_hash(proposal)}


def play_all(folder: Path, seeds: Iterable[int]) -> House:
    house = open_house(folder)
    for seed in seeds:
        play(house, seed)
    return house


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_first_each_command_has_one_valid_authorisation(tmp_path: Path) -> None:
    house = play_all(tmp_path, range(EVERYDAY))
    assert sum(house.ends.values()) == EVERYDAY


@pytest.mark.slow
@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", range(PARTS))
def test_in_two_hundred_meetings_too(tmp_path: Path, part: int) -> None:
    house = play_all(tmp_path, range(part * ROUNDS, (part + 1) * ROUNDS))
    # Each ends in several ways, and everybody has been there.
    assert ProposalState.EXECUTING in house.ends
    assert len(house.ends) > 1
    assert len(house.met) == len(prepare(house, part).acts())
