"""The product's Celery app with workers that kill themselves once at each of some named points.

`celery -A tests.faults.crashing_app worker`, with
CRASH_AT     points as JSON: [[name, "module:function", "before" or "after", "worker" or "child"], ...]
CRASH_NOTES  a folder that remembers at which points a worker has died already

Nothing of the product knows of it: the functions are wrapped from here. SIGKILL leaves no time for a last
word. A "worker" takes all of its processes with it, a "child" is only the one that had the work in hands.
"""

import functools
import importlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery.signals import worker_init

from config.celery import app

__all__ = ["app"]


@worker_init.connect
def set_traps(**options: Any) -> None:
    """Wrap the functions, before the worker makes its children; a name that is wrong ends the worker."""
    try:
        for name, place, when, who in json.loads(os.environ["CRASH_AT"]):
            _wrap(name, place, when, who)
    except (ImportError, AttributeError) as error:
        raise SystemExit(f"There is no such place to die at: {error}") from error


def _wrap(name: str, place: str, when: str, who: str) -> None:
    module, _, path = place.partition(":")
    holder: Any = importlib.import_module(module)
    *parents, last = path.split(".")
    for parent in parents:
        holder = getattr(holder, parent)
    setattr(holder, last, _trap(name, getattr(holder, last), when, who))


def _trap(name: str, function: Callable[..., Any], when: str, who: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def deadly(*arguments: Any, **options: Any) -> Any:
        if when == "before":
            _die_once(name, who)
        result = function(*arguments, **options)
        if when == "after":
            _die_once(name, who)
        return result

    return deadly


def _die_once(name: str, who: str) -> None:
    try:
        (Path(os.environ["CRASH_NOTES"]) / name).touch(exist_ok=False)
    except FileExistsError:
        return
    if who == "worker":
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
