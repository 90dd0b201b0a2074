"""Every type that opens cases has its journey here, under its own name."""

import ast
from pathlib import Path

from exceptions_app.detection.registry import all_types
from tests.journeys.types.conftest import EXAMPLES

FAMILIES = Path(__file__).parent


def test_every_live_type_has_a_journey() -> None:
    told = [each.name for each in functions() if any(one.arg == "town" for one in each.args.args)]
    live = [kind.code for kind in all_types() if kind.is_live]
    assert [code for code in live if not any(name.startswith(f"test_{code}_") for name in told)] == []


def test_every_example_is_a_test() -> None:
    assert EXAMPLES.issubset(each.name for each in functions())


def functions() -> list[ast.FunctionDef]:
    """Return the functions of all files of tests beside this one."""
    bodies = [ast.parse(path.read_text()).body for path in FAMILIES.glob("test_*.py")]
    return [each for body in bodies for each in body if isinstance(each, ast.FunctionDef)]
