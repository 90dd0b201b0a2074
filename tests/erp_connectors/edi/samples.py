"""The real files beside the project, with what their index promises of each.

The files carry licences that forbid copying them here; they are looked for beside the project.
"""

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("RIGHTLINE_SHARED") or PROJECT.parent / "shared")
FOLDER = SHARED / "samples" / "edi"


@dataclass(frozen=True)
class Sample:
    """One file with the policy and the facts its index promises."""

    name: str
    policy: str
    facts: list[dict[str, Any]]

    def data(self) -> bytes:
        return (FOLDER / self.name).read_bytes()


def samples(standard: str) -> list[Sample]:
    """Return the samples of a standard, none where the folder is missing."""
    index = FOLDER / "INDEX.tsv"
    if not index.exists():
        return []
    csv.field_size_limit(1 << 24)
    with index.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Sample(row["file"], row["expected_default_policy"], json.loads(row["facts_json"]))
            for row in rows
            if row["standard"] == standard
        ]


needs_samples = pytest.mark.skipif(
    not FOLDER.exists() and os.environ.get("CI") != "true",
    reason=f"The EDI samples are not at {FOLDER}; set RIGHTLINE_SHARED to the folder that holds samples/edi.",
)


def assert_lines(lines: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(lines) == len(expected)
    for line, facts in zip(lines, expected, strict=True):
        assert {key: line.get(key) for key in facts} == facts
