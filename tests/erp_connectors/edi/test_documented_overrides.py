"""The page on EDI names every override there is, with an example that can be used."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec

from erp_connectors.edi.rules import MappingOverrides
from erp_connectors.edi.x12.mapping.tables import STANDARD, tables_for

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "edi.md").read_text(encoding="utf-8")


def example() -> dict[str, Any]:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    values: dict[str, Any] = json.loads(block)
    return values


def test_every_override_has_an_example_and_a_word_on_what_it_says() -> None:
    names = {field.name for field in fields(MappingOverrides)}

    assert set(example()) == names
    for name in names:
        assert PAGE.count(f"`{name}`") == 1, name


def test_every_example_can_be_used_and_changes_the_standard() -> None:
    for name, value in example().items():
        layer = msgspec.convert({name: value}, MappingOverrides)

        assert tables_for("004010", layer) != STANDARD, name
