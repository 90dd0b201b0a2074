"""Every type that opens cases has its journey here, under its own name."""

import ast
from pathlib import Path

from exceptions_app.detection.registry import all_types

FAMILIES = Path(__file__).parent


def test_every_live_type_has_a_journey() -> None:
    told = [name for path in FAMILIES.glob("test_*.py") for name in _journeys(path)]
    live = [kind.code for kind in all_types() if kind.is_live]
    assert [code for code in live if not any(name.startswith(f"test_{code}_") for name in told)] == []


def _journeys(path: Path) -> list[str]:
    """Return the names of the tests in a file that are told in a town."""
    functions = [each for each in ast.parse(path.read_text()).body if isinstance(each, ast.FunctionDef)]
    return [each.name for each in functions if any(one.arg == "town" for one in each.args.args)]
