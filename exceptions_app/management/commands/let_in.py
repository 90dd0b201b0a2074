"""Lets somebody sign in again who is locked out or lost their second factor."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erp_connectors import clock
from exceptions_app.audit.record import Actor, record
from exceptions_app.people.models import User
from exceptions_app.signing_in import factors, locks, sessions


class Command(BaseCommand):
    """`manage.py let_in USERNAME [--without-factors]`."""

    help = "Unlocks signing in for a person; --without-factors also removes their second factors."

    def add_arguments(self, parser: CommandParser) -> None:
        """The person, and whether their second factors go."""
        parser.add_argument("username")
        parser.add_argument("--without-factors", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Unlock, and where it is asked remove the factors and end the sessions; tell the history."""
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"There is no person {options['username']!r}.")
        locks.unlock(person)
        self._tell(person, "person.unlocked", f"{person} may try to sign in again")
        if options["without_factors"]:
            count = factors.forget_factors(person)
            sessions.end_all(person)
            self._tell(
                person, "factor.removed", f"{count} second factors and recovery codes of {person} removed"
            )
        self.stdout.write(f"{person} can sign in.")

    def _tell(self, person: User, kind: str, words: str) -> None:
        actor = Actor(label="manage.py let_in", source="command")
        record(kind, at=clock.now(), summary=words, subject=("user", str(person.pk)), actor=actor)
