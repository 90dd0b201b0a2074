"""What the tests themselves stand on."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection


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
def test_it_cleans_up_committed_rows_of_append_only_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM exceptions_app_event")
        assert cursor.fetchone() == (0,)
