"""Finds every kind of subject: the classes in the files of this package."""

import importlib
import inspect
import pkgutil
from functools import cache

from exceptions_app import subjects
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.subjects.subject import Subject


@cache
def all_subjects() -> dict[SubjectKind, Subject]:
    """Return every kind of subject by its name."""
    found: dict[SubjectKind, Subject] = {}
    for module in pkgutil.iter_modules(subjects.__path__, f"{subjects.__name__}."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            is_own = member.__module__ == module.name
            if is_own and issubclass(member, Subject) and not inspect.isabstract(member):
                found[member.kind] = member()
    return found


def subject(kind: SubjectKind) -> Subject:
    """Return a kind of subject. Raises KeyError."""
    return all_subjects()[kind]
