"""Lists reach PostgreSQL as they are, whatever has to be escaped in them."""

import pytest
from django.db import connection as database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.array import ListDumper

from erp_connectors.arrays import QuickListDumper

pytestmark = pytest.mark.django_db

AWKWARD = st.text(
    st.sampled_from(['"', "\\", "'", "{", "}", ",", " ", "\n", "ü", "\u2003", "N", "U", "L", "x"])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.none(), st.just("NULL"), AWKWARD), min_size=1))
def test_a_list_of_any_texts_comes_back_as_it_was_sent(db: None, sent: list[str | None]) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [sent])
        assert cursor.fetchone()[0] == sent


def test_lists_are_written_by_the_quick_way_which_says_what_the_drivers_own_says() -> None:
    with database.cursor() as cursor:
        dumper = cursor.connection.adapters.get_dumper(list, "t")
    assert issubclass(dumper, QuickListDumper)
    said = ["a", 'say "no"', "back\\slash", '{"json": "\\"x\\""}', ""]
    with database.cursor() as cursor:
        quick, own = (kind(list, cursor.connection) for kind in (QuickListDumper, ListDumper))
        assert quick.upgrade(said, "s").dump(said) == own.upgrade(said, "s").dump(said)
