"""Fills templates: named facts in braces, and nothing else. Pure.

A fact is put in as it is, never read as a template again: what a supplier wrote cannot call up another fact.
"""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Put facts in place of their names; a name nobody knows stays as it is, so that somebody sees it."""
    return PLACEHOLDER.sub(lambda found: facts.get(found[1], found[0]), text)


def names_in(text: str) -> tuple[str, ...]:
    """Return the names a template asks for, each once, in their order."""
    return tuple(dict.fromkeys(PLACEHOLDER.findall(text)))
