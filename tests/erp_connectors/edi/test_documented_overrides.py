"""The page on EDI names every override there is, with an example that can be used."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec

from erp_connectors.edi.edifact.mapping import tables as edifact
from erp_connectors.edi.rules import EdifactOverrides, MappingOverrides
from erp_connectors.edi.x12.mapping.tables import STANDARD, tables_for

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "edi.md").read_text(encoding="utf-8")
OF_X12, OF_EDIFACT = PAGE.partition("### In X12")[2].split("### In EDIFACT")
NOT_IN_TABLES = {"decimal_marks"}


def example(section: str) -> dict[str, Any]:
    (block,) = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    values: dict[str, Any] = json.loads(block)
    return values


def names_of(overrides: type) -> set[str]:
    return {field.name for field in fields(overrides)}


def test_every_override_has_an_example_and_a_word_on_what_it_says() -> None:
    assert set(example(OF_X12)) == names_of(MappingOverrides)
    assert set(example(OF_EDIFACT)["edifact"]) == names_of(EdifactOverrides)
    for section, overrides in ((OF_X12, MappingOverrides), (OF_EDIFACT, EdifactOverrides)):
        for name in names_of(overrides):
            assert section.count(f"`{name}`") == 1, name


def test_every_example_can_be_used_and_changes_the_standard() -> None:
    for name, value in example(OF_X12).items():
        layer = msgspec.convert({name: value}, MappingOverrides)

        assert tables_for("004010", layer) != STANDARD, name


def test_every_edifact_example_can_be_used_and_changes_the_standard() -> None:
    for name, value in example(OF_EDIFACT)["edifact"].items():
        layer = msgspec.convert({name: value}, EdifactOverrides)

        assert (edifact.tables_for(layer) != edifact.STANDARD) is (name not in NOT_IN_TABLES), name
