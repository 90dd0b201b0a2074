"""What our migrations need beyond Django's operations."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.postgres.operations import TrigramExtension
from django.db import DatabaseError
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState

from erp_connectors.errors import ConfigurationError


class CreateModels(Operation):
    """Creates many models of one application at once.

    One by one, each would have all models built anew that it has to do with, which by the hundredth takes
    longer than everything else about a new database.
    """

    category = OperationCategory.ADDITION

    def __init__(self, models: Sequence[CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add the models; whoever needs their classes next has them built together."""
        if "apps" in state.__dict__:
            del state.apps
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Create the tables, in the order given."""
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drop the tables, the last first."""
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def references_model(self, name: str, app_label: str) -> bool:
        """Return whether one of the models is this one or points to it."""
        return any(model.references_model(name, app_label) for model in self.models)

    def describe(self) -> str:
        """Name the models."""
        return f"Create models {', '.join(self._names())}"

    def _names(self) -> Iterator[str]:
        return (model.name for model in self.models)


class Trigrams(TrigramExtension):
    """Creates the extension, which the owner of a database may; says what to do where that is refused."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Raise ConfigurationError where the extension is neither there nor can be made."""
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        except DatabaseError as refused:
            raise ConfigurationError(
                f"Search needs the PostgreSQL extension pg_trgm, which could not be created ({refused}). "
                "Install the contrib package of this PostgreSQL, or have a superuser run CREATE EXTENSION "
                "pg_trgm in this database, and start again."
            ) from refused

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Leave it: others may use it by now."""
