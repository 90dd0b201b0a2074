"""Policy rows in memory: as long as nothing changes, and no longer."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from exceptions_app.policies import rows
from exceptions_app.policies.models import ToleranceRow
from tests.builders.factories import Ground, ToleranceRowFactory, ground

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def row(world: Ground) -> ToleranceRow:
    tolerance: ToleranceRow = ToleranceRowFactory.create(percent_state="value", percent=Decimal(5))
    return tolerance


def percents() -> list[Decimal | None]:
    return [row.percent for row in rows.current().tolerances]


def test_what_is_known_is_not_read_again(row: ToleranceRow) -> None:
    known = rows.current()
    with CaptureQueriesContext(connection) as queries:
        assert rows.current() is known
    assert len(queries) == 1


def by_save(row: ToleranceRow) -> None:
    row.percent = Decimal(7)
    row.save()


def by_update(row: ToleranceRow) -> None:
    ToleranceRow.objects.filter(pk=row.pk).update(percent=7)


def by_plain_sql(row: ToleranceRow) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exceptions_app_tolerancerow SET percent = 7")


@pytest.mark.parametrize("change", [by_save, by_update, by_plain_sql])
def test_a_change_is_seen_by_whatever_means_it_is_made(
    row: ToleranceRow, change: Callable[[ToleranceRow], None]
) -> None:
    assert percents() == [Decimal(5)]
    change(row)
    assert percents() == [Decimal(7)]


def test_rows_that_come_and_go_are_seen(row: ToleranceRow) -> None:
    assert percents() == [Decimal(5)]
    another = ToleranceRowFactory.create(type_code="price_mismatch")
    assert len(percents()) == 2
    another.delete()
    assert percents() == [Decimal(5)]


def test_a_change_that_is_rolled_back_leaves_nothing_behind(row: ToleranceRow) -> None:
    assert percents() == [Decimal(5)]
    with transaction.atomic():
        by_update(row)
        assert percents() == [Decimal(7)]
        transaction.set_rollback(True)
    assert percents() == [Decimal(5)]


def test_whoever_holds_the_rows_sees_them_as_they_were(row: ToleranceRow) -> None:
    with rows.held():
        by_update(row)
        assert percents() == [Decimal(5)]
    assert percents() == [Decimal(7)]


def test_every_table_that_is_read_tells_of_its_changes(world: Ground) -> None:
    by_update(ToleranceRowFactory.create(percent_state="value", percent=Decimal(5)))
    with CaptureQueriesContext(connection) as queries:
        rows.current()
        cursor = connection.cursor()
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'policies_changed'")
        telling = {table for (table,) in cursor.fetchall()}
    read = {table for query in queries for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}
    # Of a person only the key is used: who works where is asked of the memberships.
    assert read - {"exceptions_app_user"} == telling


@pytest.mark.parametrize("limit", ["percent", "amount", "cap"])
@pytest.mark.parametrize(
    ("state", "value"), [("value", "NULL"), ("value", "0"), ("zero", "1"), ("unchecked", "1")]
)
def test_the_database_lets_no_limit_in_that_lacks_its_value_or_has_one_too_many(
    limit: str, state: str, value: str, tolerance: ToleranceRow
) -> None:
    with (
        pytest.raises(IntegrityError, match=f"tolerance_{limit}_has_its_value"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE exceptions_app_tolerancerow SET {limit}_state = '{state}', {limit} = {value}")
