"""The same request twice has one effect and one answer: a caller's key with the answer it got."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from erp_connectors.errors import ConflictError, PermanentError
from erp_connectors.exchange.models import IdempotencyKey

#: A key is remembered for so long; a caller that retries later is a new request.
KEPT = timedelta(days=3)
LONGEST_KEY = 200
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


class KeyReused(ConflictError):
    """The key came before with another body: the caller must take a new key for a new request."""


def once(
    caller: str, key: str, *, body: bytes, do: Callable[[], tuple[int, Any]], now: datetime
) -> tuple[int, Any]:
    """Run `do` in one transaction with the memory of its answer, or return the answer this key got before.

    Without a key every call is a new one. Two calls at once with one key queue up. An error of `do` is not
    remembered. Raises KeyReused for a key that came with another body.
    """
    if not key:
        return do()
    if len(key) > LONGEST_KEY:
        raise PermanentError(f"An idempotency key has no more than {LONGEST_KEY} characters.")
    body_hash = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [f"idempotency {caller} {key}"])
        known = IdempotencyKey.objects.filter(caller=caller, key=key).first()
        if known is not None and known.created_at > now - KEPT:
            if known.body_hash != body_hash:
                raise KeyReused("This idempotency key came before with another body. Use a new one.")
            return known.status, known.answer
        status, answer = do()
        IdempotencyKey.objects.update_or_create(
            caller=caller,
            key=key,
            defaults={"body_hash": body_hash, "status": status, "answer": answer, "created_at": now},
        )
        return status, answer
