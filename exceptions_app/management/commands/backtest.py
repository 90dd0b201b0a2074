"""Says what a draft of the rules would have changed on history. Writes nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from erp_connectors import clock
from erp_connectors.errors import PermanentError
from exceptions_app.backtest.approving import NEEDS_EFFECTS, NeedsEffect, OtherApprovals
from exceptions_app.backtest.compare import EFFECTS, Difference, Effect
from exceptions_app.backtest.run import Counts, Found, Run, Span
from exceptions_app.backtest.sources import changes_of, named
from exceptions_app.backtest.totals import Totals, plain_difference, plain_proposal
from exceptions_app.backtest.words import REASONS
from exceptions_app.policies.draft_models import PolicyDraft


class Command(BaseCommand):
    """`manage.py backtest --release ID --since DATE [--until DATE] [--json]`."""

    help = "Judges history again under a draft, or as if a published release were undone; writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """What is tried, on which time, told how."""
        parser.add_argument(
            "--release", required=True, metavar="ID", help="a draft, else a release: 7, draft:7, release:7"
        )
        parser.add_argument("--since", required=True, metavar="DATE", type=_moment, help="from then on")
        parser.add_argument("--until", metavar="DATE", type=_moment, help="up to then; else now")
        parser.add_argument("--json", action="store_true", help="every case and sum as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, and tell the sums and every case."""
        span = Span(options["since"], min(options["until"] or clock.now(), clock.now()))
        if span.since >= span.until:
            raise CommandError("--since must be before --until, and in the past.")
        try:
            draft = named(options["release"])
            with _reading_only():
                run = Run.of(changes_of(draft), span)
                self._tell(draft, run, as_json=options["json"])
        except (PermanentError, ValidationError) as problem:
            raise CommandError(str(problem)) from problem

    def _tell(self, draft: PolicyDraft, run: Run, *, as_json: bool) -> None:
        totals = Totals()
        cases, proposals = [], []
        for found in run.found():
            if isinstance(found, Difference):
                totals.add(found)
                cases.append(plain_difference(found))
            else:
                totals.add_proposal(found)
                proposals.append(plain_proposal(found))
            if not as_json:
                self.stdout.write(_line(found))
        if as_json:
            answer = _answer(draft, run, totals) | {"differences": cases, "approvals": proposals}
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            self.stdout.write("\n".join(_sums(run.counts, totals)))


@contextmanager
def _reading_only() -> Iterator[None]:
    """Let nothing be written: the database itself refuses it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield


def _answer(draft: PolicyDraft, run: Run, totals: Totals) -> dict[str, Any]:
    return {
        "draft": draft.pk,
        "release": draft.release.number if draft.release else None,
        "undone": draft.release is not None,
        "since": run.span.since.isoformat(),
        "until": run.span.until.isoformat(),
        **run.counts.as_plain(),
        "cases": totals.cases,
        "sums": totals.as_plain(),
        "approval_sums": totals.proposals_as_plain(),
    }


def _line(found: Found) -> str:
    return _line_of_case(found) if isinstance(found, Difference) else _line_of_proposal(found)


def _line_of_proposal(found: OtherApprovals) -> str:
    proposal = found.proposal
    currency = proposal.case.company.currency
    amount = "of an unknown amount" if found.amount is None else f"{found.amount} {currency}"
    now, then = (", ".join(labels) or "nobody" for labels in (found.live, found.tried))
    effect = str(NEEDS_EFFECTS[found.effect]).lower()
    return f"{proposal.case.number}, {proposal}, {amount}: {effect}. Now: {now}; then: {then}"


def _line_of_case(difference: Difference) -> str:
    effects = ", ".join(str(EFFECTS[effect]).lower() for effect in difference.effects)
    happened = f" ({difference.case})" if difference.case else ""
    return f"{difference.type_code} {difference.number}{happened}: {effects}. {difference.shown.headline}"


def _sums(counts: Counts, totals: Totals) -> Iterator[str]:
    subjects = ", ".join(f"{number} {kind}" for kind, number in counts.subjects.items()) or "nothing"
    yield f"Judged {subjects} in {counts.looks} looks; {totals.cases} cases would be otherwise."
    if counts.proposals:
        needing = sum(each.proposals for each in totals.proposals.values())
        yield f"{needing} of {counts.proposals} proposals would need other approvals."
    if counts.happened:
        yield f"{counts.found_again} of the {counts.happened} cases that were there were found again."
    for (group, _, effect, currency), each in sorted(totals.sums.items()):
        if group == "all":
            money = f"{each.amount} {currency}, expected loss {each.expected_loss} {currency}"
            yield f"{EFFECTS[Effect(effect)]}: {each.cases}, {money}"
    for (effect, currency), decided in sorted(totals.proposals.items()):
        yield f"{NEEDS_EFFECTS[NeedsEffect(effect)]}: {decided.proposals}, {decided.amount} {currency}"
    for reason, number in sorted(counts.unjudged.items()):
        yield f"Not judged, {REASONS[reason]}: {number} ({'; '.join(counts.examples[reason][:3])})"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
