"""Finds every exception type in `detection.types`: adding one touches no other file."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from functools import cache

from exceptions_app.detection import types
from exceptions_app.detection.types.base import ExceptionType, SubjectKind


@cache
def all_types() -> tuple[ExceptionType, ...]:
    """Return one instance of every exception type, in order of their codes."""
    found: dict[str, ExceptionType] = {}
    for module in pkgutil.iter_modules(types.__path__, f"{types.__name__}."):
        for kind in _classes_of(module.name):
            found[kind.code] = kind()
    return tuple(found[code] for code in sorted(found))


def types_of(subject: SubjectKind) -> tuple[ExceptionType, ...]:
    """Return the types that look at a subject."""
    return tuple(kind for kind in all_types() if kind.subject is subject or subject in kind.also_in)


def exception_type(code: str) -> ExceptionType:
    """Return the type with this code. Raises KeyError."""
    return {kind.code: kind for kind in all_types()}[code]


def _classes_of(module_name: str) -> Iterable[type[ExceptionType]]:
    module = importlib.import_module(module_name)
    for _, member in inspect.getmembers(module, inspect.isclass):
        is_own = member.__module__ == module_name
        if is_own and issubclass(member, ExceptionType) and not inspect.isabstract(member):
            yield member
