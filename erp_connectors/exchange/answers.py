"""What an ERP says became of a command, kept for each by itself, and line by line where it says so."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from erp_connectors.companies import Connection
from erp_connectors.connectors.base import Answer, Outcome
from erp_connectors.exchange import lifecycle, moves
from erp_connectors.exchange.models import Command, CommandState
from erp_connectors.exchange.moves import Move

#: What an answer says of a command of which the ERP did some lines and refused others.
PARTLY = "partly"
ANSWERED: dict[Outcome, tuple[Move, CommandState]] = {
    Outcome.APPLIED: (lifecycle.finish, CommandState.DONE),
    Outcome.REFUSED: (lifecycle.refuse, CommandState.DEAD),
    Outcome.CONFLICT: (lifecycle.find_conflict, CommandState.CONFLICT),
}


@transaction.atomic
def record_answer(answer: Answer, *, connection: Connection) -> str:
    """Record what the ERP did with a command, a group or a line; the same answer again changes nothing.

    Returns what is wrong with the answer in a sentence, or nothing.
    """
    named = _named(answer.key, connection)
    if not named:
        return f"{answer.key} is not a command that was sent to {connection.name}."
    meant = [each for each in named if not answer.line or answer.line in each.line_numbers]
    if not meant:
        return f"{answer.key} does not change line {answer.line}."
    record = _record_line if answer.line else _record
    return " ".join(filter(None, [record(command, answer) for command in meant]))


def _named(key: str, connection: Connection) -> list[Command]:
    """Return the command of this key, or those of this group that were sent, in the order of their keys."""
    try:
        named = Q(pk=UUID(key)) | Q(group=UUID(key), sent_at__isnull=False)
    except ValueError:
        return []
    return list(Command.objects.filter(named, connection=connection).order_by("pk"))


def _record(command: Command, answer: Answer) -> str:
    move, state = ANSWERED[answer.outcome]
    settled = moves.change(command.pk, move, answer={"outcome": answer.outcome.value, "words": answer.words})
    return "" if settled.state == state else _said_otherwise(answer, settled)


def _record_line(command: Command, answer: Answer) -> str:
    """Keep what is said of one line; once all lines are spoken of, the command is settled.

    Done only where every line is: of a command nothing counts as half done.
    """
    command = moves.locked(command.pk)
    known = command.answer.get("lines", {}).get(answer.line)
    if known is not None or command.state in lifecycle.SETTLED:
        outcome = command.answer.get("outcome") if known is None else known["outcome"]
        return "" if outcome == answer.outcome else _said_otherwise(answer, command)
    word = {"outcome": answer.outcome.value, "words": answer.words}
    command.answer = command.answer | {"lines": command.answer.get("lines", {}) | {answer.line: word}}
    command.save(update_fields=["answer"])
    if any(line not in command.answer["lines"] for line in command.line_numbers):
        return ""
    said = {line: command.answer["lines"][line] for line in command.line_numbers}
    outcomes = {Outcome(each["outcome"]) for each in said.values()}
    is_partly = len(outcomes) > 1
    move, _state = ANSWERED[Outcome.REFUSED if is_partly else outcomes.pop()]
    settled = {"outcome": PARTLY if is_partly else answer.outcome.value, "words": _in_words(said)}
    moves.change(command.pk, move, answer=settled | {"lines": said})
    return ""


def _in_words(said: Mapping[str, Mapping[str, str]]) -> str:
    """Return what was said of lines as a sentence; what is the same of all of them is said once."""
    spoken = {f"{each['outcome']}: {each['words']}".removesuffix(": ") for each in said.values()}
    if len(spoken) == 1:
        return next(iter(said.values()))["words"]
    told = [f"line {line} {each['outcome']}: {each['words']}" for line, each in said.items()]
    return "; ".join(each.removesuffix(": ") for each in told)


def _said_otherwise(answer: Answer, command: Command) -> str:
    about = f"line {answer.line} of {answer.key}" if answer.line else answer.key
    state = command.get_state_display()
    return f"{about} is said to be {answer.outcome}, but it is {state} already."
