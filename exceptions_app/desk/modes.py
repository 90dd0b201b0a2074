"""Which exception types are on, in shadow or off for one subject and its lines."""

from collections.abc import Collection
from dataclasses import dataclass

from exceptions_app.detection import registry
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.deviation import Deviation
from exceptions_app.policies.lookup import LineScope, Policies
from exceptions_app.policies.models import TypeMode
from exceptions_app.subjects.subject import Loaded


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes of the types for a subject, under the policies it is judged by."""

    loaded: Loaded
    policies: Policies

    def looked_for(self, found_before: Collection[str]) -> list[ExceptionType]:
        """Return the types that look at any line, and those with what was found before: it may heal."""
        scopes = self.loaded.stands_in
        return [
            kind
            for kind in registry.types_of(self.loaded.about.kind)
            if kind.code in found_before or any(self._in(kind, scope) != TypeMode.OFF for scope in scopes)
        ]

    def mode(self, type_code: str, line_number: str | None) -> TypeMode:
        """Return the mode of a type for a line, or for the whole."""
        return self._in(registry.exception_type(type_code), self.loaded.scope(line_number))

    def is_in(self, deviation: Deviation, mode: TypeMode) -> bool:
        """Say whether the type of a deviation is in a mode where it was found."""
        return self.mode(deviation.type_code, deviation.line_number) == mode

    def _in(self, kind: ExceptionType, scope: LineScope) -> TypeMode:
        return self.policies.mode(kind, scope) if kind.is_live else TypeMode.OFF
