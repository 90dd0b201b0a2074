"""One decision over several cases of an order goes to the ERP as one, once each of its parts is agreed to."""

from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from django.utils import translation

from erp_connectors import clock
from erp_connectors.canonical.values import Price
from erp_connectors.connectors.base import Answer, Outcome
from erp_connectors.exchange.answers import record_answer
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.cases.models import Case
from exceptions_app.notifications.models import Notification
from exceptions_app.proposals import actions, parts, together
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Bundle, Proposal, ProposalState
from exceptions_app.proposals.together import Wanted
from exceptions_app.spoken.reading import in_words
from tests.builders.factories import change_line, offer
from tests.exceptions_app.proposals.shortage import (
    LATER,
    NOWHERE,
    REQUESTED,
    Shortage,
    late_and_dear,
    look,
    ready,
    told,
)

SCENE = partial(late_and_dear, NOWHERE)
ACCEPTING = {"backorder": "accept_date", "price_mismatch": "accept_price"}


@pytest.fixture
def changed(scene: Shortage, tmp_path: Path) -> Shortage:
    """An order with two cases: later in part, and dearer; Bea's limit covers neither."""
    return with_little_limit(ready(scene, tmp_path))


def with_little_limit(made: Shortage) -> Shortage:
    made.person("bea").memberships.update(limit=100)
    return made


def decide(made: Shortage) -> list[Proposal]:
    """Let Bea accept what the supplier says in all cases of the order; return the parts, by their cases."""
    wanted = [
        Wanted(case=case, resolution=ACCEPTING[case.type_code], inputs={})
        for case in Case.objects.filter(type_code__in=ACCEPTING).order_by("pk")
    ]
    bundle: Bundle = together.propose_for_order(wanted, reason="As confirmed", by=made.by("bea"))
    return list(bundle.proposals.order_by("case_id"))


def states() -> list[str]:
    return list(Proposal.objects.order_by("case_id").values_list("state", flat=True))


# --- none before all --------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_part_that_is_agreed_to_waits_for_the_others(changed: Shortage) -> None:
    first, second = decide(changed)
    changed.approve(first, "paul")
    assert states() == [ProposalState.APPROVED, ProposalState.PENDING]
    assert not Command.objects.exists()

    changed.approve(second, "paul")
    assert states() == [ProposalState.EXECUTING] * 2
    commands = Command.objects.order_by("pk")
    assert len({command.group for command in commands}) == 1
    assert commands[0].group is not None
    assert [command.proposal_id for command in commands] == [first.pk, second.pk]
    assert {command.authorisation["kind"] for command in commands} == {"approved"}


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["reject", "withdraw"])
def test_the_others_go_on_without_one_that_is_given_up(changed: Shortage, way: str) -> None:
    first, second = decide(changed)
    changed.approve(first, "paul")
    if way == "reject":
        actions.reject(second, by=changed.by("paul"), comment="Too dear")
    else:
        actions.withdraw(second, by=changed.by("bea"), reason="Too dear")
    assert states()[0] == ProposalState.EXECUTING
    assert (Command.objects.get().proposal_id, Command.objects.get().group) == (first.pk, None)


@pytest.mark.django_db
def test_the_others_go_on_without_one_that_healed(changed: Shortage) -> None:
    first, second = decide(changed)
    changed.approve(first, "paul")
    dear = Proposal.objects.get(pk=second.pk).lines.get().order_line
    assert dear is not None
    offer(dear, (100, REQUESTED), price=Price(Decimal(10), "EUR"))
    look(dear)
    assert states() == [ProposalState.APPROVED, ProposalState.VOID]
    parts.carry_out_left()
    parts.carry_out_left()
    assert states() == [ProposalState.EXECUTING, ProposalState.VOID]
    assert Command.objects.get().proposal_id == first.pk


@pytest.mark.django_db
def test_nothing_is_carried_out_while_a_part_is_undecided(changed: Shortage) -> None:
    first, _ = decide(changed)
    changed.approve(first, "paul")
    parts.carry_out_left()
    assert states() == [ProposalState.APPROVED, ProposalState.PENDING]


# --- what moves meanwhile ---------------------------------------------------------------------


@pytest.mark.django_db
def test_a_part_whose_values_moved_while_it_waited_is_asked_about_again(changed: Shortage) -> None:
    first, second = decide(changed)
    changed.approve(first, "paul")
    offer(changed.line, (80, REQUESTED), (20, LATER))
    look(changed.line)
    assert states() == [ProposalState.PENDING] * 2

    changed.approve(second, "paul")
    assert states() == [ProposalState.PENDING, ProposalState.APPROVED]
    assert not Command.objects.exists()
    changed.approve(Proposal.objects.get(pk=first.pk), "paul")
    assert states() == [ProposalState.EXECUTING] * 2


@pytest.mark.django_db
def test_an_order_that_changed_unseen_is_noticed_before_anything_is_written(changed: Shortage) -> None:
    first, second = decide(changed)
    changed.approve(first, "paul")
    change_line(changed.line, (110, REQUESTED))
    seen = values_hash(second)
    actions.approve(second, by=changed.by("paul"), values_hash=seen)
    assert states()[1] == ProposalState.APPROVED
    assert not Command.objects.exists()


@pytest.mark.django_db
def test_where_one_has_to_be_decided_again_before_it_is_sent_so_have_all(changed: Shortage) -> None:
    for part in decide(changed):
        changed.approve(part, "paul")
    offer(changed.line, (80, REQUESTED), (20, LATER))
    look(changed.line)
    assert states() == [ProposalState.PENDING] * 2
    assert {command.state for command in Command.objects.all()} == {CommandState.WITHDRAWN}
    for part in Proposal.objects.all():
        changed.approve(part, "paul")
    assert Command.objects.filter(state=CommandState.WAITING).count() == 2


# --- what the ERP says ------------------------------------------------------------------------


@pytest.mark.django_db
def test_where_the_erp_does_only_a_part_whoever_decided_is_told_of_each_line(changed: Shortage) -> None:
    for part in decide(changed):
        changed.approve(part, "paul")
    Command.objects.update(state=CommandState.SENDING, sent_at=clock.now())
    group = str(Command.objects.values_list("group", flat=True).first())
    for line, outcome, words in (
        ("20", Outcome.REFUSED, "Locked; EX-1 holds it"),
        ("10", Outcome.APPLIED, ""),
    ):
        answer = Answer(key=group, outcome=outcome, words=words, line=line)
        assert record_answer(answer, connection=changed.world.erp) == ""
    assert states() == [ProposalState.SETTLED, ProposalState.REJECTED]
    number = changed.line.order.number
    assert told(changed, "bea").count(f"Partly carried out: order {number}") == 1
    news = Notification.objects.get(person__username="bea", title__startswith="Partly carried out")
    assert sorted(news.body.split("\n")) == ["line 10 done", "line 20 refused (Locked; EX-1 holds it)"]
    with translation.override("de"):
        assert in_words(news.title) == f"Zum Teil ausgeführt: Bestellung {number}"
        read = sorted(in_words(news.body).split("\n"))
    assert read == ["Position 10 erledigt", "Position 20 abgelehnt (Locked; EX-1 holds it)"]
    kinds = [
        list(case.events.values_list("kind", flat=True))
        for case in Case.objects.filter(type_code__in=ACCEPTING)
    ]
    assert len(kinds) == 2
    assert all("proposal.partly_carried_out" in each for each in kinds)
