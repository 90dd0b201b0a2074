"""What the tests themselves stand on."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management.color import no_style
from django.db import DatabaseError, connection, transaction

from erp_connectors import clock
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import record


@pytest.mark.django_db
def test_it_uses_the_embedded_postgresql_when_no_url_is_given() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 150000
    assert settings.DATABASES["default"]["NAME"].startswith("test_")


def test_it_reaches_the_broker_and_the_cache(servers: None) -> None:
    cache.set("ground", "here", timeout=5)
    assert cache.get("ground") == "here"


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_is_cleaned_up_after_although_events_are_append_only() -> None:
    record("ground.tested", at=clock.now(), summary="A test wrote this.", subject=("ground", "1"))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()
    connection.ops.execute_sql_flush(
        connection.ops.sql_flush(no_style(), [Event._meta.db_table], allow_cascade=True)
    )
    assert not Event.objects.exists()
