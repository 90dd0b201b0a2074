"""A caller's key: the same request has one effect and one answer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database

from erp_connectors.exchange.idempotency import KEPT, KeyReused, once
from erp_connectors.exchange.models import IdempotencyKey

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


class Effect:
    """Counts how often it was done, and answers with the count."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> tuple[int, Any]:
        self.times += 1
        return 202, {"times": self.times}


def test_the_same_key_gets_the_first_answer_again() -> None:
    effect = Effect()

    answers = [once("token 1", "a", body=b"x", do=effect, now=NOW) for _ in range(3)]

    assert answers == [(202, {"times": 1})] * 3


def test_a_key_with_another_body_is_refused() -> None:
    once("token 1", "a", body=b"x", do=Effect(), now=NOW)

    with pytest.raises(KeyReused):
        once("token 1", "a", body=b"y", do=Effect(), now=NOW)


def test_another_caller_may_use_the_same_key() -> None:
    effect = Effect()

    for caller in ("token 1", "token 2"):
        once(caller, "a", body=b"x", do=effect, now=NOW)

    assert effect.times == 2


def test_without_a_key_every_call_counts() -> None:
    effect = Effect()

    for _ in range(2):
        once("token 1", "", body=b"x", do=effect, now=NOW)

    assert (effect.times, IdempotencyKey.objects.count()) == (2, 0)


def test_a_key_is_forgotten_after_some_days() -> None:
    effect = Effect()

    once("token 1", "a", body=b"x", do=effect, now=NOW)
    once("token 1", "a", body=b"y", do=effect, now=NOW + KEPT + timedelta(seconds=1))

    assert effect.times == 2


def test_an_error_is_not_remembered() -> None:
    def fail() -> tuple[int, Any]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        once("token 1", "a", body=b"x", do=fail, now=NOW)

    assert once("token 1", "a", body=b"x", do=Effect(), now=NOW) == (202, {"times": 1})


@pytest.mark.django_db(transaction=True)
def test_two_calls_at_the_same_moment_have_one_effect() -> None:
    effect, start = Effect(), threading.Barrier(6)

    def call(_: int) -> tuple[int, Any]:
        start.wait()
        try:
            return once("token 1", "a", body=b"x", do=effect, now=NOW)
        finally:
            database.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(call, range(6)))

    assert answers == [(202, {"times": 1})] * 6
