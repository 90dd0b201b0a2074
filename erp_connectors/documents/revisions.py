"""The revisions of one document: runs of one content, told apart by what was said in between. Pure.

A source that says the same again does not make a new revision: the run only grows. What arrives late is put
where it belongs by its version, even if that cuts a run in two, so that the revisions depend on what was said
and never on the order of arrival. 12.50, then 12.84, then 12.50 again are three revisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from erp_connectors.canonical.values import DocumentVersion

Row = TypeVar("Row")

#: How many repetitions of one content are remembered exactly; of a source that polls for ever, the newest.
REMEMBERED = 50


class Outcome(StrEnum):
    """What a document changed: the newest word, nothing, or only the history."""

    RECORDED = "recorded"
    UNCHANGED = "unchanged"
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class Run(Generic[Row]):
    """One content, and every version it was said under, oldest first, with nothing else in between.

    `row` is where it is kept; None for one that is kept nowhere yet.
    """

    content: bytes
    said: tuple[DocumentVersion, ...]
    row: Row | None = None

    @property
    def first(self) -> tuple[DocumentVersion, bytes]:
        """Where the run begins among all that was said."""
        return self.said[0], self.content

    @property
    def last(self) -> tuple[DocumentVersion, bytes]:
        """Where it ends: the run with the highest end is the newest word."""
        return self.said[-1], self.content

    def also(self, version: DocumentVersion) -> "Run[Row]":
        """Return the run that was said under this version too."""
        said = sorted({*self.said, version})
        forgotten = max(0, len(said) - REMEMBERED)
        return replace(self, said=(said[0], *said[1 + forgotten :]))


@dataclass(frozen=True, slots=True)
class Placed(Generic[Row]):
    """The runs after something was said, oldest first, and what that changed."""

    runs: tuple[Run[Row], ...]
    outcome: Outcome
    is_repetition: bool = False


def place(runs: Sequence[Run[Row]], content: bytes, version: DocumentVersion) -> Placed[Row]:
    """Put one saying where it belongs among `runs` (oldest first).

    `is_repetition`: exactly this was said under exactly this version before. A run that is cut keeps its row
    in its newer half.
    """
    said = (version, content)
    before = [run for run in runs if run.last < said]
    around = [run for run in runs if run.first <= said <= run.last]
    after = [run for run in runs if run.first > said]
    newest = not after and not around
    if around:
        run = around[0]
        if run.content == content:
            known = version in run.said
            return Placed((*before, run.also(version), *after), Outcome.UNCHANGED, is_repetition=known)
        older: Run[Row] = Run(run.content, tuple(one for one in run.said if (one, run.content) < said))
        newer = replace(run, said=tuple(one for one in run.said if (one, run.content) > said))
        return Placed((*before, older, Run(content, (version,)), newer, *after), Outcome.OLDER)
    if before and before[-1].content == content:
        grown = before[-1].also(version)
        outcome = Outcome.UNCHANGED if newest else Outcome.OLDER
        return Placed((*before[:-1], grown, *after), outcome)
    if after and after[0].content == content:
        return Placed((*before, after[0].also(version), *after[1:]), Outcome.OLDER)
    outcome = Outcome.RECORDED if newest else Outcome.OLDER
    return Placed((*before, Run(content, (version,)), *after), outcome)
