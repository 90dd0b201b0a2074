"""Commands of one decision on one order go together: one file, and what the ERP says is kept of each."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from erp_connectors import clock
from erp_connectors.canonical.commands import CommandKind, LineChange, OrderCommand, as_one
from erp_connectors.connectors.base import Answer, EndpointDown, Group, Outcome
from erp_connectors.connectors.compare import values_of
from erp_connectors.connectors.file_drop.connector import FileDropConnector
from erp_connectors.exchange import dispatching, outbox
from erp_connectors.exchange.answers import PARTLY, record_answer
from erp_connectors.exchange.models import Command, CommandState
from erp_connectors.identifiers import uuid7
from tests.builders.file_world import WITHIN_LIMIT, FileWorld, an_order, each, split, with_price

pytestmark = pytest.mark.django_db

LINES = ("10", "20", "30")


@pytest.fixture
def world(tmp_path: Path) -> FileWorld:
    """One order of three lines."""
    return with_three_lines(FileWorld.make(tmp_path))


def with_three_lines(world: FileWorld) -> FileWorld:
    first = world.order.lines[0]
    world.order = replace(world.order, lines=tuple(replace(first, number=number) for number in LINES))
    world.erp.keep([world.order], at=clock.now())
    world.pass_time(minutes=1)
    world.read()
    return world


def fewer(world: FileWorld, number: str, pieces: int = 82) -> OrderCommand:
    """The command that takes pieces off a line."""
    line = next(line for line in world.order.lines if line.number == number)
    before, quantity = values_of(line), each(pieces)
    after = replace(before, quantity=quantity, schedule=(replace(line.schedule[0], quantity=quantity),))
    change = LineChange(line_number=number, before=before, after=after)
    return replace(split(world.order), kind=CommandKind.CHANGE_QUANTITY, changes=(change,))


def decide(world: FileWorld, commands: Sequence[OrderCommand]) -> tuple[str, list[Command]]:
    """Queue commands that go together; returns the key of their group."""
    group: UUID = uuid7()
    queued = [
        outbox.enqueue(
            command,
            order=world.mirrored(),
            authorisation=WITHIN_LIMIT,
            case_number=f"EX-{number}",
            proposal_id=None,
            group=group,
        )
        for number, command in enumerate(commands, start=1)
    ]
    return str(group), queued


def states() -> list[str]:
    return list(Command.objects.order_by("pk").values_list("state", flat=True))


def decide_on_all(world: FileWorld) -> tuple[str, list[Command]]:
    return decide(world, [fewer(world, number) for number in LINES])


def quantities(world: FileWorld) -> list[int]:
    return [int(line.quantity.value) for line in world.in_erp(world.order.number).lines]


# --- handed over as one -----------------------------------------------------------------------


def test_they_are_one_file_one_effect_and_one_answer(world: FileWorld) -> None:
    group, commands = decide_on_all(world)
    assert dispatching.dispatch_due() == 1
    (text,) = world.traces()
    content = json.loads(text)
    assert (content["format"], content["group"]) == ("rightline-command-group/1", group)
    assert [part["command"] for part in content["commands"]] == [str(command.pk) for command in commands]
    assert states() == [CommandState.SENDING] * 3

    world.work()
    assert states() == [CommandState.DONE] * 3
    assert quantities(world) == [82] * 3
    assert world.in_erp(world.order.number).version.revision == 3


def test_what_was_withdrawn_before_does_not_go_with_them(world: FileWorld) -> None:
    _, commands = decide_on_all(world)
    outbox.withdraw(commands[1], reason="Nothing deviates any more.")
    dispatching.dispatch_due()
    world.work()
    assert quantities(world) == [82, 100, 82]
    assert states() == [CommandState.DONE, CommandState.WITHDRAWN, CommandState.DONE]


def test_one_that_is_left_alone_goes_by_itself(world: FileWorld) -> None:
    _, commands = decide_on_all(world)
    for command in commands[:2]:
        outbox.withdraw(command, reason="Nothing deviates any more.")
    dispatching.dispatch_due()
    assert [json.loads(text)["command"] for text in world.traces()] == [str(commands[2].pk)]


def test_what_an_erp_cannot_do_together_goes_one_after_the_other(tmp_path: Path) -> None:
    world = with_three_lines(FileWorld.make(tmp_path, groups=False))
    decide_on_all(world)
    for done in range(3):
        assert dispatching.dispatch_due() == 1
        assert states().count(CommandState.DONE) == done
        world.work()
    assert quantities(world) == [82] * 3


def test_a_value_that_moved_of_one_is_a_conflict_of_all(world: FileWorld) -> None:
    decide_on_all(world)
    dearer = with_price(world.order, "190.00")
    world.erp.keep([dearer], at=clock.now())
    world.pass_time(minutes=1)
    world.read()
    dispatching.dispatch_due()
    assert states() == [CommandState.CONFLICT] * 3
    assert world.traces() == []


def test_two_changes_of_one_line_are_made_one_after_the_other(world: FileWorld) -> None:
    first = fewer(world, "10")
    (change,) = first.changes
    price = replace(change.after, price=with_price(an_order(), "190.00").lines[0].price)
    second = replace(
        first,
        kind=CommandKind.CHANGE_PRICE,
        changes=(replace(change, before=change.after, after=price),),
    )
    assert as_one([first, second]).changes == (replace(change, after=price),)

    world.lose_answers()
    decide(world, [first, second])
    dispatching.dispatch_due()
    world.work()
    world.pass_time(hours=1)
    dispatching.dispatch_due()
    world.read()
    world.pass_time(minutes=2)
    dispatching.dispatch_due()
    assert states() == [CommandState.DONE] * 2


# --- tried again ------------------------------------------------------------------------------


def test_what_did_not_reach_the_erp_is_tried_again_together(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, commands = decide_on_all(world)
    pushed: list[Group] = []

    def fail(connector: FileDropConnector, group: Group) -> None:
        pushed.append(group)
        raise EndpointDown("The folder is not there.")

    with monkeypatch.context() as patch:
        patch.setattr(FileDropConnector, "push_group", fail)
        dispatching.dispatch_due()
    assert states() == [CommandState.WAITING] * 3
    world.pass_time(minutes=1)
    assert dispatching.dispatch_due() == 1
    assert [push.key for push in pushed] == [group]
    world.work()
    assert states() == [CommandState.DONE] * 3
    assert world.effects() == [str(command.pk) for command in commands]


def test_nothing_is_done_twice_when_the_file_is_seen_twice(world: FileWorld) -> None:
    _, commands = decide_on_all(world)
    dispatching.dispatch_due()
    (path,) = (world.erp.folder / "outgoing" / "commands").iterdir()
    content = path.read_bytes()
    world.work()
    path.write_bytes(content)
    world.work()
    assert world.effects() == [str(command.pk) for command in commands]
    assert states() == [CommandState.DONE] * 3


def test_a_lost_answer_leaves_all_unknown_until_their_effect_is_seen(world: FileWorld) -> None:
    world.lose_answers()
    decide_on_all(world)
    dispatching.dispatch_due()
    world.work()
    world.pass_time(hours=1)
    dispatching.dispatch_due()
    assert states() == [CommandState.UNKNOWN] * 3
    world.read()
    world.pass_time(minutes=2)
    dispatching.dispatch_due()
    assert states() == [CommandState.DONE] * 3


# --- answered line by line --------------------------------------------------------------------


def answer_line(world: FileWorld, key: str, line: str, outcome: Outcome, words: str = "") -> str:
    answer = Answer(key=key, outcome=outcome, words=words, line=line)
    return record_answer(answer, connection=world.connection)


def test_an_answer_of_a_line_settles_the_command_that_changes_it(world: FileWorld) -> None:
    group, _ = decide_on_all(world)
    dispatching.dispatch_due()
    assert answer_line(world, group, "20", Outcome.REFUSED, "The price list is locked.") == ""
    assert states() == [CommandState.SENDING, CommandState.DEAD, CommandState.SENDING]
    for line in ("10", "30"):
        assert answer_line(world, group, line, Outcome.APPLIED) == ""
    assert states() == [CommandState.DONE, CommandState.DEAD, CommandState.DONE]
    assert Command.objects.get(state=CommandState.DEAD).answer["words"] == "The price list is locked."


def test_a_refusal_of_the_group_is_one_of_each(world: FileWorld) -> None:
    world.refuse(world.order.number, "The period is closed.")
    decide_on_all(world)
    dispatching.dispatch_due()
    world.work()
    assert {command.answer["words"] for command in Command.objects.all()} == {"The period is closed."}
    assert states() == [CommandState.DEAD] * 3
    assert world.effects() == []


def test_a_command_is_done_once_each_of_its_lines_is(world: FileWorld) -> None:
    whole = as_one([fewer(world, "10"), fewer(world, "20")])
    command = world.decide(whole)
    dispatching.dispatch_due()
    assert answer_line(world, str(command.pk), "10", Outcome.APPLIED) == ""
    assert states() == [CommandState.SENDING]
    assert answer_line(world, str(command.pk), "20", Outcome.APPLIED) == ""
    assert states() == [CommandState.DONE]


def test_of_a_command_that_is_half_done_every_line_is_told(world: FileWorld) -> None:
    command = world.decide(as_one([fewer(world, "10"), fewer(world, "20")]))
    dispatching.dispatch_due()
    answer_line(world, str(command.pk), "20", Outcome.REFUSED, "Received already.")
    answer_line(world, str(command.pk), "10", Outcome.APPLIED)
    dead = Command.objects.get()
    assert (dead.state, dead.answer["outcome"]) == (CommandState.DEAD, PARTLY)
    assert dead.answer["words"] == "line 10 applied; line 20 refused: Received already."
    assert set(dead.answer["lines"]) == {"10", "20"}


def test_an_answer_said_again_changes_nothing_and_another_one_is_reported(world: FileWorld) -> None:
    group, _ = decide_on_all(world)
    dispatching.dispatch_due()
    answer_line(world, group, "20", Outcome.APPLIED)
    assert answer_line(world, group, "20", Outcome.APPLIED) == ""
    assert "already" in answer_line(world, group, "20", Outcome.REFUSED)
    assert "does not change line 40" in answer_line(world, group, "40", Outcome.APPLIED)
    assert states() == [CommandState.SENDING, CommandState.DONE, CommandState.SENDING]


def test_a_group_is_answered_by_lines_in_a_table(world: FileWorld) -> None:
    group, _ = decide_on_all(world)
    dispatching.dispatch_due()
    rows = ["command,line,outcome,words", f"{group},10,applied,", f"{group},20,refused,Locked"]
    path = world.erp.folder / "incoming" / "answers" / "answers.csv"
    path.write_text("\n".join([*rows, f"{group},30,applied,"]))
    world.take_answers()
    assert states() == [CommandState.DONE, CommandState.DEAD, CommandState.DONE]
