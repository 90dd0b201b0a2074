"""Offers the standard rules that a company does not have, as a draft for review."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erp_connectors import clock
from erp_connectors.companies import Company
from exceptions_app.audit.record import Actor
from exceptions_app.policies.suggesting import Suggested, suggest_standard_rules


class Command(BaseCommand):
    """`manage.py suggest_standard_rules [--company CODE]`."""

    help = "Writes a draft of the standard rules that a company does not have; people review and publish it."

    def add_arguments(self, parser: CommandParser) -> None:
        """For which company."""
        parser.add_argument("--company", metavar="CODE", help="one company; without it, every one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write a draft for each company that lacks a rule, and say what it holds."""
        companies = Company.objects.order_by("code")
        if options["company"]:
            companies = companies.filter(code=options["company"])
        if not companies:
            raise CommandError("There is no such company." if options["company"] else "There is no company.")
        by = Actor(label="manage.py suggest_standard_rules", source="command")
        for company in companies:
            self._say(company, suggest_standard_rules(company, by=by, at=clock.now()))

    def _say(self, company: Company, suggested: Suggested) -> None:
        for draft in suggested.waiting:
            self.stdout.write(f"{company}: {draft} ({draft.title}) waits with standard rules already.")
        if suggested.draft is None:
            self.stdout.write(
                f"{company}: no {'other ' if suggested.waiting else ''}standard rule is missing."
            )
            return
        self.stdout.write(
            f"{company}: {suggested.draft} adds {len(suggested.added)}, once somebody has put it to review "
            "under Rules and another has published it:"
        )
        for name in suggested.added:
            self.stdout.write(f"  {name}")
