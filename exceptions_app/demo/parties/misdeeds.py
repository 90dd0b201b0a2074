"""Every way to misbehave, in one registry: each is a function that makes something else of what is honest.

To add one, write a function beside the others (`confirming`, `shipping`, `receiving`, `billing`, `sending`)
and decorate it. The seed then plays it at least once, the simulator draws it, and a test holds it to the type
it says it causes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, TypeVar

from erp_connectors.canonical.documents import (
    Confirmation,
    Invoice,
    Receipt,
    ShipmentStatus,
    ShipNotice,
)
from exceptions_app.demo.parties.scene import Scene

Document = Confirmation | ShipNotice | ShipmentStatus | Receipt | Invoice
Honest = TypeVar("Honest")


class Stage(StrEnum):
    """Where in the life of an order somebody misbehaves."""

    CONFIRM = "confirm"
    SHIP = "ship"
    CARRY = "carry"
    RECEIVE = "receive"
    BILL = "bill"
    SEND = "send"


#: By how many business days from today goods are wanted (before it below zero), where a story is to be
#: in its stage now.
DUE = {
    Stage.CONFIRM: (4, 22),
    Stage.SHIP: (0, 1),
    Stage.CARRY: (0, 1),
    Stage.RECEIVE: (-4, -3),
    Stage.BILL: (-7, -4),
    Stage.SEND: (4, 22),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Misdeed:
    """One way to misbehave: what it does, the type of case it causes (empty: none), and how common it is.

    `due`: by when goods are wanted, in business days from today, for the case to be open today. `said_ago`:
    since how many business days it must have been said. `in_edifact`: whether EDIFACT has words for it.
    `after_cancel`: it takes a cancelled order. `undelivered`: nothing may have been received before.
    """

    code: str
    does: str
    stage: Stage
    causes: str
    share: int
    act: Callable[[Any, Scene], list[Any]]
    due: tuple[int, int]
    said_ago: int = 0
    in_edifact: bool = True
    after_cancel: bool = False
    undelivered: bool = False


_REGISTRY: dict[str, Misdeed] = {}


def misdeed(
    stage: Stage,
    *,
    causes: str,
    share: int,
    due: tuple[int, int] | None = None,
    said_ago: int = 0,
    in_edifact: bool = True,
    after_cancel: bool = False,
    undelivered: bool = False,
) -> Callable[[Callable[[Honest, Scene], list[Any]]], Callable[[Honest, Scene], list[Any]]]:
    """Register a function as a misdeed under its name; the first line of its docstring says what it does."""

    def register(
        act: Callable[[Honest, Scene], list[Any]],
    ) -> Callable[[Honest, Scene], list[Any]]:
        _REGISTRY[act.__name__] = Misdeed(
            code=act.__name__,
            does=(act.__doc__ or "").strip().partition("\n")[0],
            stage=stage,
            causes=causes,
            share=share,
            act=act,
            due=due or DUE[stage],
            said_ago=said_ago,
            in_edifact=in_edifact,
            after_cancel=after_cancel,
            undelivered=undelivered,
        )
        return act

    return register


def every_misdeed() -> Sequence[Misdeed]:
    """Return all of them, in the order they are written down."""
    return tuple(_REGISTRY.values())


def drawn(chance: Random, among: Sequence[Misdeed]) -> Misdeed:
    """Return one of some misdeeds, the common ones more often."""
    return chance.choices(among, [each.share for each in among])[0]
