"""A command has one effect at most, under an authorisation, and everybody can see where it stands."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from django.db import connections
from django_fsm import TransitionNotAllowed

from erp_connectors import clock
from erp_connectors.canonical.commands import CommandKind, OrderCommand
from erp_connectors.canonical.documents import OrderState
from erp_connectors.connectors.base import (
    Answer,
    AnswerLost,
    AuthError,
    Conflict,
    ContractError,
    EndpointDown,
    Outcome,
    PushReceipt,
    RateLimited,
    Rejected,
    Sending,
    Unsupported,
)
from erp_connectors.connectors.file_drop.connector import FileDropConnector
from erp_connectors.errors import ConflictError, PermanentError, TransientError
from erp_connectors.exchange import dispatching, lifecycle, outbox
from erp_connectors.exchange.answers import record_answer
from erp_connectors.exchange.models import Command, CommandState, StreamState
from erp_connectors.signals import command_settled
from tests.builders.file_world import WITHIN_LIMIT, FileWorld, an_order, split, state_of, with_price

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path: Path) -> FileWorld:
    return FileWorld.make(tmp_path)


@pytest.fixture
def told() -> Iterator[list[str]]:
    """The states of which those above were told."""
    states: list[str] = []

    def hear(command: Command, **_: Any) -> None:
        states.append(str(command.state))

    command_settled.connect(hear)
    yield states
    command_settled.disconnect(hear)


@pytest.fixture
def pushes(monkeypatch: pytest.MonkeyPatch) -> "Pushes":
    """Replaces what the connector does with a command, and counts how often it is asked to."""
    pushes = Pushes()
    monkeypatch.setattr(FileDropConnector, "push", pushes)
    return pushes


class Pushes:
    """A connector's push that does as it is told."""

    def __init__(self) -> None:
        self.result: PushReceipt | BaseException = PushReceipt(outcome=Outcome.APPLIED)
        self.sent: list[Sending] = []

    def __call__(self, sending: Sending) -> PushReceipt:
        self.sent.append(sending)
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


def applied(command: Command) -> Answer:
    return Answer(key=str(command.pk), outcome=Outcome.APPLIED, words="")


# --- what may be queued -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorisation",
    [
        {},
        {"kind": "because"},
        {"kind": "approved"},
        {"kind": "approved", "approvals": []},
        {"kind": "within_limit", "person": "bea"},
        WITHIN_LIMIT | {"person": ""},
        WITHIN_LIMIT | {"release": None},
    ],
)
def test_a_command_without_an_authorisation_is_refused(
    world: FileWorld, authorisation: dict[str, Any]
) -> None:
    with pytest.raises(outbox.NotAuthorised):
        outbox.enqueue(
            split(world.order),
            order=world.mirrored(),
            authorisation=authorisation,
            case_number="EX-1",
            proposal_id=None,
        )
    assert not Command.objects.exists()


def test_a_command_approved_by_people_is_queued(world: FileWorld) -> None:
    command = outbox.enqueue(
        split(world.order),
        order=world.mirrored(),
        authorisation={"kind": "approved", "approvals": [7]},
        case_number="EX-1",
        proposal_id=None,
    )
    assert (command.state, command.connection) == (CommandState.WAITING, world.connection)


def test_a_command_the_erp_cannot_do_is_refused_before_anything_is_written(world: FileWorld) -> None:
    world.connection.settings["without_commands"] = ["split_schedule"]
    world.connection.save()
    with pytest.raises(Unsupported):
        world.decide()
    assert not Command.objects.exists()


@pytest.mark.parametrize("change", [{"changes": ()}, {"order_number": "4711"}])
def test_a_command_that_changes_nothing_of_the_order_is_refused(
    world: FileWorld, change: dict[str, Any]
) -> None:
    with pytest.raises(PermanentError, match="must change lines"):
        outbox.enqueue(
            replace(split(world.order), **change),
            order=world.mirrored(),
            authorisation=WITHIN_LIMIT,
            case_number="",
            proposal_id=None,
        )


# --- the straight way -------------------------------------------------------------------------


def test_it_is_sent_answered_and_done(world: FileWorld, told: list[str]) -> None:
    command = world.decide()
    assert dispatching.dispatch_due() == 1
    assert state_of(command) == CommandState.SENDING
    assert told == []
    assert dispatching.dispatch_due() == 0
    record_answer(applied(command), connection=world.connection)
    assert state_of(command) == CommandState.DONE
    assert told == [CommandState.DONE]


def test_an_answer_at_once_is_recorded_at_once(world: FileWorld, pushes: Pushes) -> None:
    command = world.decide()
    dispatching.dispatch_due()
    done = Command.objects.get(pk=command.pk)
    assert (done.state, done.answer["outcome"], done.due_at) == (CommandState.DONE, "applied", None)
    assert done.settled_at is not None
    assert [sending.key for sending in pushes.sent] == [str(command.pk)]


def test_the_same_answer_again_changes_nothing(world: FileWorld, told: list[str]) -> None:
    command = world.decide()
    dispatching.dispatch_due()
    assert record_answer(applied(command), connection=world.connection) == ""
    assert record_answer(applied(command), connection=world.connection) == ""
    assert told == [CommandState.DONE]


def test_an_answer_that_contradicts_the_first_is_reported(world: FileWorld) -> None:
    command = world.decide()
    dispatching.dispatch_due()
    record_answer(applied(command), connection=world.connection)
    refusal = Answer(key=str(command.pk), outcome=Outcome.REFUSED, words="No.")
    assert "already" in record_answer(refusal, connection=world.connection)
    assert state_of(command) == CommandState.DONE


@pytest.mark.parametrize("key", ["00000000-0000-7000-8000-000000000000", "command 7"])
def test_an_answer_to_no_command_of_ours_is_reported(world: FileWorld, key: str) -> None:
    answer = Answer(key=key, outcome=Outcome.APPLIED, words="")
    assert "not a command" in record_answer(answer, connection=world.connection)


def test_an_answer_from_another_connection_is_not_believed(world: FileWorld, tmp_path: Path) -> None:
    command = world.decide()
    dispatching.dispatch_due()
    other = FileWorld.make(tmp_path / "other")
    assert "not a command" in record_answer(applied(command), connection=other.connection)
    assert state_of(command) == CommandState.SENDING


# --- the ERP has other values -----------------------------------------------------------------


def test_a_value_that_moved_is_a_conflict_and_nothing_is_sent(
    world: FileWorld, pushes: Pushes, told: list[str]
) -> None:
    command = world.decide()
    world.erp.keep([with_price(world.order, "182.41")], at=clock.now())
    world.read()
    dispatching.dispatch_due()
    conflict = Command.objects.get(pk=command.pk)
    assert conflict.state == CommandState.CONFLICT
    assert conflict.answer["differences"] == [
        {
            "line_number": "10",
            "what": "the price",
            "expected": "182.4 EUR per 1 EA",
            "found": "182.41 EUR per 1 EA",
        }
    ]
    assert pushes.sent == []
    assert told == [CommandState.CONFLICT]


@pytest.mark.parametrize("change", [{"state": OrderState.CANCELLED}, {"lines": ()}])
def test_an_order_or_line_that_is_gone_is_a_conflict(
    world: FileWorld, pushes: Pushes, change: dict[str, Any]
) -> None:
    command = world.decide()
    other_line = replace(world.order.lines[0], number="20")
    change = {"lines": (other_line,)} if "lines" in change else change
    world.erp.keep([replace(world.order, **change)], at=clock.now())
    world.read()
    dispatching.dispatch_due()
    assert state_of(command) == CommandState.CONFLICT
    assert pushes.sent == []


def test_when_only_the_token_moved_it_is_renewed(world: FileWorld, pushes: Pushes) -> None:
    world.decide()
    world.erp.keep([replace(world.order, buyer="bea")], at=clock.now())
    world.read()
    dispatching.dispatch_due()
    assert [sending.command.version_token for sending in pushes.sent] == ["2"]


def test_what_the_erp_already_has_is_done_without_being_sent(world: FileWorld, pushes: Pushes) -> None:
    command = world.decide()
    change = split(world.order).changes[0]
    line = replace(world.order.lines[0], schedule=change.after.schedule)
    world.erp.keep([replace(world.order, lines=(line,))], at=clock.now())
    world.read()
    dispatching.dispatch_due()
    assert state_of(command) == CommandState.DONE
    assert pushes.sent == []


# --- refusals and lost answers ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Rejected("closed", "The period is closed."), CommandState.DEAD),
        (Unsupported("Not in this ERP."), CommandState.DEAD),
        (Conflict("The quantity is 90."), CommandState.CONFLICT),
    ],
)
def test_a_no_ends_it_with_the_erps_words_and_is_not_tried_again(
    world: FileWorld, pushes: Pushes, told: list[str], error: Exception, state: str
) -> None:
    command = world.decide()
    pushes.result = error
    dispatching.dispatch_due()
    refused = Command.objects.get(pk=command.pk)
    assert (refused.state, refused.answer["words"], refused.due_at) == (state, str(error), None)
    world.pass_time(hours=2)
    assert dispatching.dispatch_due() == 0
    assert told == [state]


@pytest.mark.parametrize(
    "error",
    [AnswerLost("timeout"), ContractError("$.d", "not JSON"), ZeroDivisionError("a bug"), MemoryError()],
)
def test_whatever_may_have_taken_effect_is_unknown_and_never_sent_again(
    world: FileWorld, pushes: Pushes, told: list[str], error: Exception
) -> None:
    command = world.decide()
    pushes.result = error
    dispatching.dispatch_due()
    for _ in range(5):
        dispatching.dispatch_due()
        world.pass_time(hours=1)
    assert state_of(command) == CommandState.UNKNOWN
    assert len(pushes.sent) == 1
    assert told == [CommandState.UNKNOWN]


def test_a_worker_that_dies_while_sending_leaves_it_unknown(world: FileWorld, pushes: Pushes) -> None:
    command = world.decide()
    pushes.result = SystemExit()
    with pytest.raises(SystemExit):
        dispatching.dispatch_due()
    assert state_of(command) == CommandState.SENDING
    pushes.result = PushReceipt(outcome=Outcome.APPLIED)
    assert dispatching.dispatch_due() == 0
    world.pass_time(minutes=3)
    assert dispatching.dispatch_due() == 1
    assert state_of(command) == CommandState.UNKNOWN
    assert len(pushes.sent) == 1


def test_an_unknown_command_is_done_when_an_extract_shows_its_effect(
    world: FileWorld, told: list[str]
) -> None:
    command = world.decide()
    dispatching.dispatch_due()
    world.erp.loses_answers = True
    world.erp.work(at=world.pass_time(minutes=5))
    world.pass_time(hours=1)
    dispatching.dispatch_due()
    assert state_of(command) == CommandState.UNKNOWN
    dispatching.dispatch_due()
    assert state_of(command) == CommandState.UNKNOWN
    world.read()
    world.pass_time(minutes=2)
    dispatching.dispatch_due()
    assert state_of(command) == CommandState.DONE
    assert world.erp.effects == [str(command.pk)]
    assert told == [CommandState.UNKNOWN, CommandState.DONE]


def test_a_late_answer_settles_an_unknown_command(world: FileWorld) -> None:
    command = world.decide()
    dispatching.dispatch_due()
    world.pass_time(hours=2)
    dispatching.dispatch_due()
    refusal = Answer(key=str(command.pk), outcome=Outcome.REFUSED, words="The period is closed.")
    assert record_answer(refusal, connection=world.connection) == ""
    dead = Command.objects.get(pk=command.pk)
    assert (dead.state, dead.answer["words"]) == (CommandState.DEAD, "The period is closed.")


@pytest.mark.parametrize("outcome", [CommandState.DONE, CommandState.DEAD])
def test_a_person_settles_an_unknown_command(world: FileWorld, outcome: CommandState) -> None:
    command = world.decide()
    dispatching.dispatch_due()
    with pytest.raises(ConflictError):
        outbox.settle_by_hand(command, outcome=outcome, note="I looked.")
    world.pass_time(hours=2)
    dispatching.dispatch_due()
    with pytest.raises(PermanentError):
        outbox.settle_by_hand(command, outcome=outcome, note=" ")
    settled = outbox.settle_by_hand(command, outcome=outcome, note="I looked.")
    assert (settled.state, settled.answer["words"]) == (outcome, "I looked.")


# --- withdrawing ------------------------------------------------------------------------------


def test_a_waiting_command_is_withdrawn_and_never_sent(
    world: FileWorld, pushes: Pushes, told: list[str]
) -> None:
    command = world.decide()
    assert outbox.withdraw(command, reason="The case healed.").state == CommandState.WITHDRAWN
    assert dispatching.dispatch_due() == 0
    assert pushes.sent == []
    assert told == [CommandState.WITHDRAWN]


def test_a_command_being_sent_is_awaited(world: FileWorld) -> None:
    command = world.decide()
    dispatching.dispatch_due()
    assert outbox.withdraw(command, reason="The case healed.").state == CommandState.SENDING
    assert state_of(command) == CommandState.SENDING


# --- one after the other ----------------------------------------------------------------------


def test_two_commands_of_one_order_are_never_in_flight_together(world: FileWorld) -> None:
    first = world.decide()
    after = replace(world.order.lines[0], schedule=split(world.order).changes[0].after.schedule)
    second = world.decide(split(replace(world.order, lines=(after,)), first=70, rest=30))
    dispatching.dispatch_due()
    assert (state_of(first), state_of(second)) == (CommandState.SENDING, CommandState.WAITING)
    world.erp.work(at=clock.now())
    record_answer(applied(first), connection=world.connection)
    world.read()
    dispatching.dispatch_due()
    assert state_of(second) == CommandState.SENDING


def test_an_unknown_command_holds_up_its_order_and_no_other(world: FileWorld, pushes: Pushes) -> None:
    world.erp.keep([an_order("2")], at=clock.now())
    world.read()
    pushes.result = AnswerLost("timeout")
    first, second = world.decide(), world.decide()
    dispatching.dispatch_due()
    pushes.result = PushReceipt(outcome=Outcome.APPLIED)
    other = world.decide(split(an_order("2")))
    dispatching.dispatch_due()
    assert [state_of(command) for command in (first, second, other)] == [
        CommandState.UNKNOWN,
        CommandState.WAITING,
        CommandState.DONE,
    ]


def test_a_command_nobody_can_read_does_not_stop_the_others(world: FileWorld, pushes: Pushes) -> None:
    world.erp.keep([an_order("2")], at=clock.now())
    world.read()
    broken = world.decide()
    Command.objects.filter(pk=broken.pk).update(content={"kind": "?"})
    other = world.decide(split(an_order("2")))
    dispatching.dispatch_due()
    assert state_of(other) == CommandState.DONE
    assert "CanonicalError" in Command.objects.get(pk=broken.pk).last_error


def test_a_connection_that_is_switched_off_sends_nothing(world: FileWorld, pushes: Pushes) -> None:
    command = world.decide()
    world.connection.is_active = False
    world.connection.save()
    assert dispatching.dispatch_due() == 0
    assert state_of(command) == CommandState.WAITING


# --- when the ERP cannot be reached -----------------------------------------------------------


def test_a_passing_failure_is_tried_again_after_pauses_that_double(world: FileWorld, pushes: Pushes) -> None:
    command = world.decide()
    pushes.result = TransientError("busy")
    pauses = []
    for _ in range(4):
        before = clock.now()
        dispatching.dispatch_due()
        waiting = Command.objects.get(pk=command.pk)
        assert (waiting.state, waiting.last_error) == (CommandState.WAITING, "busy")
        assert waiting.due_at is not None
        pauses.append(round((waiting.due_at - before).total_seconds()))
        clock.set_now(waiting.due_at + timedelta(seconds=1))
    assert pauses == [30, 60, 120, 240]
    assert len(pushes.sent) == 4


def test_after_twelve_tries_it_is_dead_and_says_why(world: FileWorld, pushes: Pushes) -> None:
    command = world.decide()
    pushes.result = TransientError("busy")
    for _ in range(12):
        # Others get through all the time, so the connection does not count as down.
        StreamState.objects.filter(stream=dispatching.COMMANDS).update(failures=0)
        dispatching.dispatch_due()
        world.pass_time(hours=1.1)
    dead = Command.objects.get(pk=command.pk)
    assert (dead.state, dead.attempts) == (CommandState.DEAD, 12)
    assert dead.answer["words"] == "Given up after 12 tries: busy"
    assert len(pushes.sent) == 12


def test_a_rate_limit_is_waited_for_as_long_as_it_says(world: FileWorld, pushes: Pushes) -> None:
    command = world.decide()
    pushes.result = RateLimited("slow down", timedelta(minutes=7))
    dispatching.dispatch_due()
    waiting = Command.objects.get(pk=command.pk)
    assert (waiting.state, waiting.attempts) == (CommandState.WAITING, 0)
    world.pass_time(minutes=6)
    assert dispatching.dispatch_due() == 0
    world.pass_time(minutes=2)
    pushes.result = PushReceipt(outcome=Outcome.APPLIED)
    dispatching.dispatch_due()
    assert state_of(command) == CommandState.DONE


@pytest.mark.parametrize("error", [EndpointDown("no route"), AuthError("bad key")])
def test_an_erp_that_is_down_costs_no_tries_and_gets_one_probe_every_half_minute(
    world: FileWorld, pushes: Pushes, error: Exception
) -> None:
    numbers = [str(number) for number in range(1, 4)]
    world.erp.keep([an_order(number) for number in numbers], at=clock.now())
    world.read()
    commands = [world.decide(split(an_order(number))) for number in numbers]
    pushes.result = error
    for _ in range(13):
        dispatching.dispatch_due()
        world.pass_time(seconds=30)
    # More of them than the tries a command has.
    assert len(pushes.sent) == 13
    assert {Command.objects.get(pk=command.pk).attempts for command in commands} == {0}
    assert StreamState.objects.get(stream=dispatching.COMMANDS).last_error == str(error)
    pushes.result = PushReceipt(outcome=Outcome.APPLIED)
    pushes.sent.clear()
    for _ in range(2):
        dispatching.dispatch_due()
        world.pass_time(seconds=30)
    assert {state_of(command) for command in commands} == {CommandState.DONE}
    assert len(pushes.sent) == 3
    assert StreamState.objects.get(stream=dispatching.COMMANDS).failures == 0


def test_one_connection_that_is_down_does_not_stop_another(world: FileWorld, tmp_path: Path) -> None:
    other = FileWorld.make(tmp_path / "other")
    world.connection.settings["folder"] = "/proc/nowhere"
    world.connection.save()
    stuck, free = world.decide(), other.decide()
    dispatching.dispatch_due()
    assert (state_of(stuck), state_of(free)) == (CommandState.WAITING, CommandState.SENDING)
    assert "is not there" in Command.objects.get(pk=stuck.pk).last_error


# --- the machine ------------------------------------------------------------------------------


@pytest.mark.parametrize("state", lifecycle.SETTLED)
def test_nothing_leads_out_of_a_settled_state(state: str) -> None:
    moves = [move for move in vars(lifecycle).values() if callable(move) and hasattr(move, "_django_fsm")]
    assert len(moves) == 9
    # But for the word of a person, who did what the ERP had refused.
    by_hand = {lifecycle.finish_by_hand} if state == CommandState.DEAD else set()
    for move in set(moves) - by_hand:
        with pytest.raises(TransitionNotAllowed):
            move(Command(state=state), at=None)


def test_the_state_cannot_be_set_past_the_machine() -> None:
    command = Command(state=CommandState.WAITING)
    with pytest.raises(AttributeError):
        command.state = CommandState.DONE


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_command_once(tmp_path: Path, pushes: Pushes) -> None:
    world = FileWorld.make(tmp_path)
    orders = [an_order(str(number)) for number in range(1, 11)]
    world.erp.keep(orders, at=clock.now())
    world.read()
    first = [world.decide(split(order)) for order in orders]
    second = [world.decide(split(order)) for order in orders]
    pushes.result = PushReceipt(outcome=Outcome.AWAITED)

    def work() -> None:
        for _ in range(5):
            dispatching.dispatch_due()
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(sending.key for sending in pushes.sent) == sorted(str(command.pk) for command in first)
    assert {state_of(command) for command in second} == {CommandState.WAITING}
    clock.reset()


def test_due_commands_are_found_by_their_index(world: FileWorld) -> None:
    world.decide()
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM erp_connectors_command WHERE due_at IS NOT NULL AND due_at <= now()"
        )
        assert "command_due" in "".join(row[0] for row in cursor.fetchall())


def test_a_command_keeps_its_decimals(world: FileWorld, pushes: Pushes) -> None:
    exact = with_price(world.order, "0.0042")
    world.erp.keep([exact], at=clock.now())
    world.read()
    change = split(exact).changes[0]
    command: OrderCommand = replace(split(exact), kind=CommandKind.CHANGE_PRICE, changes=(change,))
    world.decide(command)
    dispatching.dispatch_due()
    price = pushes.sent[0].command.changes[0].after.price
    assert price is not None
    assert price.amount == Decimal("0.0042")
