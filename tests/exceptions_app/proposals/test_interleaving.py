"""Whatever people, supplier and ERP do in whatever order: never a command without one valid authorisation.

A thousand random histories of one shortage, held against a small model of the rules: who proposed, who
edited, who agreed to which values and for whom, what is under way, and which rules and delegations held when.
What several histories begin with is taken once.
"""

import random
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import OrderCommand
from erp_connectors.connectors.base import Outcome
from erp_connectors.errors import RightlineError
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.people.models import Delegation
from exceptions_app.policies.matrix import rules_of, steps_in_text
from exceptions_app.policies.models import ApprovalRule
from exceptions_app.proposals import actions
from exceptions_app.proposals.fingerprint import hash_of, values_hash
from exceptions_app.proposals.models import Approval, Proposal, ProposalState
from tests.builders.factories import (
    TUESDAY_TEN,
    DelegationFactory,
    MembershipFactory,
    UserFactory,
    offer,
    steps_asking,
)
from tests.exceptions_app.proposals.shortage import REQUESTED, Shortage, answer, look, shortage

#: In so many parts so many histories begin, each of which ends in sixteen ways; and so many every day.
PARTS, BEGINNINGS = 32, 2
#: Beginnings from which commands are reached in one way or another.
EVERYDAY = (3, 7)
#: How a history goes on: so many ways, of so many steps each; every end is a history of eight steps.
BRANCHES = ((1, 4), (2, 2), (4, 1), (2, 1))
PRICE = Decimal("182.40")
LIMITS = {"bea": Decimal(2500), "paul": Decimal(25000), "mona": Decimal(250000)}
LEADERS = {"paul", "mona"}
#: Mona is in both teams: she could fill either need, never both, and none of what she proposed or edited.
PLANNERS = {"pia", "mona"}
FINANCE = {"finn", "fritz"}
#: Lena of integration acts for Paul, while she does.
EVERYBODY = ("bea", "paul", "mona", "pia", "finn", "lena")
CAPS = (Decimal(1500), Decimal(3000), Decimal(90000))
#: What a rule about large shortages asks: approvers of a step, those that are alternatives together.
ASKS = {
    "PLN": [["PLN"]],
    "FIN": [["FIN"]],
    "PLN or FIN": [["PLN", "FIN"]],
    "PLN\nFIN": [["PLN"], ["FIN"]],
}
UNDER_WAY = (CommandState.WAITING, CommandState.SENDING, CommandState.UNKNOWN, CommandState.DONE)


@dataclass(frozen=True)
class Place:
    """One approver that is needed, at its step: somebody of one of the teams."""

    step: int
    teams: tuple[str, ...]


@dataclass
class Model:
    """The rules in small. `state`: None (nothing proposed), pending, executing or settled.

    `asks`: what the rule says now, `pinned`: what it said when it was proposed. `cap`: up to which amount
    Lena acts for Paul (None: she does not). `given`: who filled a place, and for whom.
    """

    short: int
    state: str | None = None
    proposer: str = ""
    asks: str = "PLN"
    pinned: str = "PLN"
    cap: Decimal | None = None
    deciders: set[str] = field(default_factory=set)
    given: dict[Place, tuple[str, str]] = field(default_factory=dict)
    commands: int = 0

    @property
    def amount(self) -> Decimal:
        return PRICE * self.short

    @property
    def needed(self) -> list[Place]:
        places = []
        if any(LIMITS[person] < self.amount for person in self.deciders):
            places.append(Place(1, ("PRO",)))
        if self.short > 10:
            asked = enumerate(ASKS[self.pinned], start=1)
            places += [Place(step, tuple(teams)) for step, teams in asked]
        return places

    @property
    def open_places(self) -> list[Place]:
        left = [place for place in self.needed if place not in self.given]
        return [place for place in left if place.step == min(each.step for each in left)]

    @property
    def spoken(self) -> set[str]:
        """Who has agreed, and in whose place: one word is enough from both."""
        return {name for word in self.given.values() for name in word if name}

    def fits(self, person: str, team: str) -> bool:
        if team in ("PLN", "FIN"):
            return person in (PLANNERS if team == "PLN" else FINANCE)
        return LIMITS.get(person, Decimal(-1)) >= self.amount

    def fits_for_paul(self, person: str, team: str) -> bool:
        if person != "lena" or self.cap is None or "paul" in self.deciders | self.spoken:
            return False
        return self.fits("paul", team) and self.amount <= min(self.cap, LIMITS["paul"])

    def propose(self, person: str) -> None:
        if self.state is None and person in LIMITS:
            self.state, self.proposer, self.deciders, self.given = "pending", person, {person}, {}
            self.pinned = self.asks
            if not self.needed:
                self.carry_out()

    def approve(self, person: str, is_current: bool) -> None:
        if self.state != "pending" or not is_current or person in self.spoken:
            return
        if not self.needed:
            if self.fits(person, "PRO"):
                self.carry_out()
            return
        if person in self.deciders:
            return
        for place in self.open_places:
            if any(self.fits(person, team) for team in place.teams):
                self.fill(place, person, "")
                return
        for place in self.open_places:
            if any(self.fits_for_paul(person, team) for team in place.teams):
                self.fill(place, person, "paul")
                return

    def fill(self, place: Place, person: str, other: str) -> None:
        self.given[place] = (person, other)
        if not self.open_places_left():
            self.carry_out()

    def open_places_left(self) -> bool:
        return any(place not in self.given for place in self.needed)

    def reject(self, person: str) -> None:
        teams = [team for place in self.needed for team in place.teams]
        is_named = any(self.fits(person, team) or self.fits_for_paul(person, team) for team in teams)
        if self.state == "pending" and is_named and person not in self.deciders:
            self.state = None

    def edit(self, person: str) -> None:
        if self.state == "pending" and person in LIMITS:
            self.deciders.add(person)
            self.given = {}

    def withdraw(self, person: str) -> None:
        if self.state in ("pending", "executing") and (person == self.proposer or person in LEADERS):
            self.state = None

    def answer(self, outcome: Outcome) -> None:
        if self.state == "executing":
            self.given = {}
            self.state = {Outcome.APPLIED: "settled", Outcome.REFUSED: None, Outcome.CONFLICT: "pending"}[
                outcome
            ]

    def supplier_says(self, short: int) -> None:
        self.short = short
        if self.state in ("pending", "executing"):
            self.state, self.given = "pending", {}
        elif self.state == "settled":
            self.state = None

    def carry_out(self) -> None:
        self.state = "executing"
        self.commands += 1


class History:
    """One random history: every step is taken by the house and by the model."""

    def __init__(self, short: Shortage, seed: int) -> None:
        self.short, self.seed, self.chance = short, str(seed), random.Random(seed)
        self.model = Model(short=18)
        self.shorts = self.chance.sample([short for short in range(1, 40) if short != 18], 30)
        self.days = iter(range(10, 31))
        self.seconds = 0
        self.seen: list[str] = []
        self.steps = [self.take("supplier", "")] if seed % 4 else []
        self.steps += [self.take("rules", ""), self.take("delegation", "")] if seed % 3 else []
        self.steps.append(self.take("propose", self.chance.choice(tuple(LIMITS))))

    def branch(self, number: int) -> "History":
        """Return a history that has come as far as this one, and goes on in a way of its own."""
        branch = deepcopy(self)
        branch.seed = f"{self.seed}-{number}"
        branch.chance = random.Random(branch.seed)
        return branch

    def rules(self, person: str) -> None:
        """Publish another rule: what is proposed already goes on under the one it was proposed under."""
        self.model.asks = self.chance.choice(tuple(ASKS))
        ApprovalRule.objects.update(steps=steps_asking(self.model.asks))

    def delegation(self, person: str) -> None:
        """Let Lena act for Paul, or no longer."""
        Delegation.objects.update(ended_at=TUESDAY_TEN)
        self.model.cap = None if self.model.cap is not None else self.chance.choice(CAPS)
        if self.model.cap is not None:
            DelegationFactory.create(
                person=self.short.person("paul"), delegate=self.short.person("lena"), limit=self.model.cap
            )

    def go_on(self, steps: int) -> None:
        """Take some steps, and hold the house against the model after each."""
        for _ in range(steps):
            self.steps.append(self.step())
            try:
                self.check()
            except AssertionError as broken:
                raise AssertionError(f"seed {self.seed}: {', '.join(self.steps)}") from broken

    def step(self) -> str:
        person = self.chance.choice(EVERYBODY)
        name = self.chance.choice(
            ["propose"] * 2
            + ["approve"] * 14
            + ["approve_old", "reject", "edit", "withdraw"]
            + ["supplier", "applied", "refused", "conflict", "rules", "delegation"]
        )
        return self.take(name, person)

    def take(self, name: str, person: str) -> str:
        getattr(self, name)(person)
        return f"{name} {person}"

    def proposal(self) -> Proposal | None:
        return Proposal.objects.order_by("-created_at", "-pk").first()

    def attempt(self, act: object, *arguments: object, **options: object) -> None:
        try:
            with transaction.atomic():
                act(*arguments, **options)  # type: ignore[operator]
        except RightlineError:
            pass

    def propose(self, person: str) -> None:
        self.model.propose(person)
        inputs = {"rest_on": f"2027-01-{next(self.days)}"}
        self.attempt(self.short.propose, person, inputs=inputs)

    def approve(self, person: str) -> None:
        proposal = self.proposal()
        if proposal is not None:
            self.model.approve(person, is_current=True)
            self.seen.append(values_hash(proposal))
            self.attempt(self.short.approve, proposal, person)

    def approve_old(self, person: str) -> None:
        proposal = self.proposal()
        if proposal is not None and self.seen:
            old = self.chance.choice(self.seen)
            self.model.approve(person, is_current=old == values_hash(proposal))
            self.attempt(self.short.approve, proposal, person, old)

    def reject(self, person: str) -> None:
        proposal = self.proposal()
        if proposal is not None:
            self.model.reject(person)
            self.attempt(actions.reject, proposal, by=self.short.by(person), comment="no")

    def edit(self, person: str) -> None:
        proposal = self.proposal()
        if proposal is not None:
            self.model.edit(person)
            inputs = {"rest_on": f"2027-02-{next(self.days)}"}
            self.attempt(actions.edit, proposal, inputs=inputs, by=self.short.by(person))

    def withdraw(self, person: str) -> None:
        proposal = self.proposal()
        if proposal is not None:
            self.model.withdraw(person)
            self.attempt(actions.withdraw, proposal, by=self.short.by(person), reason="no")

    def supplier(self, person: str) -> None:
        self.seconds += 1
        short = self.shorts.pop()
        self.model.supplier_says(short)
        offer(self.short.line, (100 - short, REQUESTED), at=TUESDAY_TEN + timedelta(seconds=self.seconds))
        look(self.short.line)

    def applied(self, person: str) -> None:
        self._answer(Outcome.APPLIED)

    def refused(self, person: str) -> None:
        self._answer(Outcome.REFUSED)

    def conflict(self, person: str) -> None:
        self._answer(Outcome.CONFLICT)

    def _answer(self, outcome: Outcome) -> None:
        command = Command.objects.filter(state=CommandState.WAITING).first()
        if command is not None:
            self.model.answer(outcome)
            answer(command, outcome, "in the words of the ERP")

    # --- what must hold after every step --------------------------------------------------------------

    def check(self) -> None:
        proposal = self.proposal()
        states = {
            ProposalState.PENDING: "pending",
            ProposalState.EXECUTING: "executing",
            ProposalState.SETTLED: "settled",
        }
        state = None if proposal is None else states.get(ProposalState(proposal.state))
        is_settled = self.short.case_line().settled_at is not None
        assert (None if state == "settled" and not is_settled else state) == self.model.state
        assert Command.objects.count() == self.model.commands
        under_way = Command.objects.filter(state__in=UNDER_WAY).values_list("proposal_id", flat=True)
        assert len(under_way) == len(set(under_way))
        for command in Command.objects.all():
            check_authorisation(command)


def check_authorisation(command: Command) -> None:
    """Recompute from the command alone whom it needed, and compare with whom it names."""
    proposal = Proposal.objects.get(pk=command.proposal_id)
    content = from_builtins(command.content, OrderCommand)
    (change,) = content.changes
    moved = change.after.schedule[-1].quantity.value
    authorisation = command.authorisation
    assert Decimal(authorisation["amount"]) == moved * PRICE
    if authorisation["kind"] == "within_limit":
        name = authorisation["name"].split()[0].lower()
        assert Decimal(authorisation["limit"]) == LIMITS[name] >= moved * PRICE
        assert moved <= 10
        return
    words = authorisation["approvals"]
    by = [each["name"].split()[0].lower() for each in words]
    spoken = [*by, *(each["for"].split()[0].lower() for each in words if each["for"])]
    assert len(spoken) == len(set(spoken))
    deciders = {proposal.proposed_by.username, *proposal.edited_by.values_list("username", flat=True)}
    assert not deciders & set(spoken)
    (rule,) = rules_of(proposal.matrix)
    asked = ASKS[steps_in_text(rule.steps)] if moved > 10 else []
    teams = [each["team"] for each in words]
    assert all(sum(team in teams for team in place) == 1 for place in asked)
    assert len(teams) == len(set(teams)) == len(asked) + ("PRO" in teams)
    if "PRO" in teams:
        word = words[teams.index("PRO")]
        acts_for = (word["for"] or word["name"]).split()[0].lower()
        assert LIMITS[acts_for] >= moved * PRICE
        if word["for"]:
            check_passed_on(command, acts_for, moved * PRICE)
    else:
        assert all(limit >= moved * PRICE for limit in map(Decimal, authorisation["limits"].values()))
        assert authorisation["limits"]
    rest_on = {"rest_on": change.after.schedule[-1].date.isoformat()}
    lines = [(proposal.lines.get().case_line_id, change.before, change.after)]
    assert authorisation["values_hash"] == hash_of("split", rest_on, moved * PRICE, lines, ())


def check_passed_on(command: Command, person: str, amount: Decimal) -> None:
    """Say that what somebody passed on covers the amount that was agreed to in their place."""
    given = Approval.objects.filter(need__proposal=command.proposal_id, given_for__username=person)
    said = given.select_related("delegation").first()
    if said is None:
        # What moved since was taken back, and everybody is asked anew.
        assert command.state == CommandState.WITHDRAWN
        return
    assert said.delegation is not None
    assert said.delegation.limit is not None
    assert said.delegation.limit >= amount


def ends_of(history: History, branches: Sequence[tuple[int, int]]) -> list[History]:
    """Go on with a history in every way, each from the same rows; return those that came to an end."""
    if not branches:
        return [history]
    (ways, steps), *later = branches
    ends = []
    for way in range(ways):
        with transaction.atomic():
            branch = history.branch(way)
            branch.go_on(steps)
            ends += ends_of(branch, later)
            transaction.set_rollback(True)
    return ends


def everybody(folder: Path) -> Shortage:
    """Find a shortage where Mona plans too, and Lena of integration works there."""
    short = shortage(folder)
    MembershipFactory.create(user=short.person("mona"), team=short.world.teams["PLN"])
    short.world.people["lena"] = UserFactory.create(username="lena", first_name="Lena")
    MembershipFactory.create(user=short.person("lena"), team=short.world.teams["EDI"])
    return short


def histories(folder: Path, seeds: Iterable[int]) -> list[History]:
    """Take every history that begins with one of the seeds to its end."""
    short = everybody(folder)
    ends = []
    for seed in seeds:
        with transaction.atomic():
            ends += ends_of(History(deepcopy(short), seed), BRANCHES)
            transaction.set_rollback(True)
    return ends


@pytest.mark.django_db
def test_no_history_ends_in_a_command_without_exactly_one_valid_authorisation(tmp_path: Path) -> None:
    ends = histories(tmp_path, EVERYDAY)
    assert len(ends) == 32
    assert sum(history.model.commands for history in ends) > len(ends) / 5


@pytest.mark.slow
@pytest.mark.proof
@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
def test_none_of_a_thousand_histories_does(tmp_path: Path, part: int) -> None:
    ends = histories(tmp_path, range(part * BEGINNINGS, (part + 1) * BEGINNINGS))
    assert len(ends) * PARTS > 1000
