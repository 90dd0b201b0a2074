"""An honest ERP behind a folder: it keeps orders, carries out command files, answers, and writes extracts.

It behaves as the other side of `file_drop` must: values that moved since the decision are a conflict, a
command it has seen is answered again without a second effect, a refusal comes in words, and of a group all
commands are carried out or none.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import LineChange, NewLine, OrderCommand, as_one
from erp_connectors.canonical.documents import OrderLine, PurchaseOrder
from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.connectors.base import Outcome, Stream
from erp_connectors.connectors.compare import differences_before
from erp_connectors.connectors.file_drop.commands import GROUP_FORMAT
from erp_connectors.connectors.simulator.extracts import orders_csv


@dataclass(slots=True)
class FileErp:
    """The ERP. `refusals` maps order numbers to the words it refuses their commands with.

    `line_refusals`, line numbers to words: of a group it carries the other commands out all the same.
    `loses_answers`: it carries commands out and says nothing, as when its answer file is lost.
    `effects` are the keys of the commands that changed an order, in order.
    """

    folder: Path
    orders: dict[str, PurchaseOrder] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    line_refusals: dict[str, str] = field(default_factory=dict)
    loses_answers: bool = False
    effects: list[str] = field(default_factory=list)
    said: dict[str, tuple[Outcome, str]] = field(default_factory=dict)

    def keep(self, orders: Iterable[PurchaseOrder], *, at: datetime) -> None:
        """Take new or changed orders into the ERP; each gets the next version."""
        for order in orders:
            self.orders[order.number] = self._next_version(order, at)

    def write_orders(self, *, at: datetime) -> Path:
        """Write the extract of all orders."""
        return self.write(Stream.ORDERS, orders_csv(self.orders.values()), at=at)

    def write(self, stream: Stream, payload: bytes, *, at: datetime) -> Path:
        """Write an extract into the incoming folder; it can be seen only when it is complete."""
        return _appear(self.path_of(stream, at=at), payload)

    def path_of(self, stream: Stream, *, at: datetime) -> Path:
        """Return where an extract made at that second lies."""
        return self.folder / "incoming" / f"{stream}_{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.csv"

    def work(self, *, at: datetime) -> int:
        """Carry out the commands that lie ready, answer each, and return how many there were."""
        paths = sorted((self.folder / "outgoing" / "commands").glob("[!.]*.json"))
        for path in paths:
            content = json.loads(path.read_bytes())
            if content.get("format") == GROUP_FORMAT:
                self._work_group(content, at)
            else:
                self._work_one(content, at)
            path.unlink()
        return len(paths)

    def _work_one(self, content: dict[str, Any], at: datetime) -> None:
        key = str(content["command"])
        if key not in self.said:
            self.said[key] = self._carry_out([key], from_builtins(content, OrderCommand), at)
        if not self.loses_answers:
            self.answer(key, *self.said[key])

    def _work_group(self, content: dict[str, Any], at: datetime) -> None:
        """Carry out a group, and answer it as a whole; where it does a part of it, line by line."""
        commands = {each["command"]: from_builtins(each, OrderCommand) for each in content["commands"]}
        new = {key: command for key, command in commands.items() if key not in self.said}
        able = {key: each for key, each in new.items() if not self._refused_lines(each)}
        outcome = self._carry_out(list(able), as_one(list(able.values())), at) if able else None
        for key, command in new.items():
            words = "; ".join(self._refused_lines(command))
            self.said[key] = (Outcome.REFUSED, words) if words or outcome is None else outcome
        if self.loses_answers:
            return
        said = {self.said[key] for key in commands}
        if len(said) == 1:
            self.answer(str(content["group"]), *said.pop())
        else:
            self._answer_lines(str(content["group"]), commands)

    def _refused_lines(self, command: OrderCommand) -> list[str]:
        numbers = [change.line_number for change in command.changes]
        return [self.line_refusals[number] for number in numbers if number in self.line_refusals]

    def _answer_lines(self, group: str, commands: Mapping[str, OrderCommand]) -> Path:
        """Answer each line of a group by its number, in one file."""
        rows = [
            {"command": group, "line": change.line_number, "outcome": outcome.value, "words": words}
            for key, command in commands.items()
            for outcome, words in [self.said[key]]
            for change in command.changes
        ]
        return _appear(self.folder / "incoming" / "answers" / f"{group}.json", json.dumps(rows).encode())

    def answer(self, key: str, outcome: Outcome, words: str) -> Path:
        """Write one answer file."""
        content = {"command": key, "outcome": outcome.value, "words": words}
        return _appear(self.folder / "incoming" / "answers" / f"{key}.json", json.dumps(content).encode())

    def _carry_out(self, keys: list[str], command: OrderCommand, at: datetime) -> tuple[Outcome, str]:
        order = self.orders.get(command.order_number)
        if order is None:
            return Outcome.REFUSED, f"There is no order {command.order_number}."
        if order.number in self.refusals:
            return Outcome.REFUSED, self.refusals[order.number]
        moved = differences_before(command, order)
        if moved:
            return Outcome.CONFLICT, "; ".join(str(difference) for difference in moved)
        changes = {change.line_number: change for change in command.changes}
        lines = tuple(_changed(line, changes.get(line.number)) for line in order.lines)
        lines += tuple(_added(new) for new in command.additions)
        self.orders[order.number] = self._next_version(replace(order, lines=lines), at)
        self.effects.extend(keys)
        return Outcome.APPLIED, ""

    def _next_version(self, order: PurchaseOrder, at: datetime) -> PurchaseOrder:
        before = self.orders.get(order.number)
        revision = before.version.revision + 1 if before else 1
        return replace(
            order, version=DocumentVersion(at.replace(microsecond=0), revision), version_token=str(revision)
        )


def _changed(line: OrderLine, change: LineChange | None) -> OrderLine:
    if change is None:
        return line
    after = change.after
    return replace(
        line, quantity=after.quantity, schedule=after.schedule, price=after.price, cancelled=after.cancelled
    )


def _added(new: NewLine) -> OrderLine:
    values = new.values
    return OrderLine(
        number=new.line_number,
        item=new.item,
        quantity=values.quantity,
        price=values.price,
        schedule=values.schedule,
        supplier_item=new.supplier_item,
        description=new.description,
        warehouse=new.warehouse,
        cancelled=values.cancelled,
    )


def _appear(path: Path, payload: bytes) -> Path:
    """Write the file so that it is complete when it can be seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unseen = path.with_name(f".{path.name}.part")
    unseen.write_bytes(payload)
    return unseen.replace(path)
