"""Makes a token for a day and prints calls of the API to try it with."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exceptions_app.cases.lifecycle import OPEN
from exceptions_app.people.models import User
from exceptions_app.people.permissions import visible_cases

NAME = "Trying the API"
SCOPES = ("cases:read", "cases:write", "orders:read", "interchanges:read", "suppliers:read", "kpis:read")
READ = "curl -s -H \"Authorization: Bearer $RIGHTLINE_TOKEN\" '{address}/api/v1/{path}'"
WRITE = (
    "curl -s -X POST -H \"Authorization: Bearer $RIGHTLINE_TOKEN\" -H 'Content-Type: application/json' "
    "-d '{body}' '{address}/api/v1/{path}'"
)


class Command(BaseCommand):
    """`manage.py try_api [--acts-as USER] [--address URL]`."""

    help = "Makes an API token that acts as a person for a day, and prints calls to try."

    def add_arguments(self, parser: CommandParser) -> None:
        """In whose name, and where Rightline is reached."""
        parser.add_argument("--acts-as", default="bea", help="user name; bea, a buyer of the demo")
        parser.add_argument("--address", default=settings.PUBLIC_ADDRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token, which is shown this once, and print the calls."""
        person = User.objects.filter(username=options["acts_as"], is_active=True).first()
        membership = person.memberships.select_related("team__company").first() if person else None
        if person is None or membership is None:
            raise CommandError(f"Nobody in a team is called {options['acts_as']!r}: name one by --acts-as.")
        made = StringIO()
        call_command(
            "create_token",
            NAME,
            f"--company={membership.team.company.code}",
            *(f"--scope={scope}" for scope in SCOPES),
            acts_as=person.username,
            days=1,
            stdout=made,
        )
        self.stdout.write(f"export RIGHTLINE_TOKEN={made.getvalue().strip()}")
        for what, call in _calls(person, options["address"].rstrip("/")):
            self.stdout.write(f"\n# {what}\n{call}")


def _calls(person: User, address: str) -> Iterator[tuple[str, str]]:
    """Yield what a call shows, and the call."""
    yield "The newest cases of the company", READ.format(address=address, path="cases/?page_size=3")
    case = visible_cases(person).filter(state__in=OPEN, order__isnull=False).order_by("opened_at").first()
    if case is None or case.order is None:
        return
    order = f"orders/?number={case.order.number}"
    yield (
        "The order of a case, with what each line has ordered, confirmed, shipped, received and invoiced",
        READ.format(address=address, path=order),
    )
    yield (
        f"A comment on it, in the name of {person}: see it in the timeline of {case.number}",
        WRITE.format(
            address=address,
            path=f"cases/{case.number}/actions/comment/",
            body='{"text": "Hello from the API"}',
        ),
    )
