"""Identifiers sort in the order they were made."""

from itertools import pairwise

from erp_connectors.identifiers import uuid7


def test_identifiers_made_one_after_the_other_sort_that_way() -> None:
    made = [uuid7() for _ in range(20_000)]
    assert all(earlier < later for earlier, later in pairwise(made))


def test_an_identifier_is_a_uuid_of_version_7() -> None:
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
