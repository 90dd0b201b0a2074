"""Revisions depend on what was said, never on the order of arrival."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.documents.revisions import REMEMBERED, Outcome, Run, place

MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

Saying = tuple[int, bytes]


def at(minute: int) -> DocumentVersion:
    return DocumentVersion(MORNING + timedelta(minutes=minute))


def runs_of(sayings: list[Saying]) -> tuple[Run[None], ...]:
    runs: tuple[Run[None], ...] = ()
    for minute, content in sayings:
        runs = place(runs, content, at(minute)).runs
    return runs


def test_the_same_content_said_again_is_no_new_revision() -> None:
    placed = place(runs_of([(1, b"82")]), b"82", at(5))

    assert placed.outcome is Outcome.UNCHANGED
    assert [(run.content, run.said) for run in placed.runs] == [(b"82", (at(1), at(5)))]
    assert not placed.is_repetition


def test_the_same_version_and_content_is_a_repetition() -> None:
    assert place(runs_of([(1, b"82")]), b"82", at(1)).is_repetition


def test_a_content_that_comes_back_is_a_third_revision() -> None:
    runs = runs_of([(1, b"12.50"), (2, b"12.84"), (3, b"12.50")])

    assert [run.content for run in runs] == [b"12.50", b"12.84", b"12.50"]


def test_an_older_content_is_kept_before_the_newest() -> None:
    placed = place(runs_of([(5, b"82")]), b"90", at(1))

    assert placed.outcome is Outcome.OLDER
    assert [run.content for run in placed.runs] == [b"90", b"82"]


def test_something_said_in_between_cuts_a_run_in_two() -> None:
    placed = place(runs_of([(1, b"82"), (2, b"82"), (4, b"82")]), b"90", at(3))

    assert placed.outcome is Outcome.OLDER
    assert [(run.content, run.said) for run in placed.runs] == [
        (b"82", (at(1), at(2))),
        (b"90", (at(3),)),
        (b"82", (at(4),)),
    ]


def test_a_stream_polled_for_ever_remembers_its_first_and_newest_sayings() -> None:
    (run,) = runs_of([(minute, b"82") for minute in range(REMEMBERED * 3)])

    assert len(run.said) == REMEMBERED
    assert run.said[0] == at(0)
    assert run.said[-1] == at(REMEMBERED * 3 - 1)


def ends(runs: tuple[Run[None], ...], sayings: list[Saying]) -> Iterator[tuple[Run[None], ...]]:
    """Yield what becomes of `runs` when all of the sayings arrive, for every order in which they can."""
    if not sayings:
        yield runs
    for minute, content in set(sayings):
        rest = sayings.copy()
        rest.remove((minute, content))
        yield from ends(place(runs, content, at(minute)).runs, rest)


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from([b"a", b"b"])), max_size=6))
def test_every_order_of_arrival_gives_the_same_runs(sayings: list[Saying]) -> None:
    expected = runs_of(sorted(sayings))

    assert all(end == expected for end in ends((), sayings))
    # Whatever came first left this, so all of it may be said again in every order too.
    assert all(end == expected for end in ends(expected, sayings))
