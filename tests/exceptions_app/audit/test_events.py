"""The history can be added to and read; the database refuses everything else."""

import pytest
from django.db import DatabaseError, connection, transaction

from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor, record
from tests.builders.factories import TUESDAY_TEN, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return record("case.opened", at=TUESDAY_TEN, summary="18 EA short", subject=("case", "EX-1"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE exceptions_app_event SET summary = 'nothing happened'",
        "DELETE FROM exceptions_app_event",
        "TRUNCATE exceptions_app_event",
    ],
)
def test_the_database_refuses_to_change_the_history(event: Event, statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # The foreign keys of the new row are checked at the end; PostgreSQL truncates nothing before that.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="events are append-only"), transaction.atomic():
            cursor.execute(statement)
    assert Event.objects.get(pk=event.pk).summary == "18 EA short"


def test_an_event_names_who_did_it_for_ever() -> None:
    bea = UserFactory.create(first_name="Bea", last_name="Brandt")
    told = record(
        "case.taken", at=TUESDAY_TEN, summary="taken", subject=("case", "EX-1"), actor=Actor(bea, "web")
    )
    bea.last_name = "Berger"
    bea.save()
    assert Event.objects.get(pk=told.pk).actor_name == "Bea Brandt"


def test_what_rightline_does_itself_is_told_in_its_own_name(event: Event) -> None:
    assert (event.actor, event.actor_name) == (None, "Rightline")
