"""What docs/adding-a-connector.md tells an administrator is what the connector does."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import CommandKind, NewLine, OrderCommand
from erp_connectors.connectors.file_drop.columns import Layout
from erp_connectors.connectors.file_drop.settings import FileDropSettings
from erp_connectors.connectors.file_drop.streams import LAYOUTS

PAGE = (Path(__file__).parents[4] / "docs" / "adding-a-connector.md").read_text()


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_column_is_documented_and_the_required_ones_are_bold(layout: Layout) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{layout.stream}` |"))
    documented = {name: bool(bold) for bold, name in re.findall(r"(\*\*)?`([a-z_]+)`", row.split("|")[3])}
    columns = {column.name: column.required for column in layout.columns}
    assert documented | {"changed_at": False, "version": False} == columns


def test_every_setting_is_documented() -> None:
    table = PAGE[PAGE.index("### Settings") : PAGE.index("### Commands")]
    documented = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert documented == {field.name for field in fields(FileDropSettings)}


def test_the_command_shown_is_a_command() -> None:
    shown = json.loads(PAGE[PAGE.index("```json") + 7 : PAGE.index("```\n\n`kind`")])
    command = from_builtins(shown, OrderCommand)
    assert [change.after.schedule[1].quantity.value for change in command.changes] == [18]
    assert all(f"`{kind}`" in PAGE for kind in CommandKind)


def test_the_added_line_shown_is_a_new_line() -> None:
    begins = PAGE.index("```json", PAGE.index("`instead_of`")) + 7
    shown = json.loads(PAGE[begins : PAGE.index("```\n\nHere", begins)])
    (added,) = from_builtins(shown["additions"], list[NewLine])
    assert set(shown["additions"][0]) == {field.name for field in fields(NewLine)}
    assert (added.item, added.values.quantity.value) == ("GASKET-40", 18)
