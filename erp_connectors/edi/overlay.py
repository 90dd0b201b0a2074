"""Laying a partner's changes over a mapping table: only what the table, or our own words, know."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from erp_connectors.errors import ConfigurationError

Meaning = TypeVar("Meaning")
Word = TypeVar("Word", bound=StrEnum)


def resolved(codes: Mapping[str, str], known: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """Return each code with the meaning of the known code it is like; raises ConfigurationError."""
    for code, like in codes.items():
        if like not in known:
            raise ConfigurationError(
                f"The override of {code!r} names the status {like!r}, which no table has."
            )
    return {code: known[like] for code, like in codes.items()}


def words(codes: Mapping[str, str], allowed: type[Word], nothing: str = "") -> dict[str, Any]:
    """Return each code with the word it stands for; the word `nothing` stands for None.

    Raises ConfigurationError for a word that is not allowed.
    """
    known: dict[str, Word | None] = {word.value: word for word in allowed}
    if nothing:
        known[nothing] = None
    for code, word in codes.items():
        if word not in known:
            raise ConfigurationError(
                f"The override of {code!r} says {word!r}, which is none of: {', '.join(known)}."
            )
    return {code: known[word] for code, word in codes.items()}


def replaced(below: frozenset[str], layer: frozenset[str] | None) -> frozenset[str]:
    """Return the set of the layer, or the one below where the layer has none."""
    return below if layer is None else layer
