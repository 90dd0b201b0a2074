"""Draws the three machines from their code, as Mermaid diagrams and tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from erp_connectors.exchange import lifecycle as of_command
from exceptions_app.cases import lifecycle as of_case
from exceptions_app.proposals import lifecycle as of_proposal

HEADER = """# The life of a case, a proposal and a command

Written by `manage.py draw_lifecycle` from the machines themselves; a test compares. Do not edit.
"""
MACHINES = (
    ("Case", "Who has it. Overdue and escalated are clocks and levels, never states.", of_case),
    ("Proposal", "What is decided about the lines of a case.", of_proposal),
    (
        "Command",
        "What the ERP is asked to do: at most once, never again after an unknown outcome.",
        of_command,
    ),
)


@dataclass(frozen=True, slots=True)
class Move:
    """One transition: its name, the states it leads between, who may make it, and what it means."""

    name: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    who: str
    meaning: str


def draw() -> str:
    """Return the document with all three machines."""
    return "\n".join([HEADER, *(_section(*machine) for machine in MACHINES)])


def moves_of(machine: ModuleType) -> list[Move]:
    """Return the transitions of a machine in the order of its file, one for each target and permission."""
    moves: list[Move] = []
    for name, function in vars(machine).items():
        if not hasattr(function, "_django_fsm"):
            continue
        meaning = _first_line(function.__doc__)
        grouped: dict[tuple[tuple[str, ...] | None, str], list[str]] = {}
        for source, found in function._django_fsm.transitions.items():
            grouped.setdefault((_targets(found.target), _who(found.permission)), []).append(str(source))
        for (targets, who), sources in grouped.items():
            moves.append(Move(name, tuple(sources), targets or (), who, meaning))
    return moves


def _section(title: str, about: str, machine: ModuleType) -> str:
    moves = moves_of(machine)
    rows = [
        _row(f"`{move.name}`", _words(move.sources), _words(move.targets) or "stays", move.who, move.meaning)
        for move in moves
    ]
    return "\n".join(
        [
            f"## {title}",
            "",
            about,
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {machine.STATE.default}",
            *(f"    {line}" for line in _arrows(moves)),
            "```",
            "",
            _row("move", "from", "to", "who", "meaning"),
            _row(*["---"] * 5),
            *rows,
            "",
        ]
    )


def _arrows(moves: Iterable[Move]) -> list[str]:
    """Return one arrow for each pair of states, with the names of all moves that lead along it."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in moves:
        for source in move.sources:
            for target in move.targets or (source,):
                arrows.setdefault((source, target), []).append(move.name)
    return [f"{source} --> {target}: {', '.join(names)}" for (source, target), names in arrows.items()]


def _targets(target: Any) -> tuple[str, ...] | None:
    if target is None:
        return None
    return tuple(str(state) for state in getattr(target, "allowed_states", (target,)))


def _who(permission: Any) -> str:
    """Return whom a permission lets through, in the words of its docstring."""
    if permission is None:
        return "Rightline"
    return _first_line(permission.__doc__).removeprefix("Permit ").rstrip(".")


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _words(states: Iterable[str]) -> str:
    return ", ".join(states)
