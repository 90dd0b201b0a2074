"""What every connector must do, tested alike for all of them.

A connector joins with a subclass of `ConnectorSuite` that names how its world is made: see
docs/adding-a-connector.md.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import pytest

from erp_connectors import clock
from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import CommandKind, LineChange
from erp_connectors.canonical.documents import OrderLine, PurchaseOrder
from erp_connectors.canonical.values import Price, Quantity, SchedulePart
from erp_connectors.companies import Connection
from erp_connectors.connectors.base import Sending, Unsupported
from erp_connectors.connectors.compare import values_of
from erp_connectors.connectors.registry import connector_for
from erp_connectors.documents import models
from erp_connectors.exchange import dispatching, outbox
from erp_connectors.exchange.models import (
    Command,
    CommandState,
    Interchange,
    StreamState,
    Transaction,
    TransactionStatus,
)
from erp_connectors.identifiers import uuid7
from erp_connectors.signals import document_recorded
from tests.builders.file_world import WITHIN_LIMIT, an_order, split, with_price

SECRET = "hush-4711-never-shown"


class World(Protocol):
    """A connection with its ERP at the other end. One order (`an_order()`) is in it and has been read."""

    connection: Connection

    def hide(self, secret: str) -> None:
        """Put a secret where the connection's settings keep such, or would."""

    def keep(self, *orders: PurchaseOrder) -> None:
        """Put orders, or changes of them, into the ERP."""

    def read(self) -> Interchange:
        """Bring what the ERP says into the mirror, through the inbox."""

    def say_unreadably(self, number: str) -> None:
        """Have the ERP say this order, from now on, in a way nobody can read."""

    def refuse(self, number: str, words: str) -> None:
        """Have the ERP refuse every command on this order with these words."""

    def lose_answers(self) -> None:
        """Have the ERP carry commands out from now on without anybody hearing of it."""

    def forbid(self, kind: str) -> None:
        """Declare that this ERP cannot carry out commands of this kind."""

    def work(self) -> None:
        """Let the ERP carry out what was sent, and take its answers in."""

    def in_erp(self, number: str) -> PurchaseOrder:
        """The order as the ERP has it."""

    def effects(self) -> list[str]:
        """The keys of the commands that changed something in the ERP."""

    def traces(self) -> list[str]:
        """Whatever reached the ERP of commands: files, requests."""

    def pass_time(self, **span: float) -> Any:
        """Let the clock of everybody run ahead."""


@pytest.mark.django_db
class ConnectorSuite:
    """The tests; a subclass sets `make`, which builds the world in an empty folder."""

    make: Callable[[Path], World]

    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        """The world, with a secret among the connection's settings."""
        world = type(self).make(tmp_path)
        world.hide(SECRET)
        return world

    # --- reading

    def test_a_second_reading_of_the_same_changes_nothing(self, world: World) -> None:
        touched: list[int] = []

        def hear(orders: list[int], **_: Any) -> None:
            touched.extend(orders)

        document_recorded.connect(hear)
        before = _revisions()
        world.pass_time(minutes=5)
        world.read()
        document_recorded.disconnect(hear)
        assert _revisions() == before
        assert touched == []

    def test_a_change_is_read_once(self, world: World) -> None:
        before = len(_revisions())
        world.keep(with_price(an_order(), "12.84"))
        for _ in range(2):
            world.pass_time(minutes=5)
            world.read()
        assert len(_revisions()) == before + 1
        assert _mirrored(world).lines[0].price == Price(Decimal("12.84"), "EUR", Decimal(1), "EA")

    def test_a_price_that_goes_and_comes_back_is_three_revisions(self, world: World) -> None:
        before = len(_revisions())
        for price in ("12.84", "182.40"):
            world.pass_time(minutes=5)
            world.keep(with_price(an_order(), price))
            world.read()
        assert len(_revisions()) == before + 2
        assert _mirrored(world).lines[0].price == an_order().lines[0].price

    @pytest.mark.parametrize(
        ("quantity", "unit", "price", "per"),
        [
            ("1000000", "EA", "0.0042", "1"),
            ("0.000001", "KGM", "99999999.99", "1"),
            ("33.333333", "MTR", "1250.00", "100"),
            ("0.3", "KGM", "0", "1000"),
        ],
    )
    def test_numbers_units_and_dates_arrive_exactly(
        self, world: World, quantity: str, unit: str, price: str, per: str
    ) -> None:
        amount = Quantity(Decimal(quantity), unit)
        parts = (SchedulePart(amount, date(2028, 2, 29)),)
        line = replace(
            an_order().lines[0],
            quantity=amount,
            schedule=parts,
            price=Price(Decimal(price), "EUR", Decimal(per), unit),
        )
        world.keep(an_order("2", lines=(line,)))
        world.read()
        (read,) = _mirrored(world, "2").lines
        assert (read.quantity, read.schedule, read.price) == (line.quantity, line.schedule, line.price)

    def test_an_order_nobody_can_read_is_reported_and_the_others_are_applied(self, world: World) -> None:
        world.keep(an_order("2"), an_order("3"))
        world.say_unreadably("2")
        world.read()
        numbers = set(models.PurchaseOrder.objects.values_list("number", flat=True))
        assert numbers == {an_order().number, "3"}
        refused = Transaction.objects.get(status=TransactionStatus.QUARANTINED)
        assert refused.findings

    def test_what_was_received_is_kept_without_secrets(self, world: World) -> None:
        world.read()
        kept = [bytes(interchange.payload).decode() for interchange in Interchange.objects.all()]
        assert kept
        told = [
            *kept,
            *StreamState.objects.values_list("last_error", flat=True),
            *(str(finding) for finding in Transaction.objects.values_list("findings", flat=True)),
        ]
        assert not [text for text in told if SECRET in text]

    # --- writing

    def test_a_command_shows_in_the_erp_and_in_the_next_reading(self, world: World) -> None:
        command = _decide(world)
        dispatching.dispatch_due()
        world.pass_time(minutes=1)
        world.work()
        assert _state(command) == CommandState.DONE
        world.read()
        wanted = split(an_order()).changes[0].after
        assert world.in_erp(an_order().number).lines[0].schedule == wanted.schedule
        assert _mirrored(world).lines[0].schedule == wanted.schedule
        assert SECRET not in str(world.traces())

    def test_the_same_key_twice_has_one_effect(self, world: World) -> None:
        command = _decide(world)
        sending = Sending(
            key=str(command.pk), command=split(world.in_erp(an_order().number)), sent_at=clock.now()
        )
        connector = connector_for(world.connection)
        connector.push(sending)
        world.work()
        connector.push(sending)
        world.work()
        assert world.effects() == [str(command.pk)]

    def test_a_lost_answer_is_unknown_then_done_with_one_effect(self, world: World) -> None:
        world.lose_answers()
        command = _decide(world)
        dispatching.dispatch_due()
        world.pass_time(minutes=1)
        world.work()
        world.pass_time(seconds=connector_for(world.connection).answer_timeout().total_seconds())
        dispatching.dispatch_due()
        assert _state(command) == CommandState.UNKNOWN
        world.read()
        world.pass_time(minutes=2)
        dispatching.dispatch_due()
        assert _state(command) == CommandState.DONE
        assert world.effects() == [str(command.pk)]

    @pytest.mark.parametrize("seen", [True, False])
    def test_a_value_that_moved_is_a_conflict_and_the_erp_stays_as_it_is(
        self, world: World, seen: bool
    ) -> None:
        command = _decide(world)
        world.keep(with_price(an_order(), "190.00"))
        if seen:
            world.read()
        kept = world.in_erp(an_order().number)
        dispatching.dispatch_due()
        world.work()
        assert _state(command) == CommandState.CONFLICT
        assert "190" in Command.objects.get(pk=command.pk).answer["words"]
        assert world.in_erp(an_order().number) == kept
        assert world.effects() == []

    def test_when_only_the_token_moved_the_command_goes_on(self, world: World) -> None:
        command = _decide(world)
        world.keep(replace(an_order(), buyer="bea"))
        world.read()
        dispatching.dispatch_due()
        world.work()
        assert _state(command) == CommandState.DONE

    def test_a_refusal_ends_it_with_the_erps_words_and_is_not_tried_again(self, world: World) -> None:
        world.refuse(an_order().number, "The period is closed.")
        command = _decide(world)
        dispatching.dispatch_due()
        world.work()
        dead = Command.objects.get(pk=command.pk)
        assert (dead.state, dead.answer["words"]) == (CommandState.DEAD, "The period is closed.")
        world.pass_time(hours=3)
        assert dispatching.dispatch_due() == 0
        assert world.effects() == []

    @pytest.mark.parametrize("refused", [False, True])
    def test_what_goes_together_is_done_as_a_whole_or_not_at_all(self, world: World, refused: bool) -> None:
        if refused:
            world.refuse("2", "The period is closed.")
        commands = _decide_together(world)
        before = world.in_erp("2")
        dispatching.dispatch_due()
        for _ in commands if not connector_for(world.connection).takes_groups() else commands[:1]:
            world.work()
            dispatching.dispatch_due()
        wanted = before.lines if refused else [_halved(line) for line in before.lines]
        assert [line.quantity for line in world.in_erp("2").lines] == [line.quantity for line in wanted]
        state = CommandState.DEAD if refused else CommandState.DONE
        assert [_state(command) for command in commands] == [state] * 2
        assert world.effects() == ([] if refused else [str(command.pk) for command in commands])

    def test_what_the_erp_cannot_do_is_refused_before_anything_is_sent(self, world: World) -> None:
        command = split(an_order())
        world.forbid(command.kind)
        with pytest.raises(Unsupported):
            _decide(world)
        with pytest.raises(Unsupported):
            connector_for(world.connection).push(Sending(key="k", command=command, sent_at=clock.now()))
        assert world.traces() == []


def _decide(world: World) -> Command:
    order = models.PurchaseOrder.objects.get(connection=world.connection, number=an_order().number)
    return outbox.enqueue(
        split(an_order()), order=order, authorisation=WITHIN_LIMIT, case_number="EX-1", proposal_id=None
    )


def _decide_together(world: World) -> list[Command]:
    """Queue one command for each of two lines of order 2, which go together."""
    line = an_order().lines[0]
    world.keep(an_order("2", lines=(line, replace(line, number="20"))))
    world.read()
    order = models.PurchaseOrder.objects.get(connection=world.connection, number="2")
    group: UUID = uuid7()
    return [
        outbox.enqueue(
            replace(
                split(world.in_erp("2")),
                kind=CommandKind.CHANGE_QUANTITY,
                changes=(
                    LineChange(
                        line_number=each.number, before=values_of(each), after=values_of(_halved(each))
                    ),
                ),
            ),
            order=order,
            authorisation=WITHIN_LIMIT,
            case_number="EX-1",
            proposal_id=None,
            group=group,
        )
        for each in world.in_erp("2").lines
    ]


def _halved(line: OrderLine) -> OrderLine:
    half = replace(line.quantity, value=line.quantity.value / 2)
    return replace(line, quantity=half, schedule=(replace(line.schedule[0], quantity=half),))


def _state(command: Command) -> str:
    return str(Command.objects.get(pk=command.pk).state)


def _mirrored(world: World, number: str = "4500010001") -> PurchaseOrder:
    order = models.PurchaseOrder.objects.get(connection=world.connection, number=number)
    return from_builtins(order.document.content, PurchaseOrder)


def _revisions() -> set[Any]:
    return set(models.Document.objects.values_list("pk", flat=True))
