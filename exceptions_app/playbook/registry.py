"""Finds the resolutions: every class in a file of `resolutions`, under its code."""

import importlib
import inspect
import pkgutil
from dataclasses import dataclass, replace

from erp_connectors import clock
from erp_connectors.errors import ConfigurationError
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection.registry import exception_type
from exceptions_app.people.models import User
from exceptions_app.people.permissions import may
from exceptions_app.playbook import resolutions
from exceptions_app.playbook.inputs import InputField, field_name
from exceptions_app.playbook.load import free_lines, situation_of
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionForm:
    """A resolution that can be proposed for a case, with what has to be entered for it.

    The names of `fields` are the keys of the inputs; of several lines each has its own.
    """

    code: str
    label: str
    description: str
    fields: tuple[InputField, ...]


def _found() -> dict[str, Resolution]:
    found: dict[str, Resolution] = {}
    for module in pkgutil.iter_modules(resolutions.__path__, f"{resolutions.__name__}."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if member.__module__ == module.name and issubclass(member, Resolution):
                if member.code in found:
                    raise ConfigurationError(f"Two resolutions are called {member.code!r}.")
                found[member.code] = member()
    return found


#: Every resolution under its code.
RESOLUTIONS = _found()


def get(code: str) -> Resolution:
    """Return the resolution called `code`. Raises ConfigurationError when there is none."""
    if code not in RESOLUTIONS:
        raise ConfigurationError(f"There is no resolution called {code!r}.")
    return RESOLUTIONS[code]


def resolutions_for(case: Case, person: User) -> list[ResolutionForm]:
    """Return what the person can propose for the open lines of a case, in the order of the type."""
    lines = free_lines(case)
    if not lines or not may(person, "propose", case):
        return []
    situation = situation_of(case, as_of=clock.now(), person=str(person), lines=lines)
    return [
        ResolutionForm(
            code=resolution.code,
            label=resolution.label,
            description=resolution.description,
            fields=_fields(resolution, situation),
        )
        for resolution in map(get, exception_type(case.type_code).resolutions)
    ]


def common_resolutions(case: Case, lines: list[CaseLine], person: User) -> list[ResolutionForm]:
    """Return the resolutions of a case where one answer is to hold for every line of many cases like it."""
    situation = situation_of(case, as_of=clock.now(), person=str(person), lines=lines[:1])
    return [
        ResolutionForm(
            code=resolution.code,
            label=resolution.label,
            description=resolution.description,
            fields=_without_initial(resolution, situation),
        )
        for resolution in map(get, exception_type(case.type_code).resolutions)
    ]


def common_fields(code: str, case: Case, lines: list[CaseLine], person: User) -> tuple[InputField, ...]:
    """Return what a resolution asks for where one answer is to hold for every line of many cases.

    Without what is most likely for the one line it was asked of: that need not be likely for the others.
    """
    situation = situation_of(case, as_of=clock.now(), person=str(person), lines=lines[:1])
    return _without_initial(get(code), situation)


def _without_initial(resolution: Resolution, situation: Situation) -> tuple[InputField, ...]:
    return tuple(replace(field, initial="") for field in resolution.fields(situation.lines[0]))


def _fields(resolution: Resolution, situation: Situation) -> tuple[InputField, ...]:
    if len(situation.lines) == 1:
        return resolution.fields(situation.lines[0])
    return tuple(
        replace(
            field,
            name=field_name(field.name, line.number),
            label=f"{field.label} (line {line.number})",
            line_number=line.number,
        )
        for line in situation.lines
        for field in resolution.fields(line)
    )
