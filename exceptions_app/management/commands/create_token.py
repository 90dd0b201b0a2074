"""Makes an API token and shows it once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erp_connectors import clock
from erp_connectors.companies import Company
from exceptions_app.audit.record import Actor, record
from exceptions_app.people import tokens
from exceptions_app.people.models import User


class Command(BaseCommand):
    """`manage.py create_token NAME --company CODE --scope cases:read ...`."""

    help = "Makes an API token for a company and prints it once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name, company, scopes, the person it acts as, and its days."""
        parser.add_argument("name")
        parser.add_argument("--company", required=True)
        parser.add_argument("--scope", action="append", required=True, choices=tokens.SCOPES)
        parser.add_argument("--acts-as", help="user name of the person whose permissions it has")
        parser.add_argument("--days", type=int, default=365)

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the token, record it, print it."""
        company = Company.objects.filter(code=options["company"]).first()
        if company is None:
            known = ", ".join(Company.objects.values_list("code", flat=True))
            raise CommandError(f"There is no company {options['company']!r}; known are {known or 'none'}.")
        person = self._person(options["acts_as"])
        now = clock.now()
        made = tokens.create(
            options["name"],
            company=company,
            scopes=options["scope"],
            now=now,
            days=options["days"],
            acts_as=person,
        )
        record(
            "token.created",
            at=now,
            summary=f"API token {made.row.name} for {company}",
            company=company,
            subject=("apitoken", str(made.row.pk)),
            actor=Actor(label="manage.py create_token", source="command"),
            after={
                "scopes": made.row.scopes,
                "acts_as": str(person or ""),
                "expires_at": str(made.row.expires_at),
            },
        )
        self.stdout.write(made.secret)

    def _person(self, username: str | None) -> User | None:
        if username is None:
            return None
        person = User.objects.filter(username=username, is_active=True).first()
        if person is None:
            raise CommandError(f"There is no active person {username!r}.")
        return person
