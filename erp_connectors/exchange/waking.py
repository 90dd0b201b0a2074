"""Wakes the owners of rows. A hint, never the message: the beat's sweeps find what a lost hint missed."""

import logging
from functools import cache, partial

from celery import current_app
from django.db import transaction
from kombu import Connection, pools
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

WORTHLESS_AFTER = 60

log = logging.getLogger(__name__)


def wake(task: str) -> None:
    """Have a worker run `task` once this transaction is committed; a dead broker fails nobody.

    Nothing is retried and nobody waits: by default the broker's client would try for six seconds.
    """
    transaction.on_commit(partial(_publish, task))


def _publish(task: str) -> None:
    try:
        with pools.producers[_broker()].acquire(block=True, timeout=1) as producer:
            current_app.send_task(task, producer=producer, retry=False, expires=WORTHLESS_AFTER)
    except (KombuError, RedisError, OSError) as error:
        log.warning("The broker cannot be reached, the sweep will find the work: %s", error)


@cache
def _broker() -> Connection:
    options = current_app.conf.broker_transport_options | {
        "max_retries": 0,
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
    }
    connection: Connection = current_app.connection_for_write(transport_options=options)
    return connection
